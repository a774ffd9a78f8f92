// SPDX-License-Identifier: Apache-2.0
// The fonts of Han and Hangul, from the first text on that needs them.
const letters = /[\u1100-\u11ff\u2e80-\u9fff\uac00-\ud7ff\uf900-\ufaff\ud840-\ud8bf]/;
let isThere = false;

export function lookForHan(text) {
  if (isThere || !letters.test(text)) return;
  isThere = true;
  const link = document.createElement('link');
  link.rel = 'stylesheet';
  link.href = document.querySelector('meta[name=han]').content;
  document.head.append(link);
}
