// SPDX-License-Identifier: Apache-2.0
// From lines of class, rank, likeness of the answer, best likeness (a peer's) to lines of likeness, recall, alarms per 1,000.
//
//   node bench/matching/curve.mjs < FOUND > CURVE
import { readFileSync } from 'node:fs';

const rows = readFileSync(0, 'utf8').split('\n').filter(Boolean).map((line) => line.split('\t'));
const sought = rows.filter(([name]) => !name.startsWith('neg')).map(([, rank, like]) => (Number(rank) ? Number(like) : -1)).sort((a, b) => b - a);
const alarms = rows.filter(([name]) => name.startsWith('neg')).map((row) => Number(row[3])).sort((a, b) => b - a);
let counted = 0;
for (let step = 1; step <= 200; step++) {
  const found = Math.floor((sought.length * step) / 200);
  const like = sought[found - 1] ?? -1;
  if (!found || like < 0 || !alarms.length) continue;
  while (counted < alarms.length && alarms[counted] >= like) counted++;
  console.log([like.toFixed(3), (found / sought.length).toFixed(4), ((1000 * counted) / alarms.length).toFixed(3)].join('\t'));
}
