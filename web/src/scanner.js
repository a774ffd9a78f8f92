// SPDX-License-Identifier: Apache-2.0
// Document readers that type like keyboards send Enter after each line of a machine-readable zone. Enter must then wait
// for the next line instead of searching half a zone. Line lengths: ICAO 9303 TD3 2x44, TD2 and MRV-B 2x36, TD1 3x30.
const zone = /^[A-Z0-9<]{30,44}$/i;
const first = /^[PVACIX][A-Z0-9<]/i;
const linesOfLength = { 30: 3, 36: 2, 44: 2 };

// How many more lines a text that ends here still wants: 0 when it is no zone, or whole.
export function linesWanted(text) {
  const lines = text.trim().split(/\r?\n/).map((line) => line.replace(/\s+/g, ''));
  if (!zone.test(lines[0]) || !first.test(lines[0]) || !lines[0].includes('<')) return 0;
  const want = linesOfLength[lines[0].length] || 0;
  return Math.max(0, want - lines.length);
}
// How long to wait for the next line of a zone before searching what there is.
export const PATIENCE_MS = 1200;
