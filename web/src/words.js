// SPDX-License-Identifier: Apache-2.0
// The node explains in English. What it says most often is known here by its English words (lang/xx.json, "say"), whole or
// piece by piece; names and numbers between the pieces stay as they are, and so does what is not known.
import { language, phrases } from './i18n.js';

// The longest first, so that a piece of a phrase does not take its place.
function piecewise(text) {
  let out = text;
  for (const [english, own] of phrases()) out = out.replaceAll(english, own);
  return out;
}

// With the agreement, what merely repeats it ("same number") is left out in other languages.
export function words(text, agreement) {
  if (language === 'en') return agreement ? `: ${text}` : text;
  if (agreement === 'same' && /^same( \w+)?$/.test(text)) return '';
  return agreement ? `: ${piecewise(text)}` : piecewise(text);
}
