// SPDX-License-Identifier: Apache-2.0
// simstring on the persons and queries of a set, by name: folded case, cosine of trigrams from 0.5, best first. Prints recall and
// time; writes lines of class, rank of the answer (0: none), its likeness, the best likeness of all.
//
//   node bench/matching/simstring.mjs SET OUT [EVERY]
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const [set, out, every = '1'] = process.argv.slice(2);
if (spawnSync('simstring', ['-h']).error) {
  console.log('skipped: simstring is not here (tools/deps bench)');
  process.exit(0);
}
const directory = mkdtempSync(join(tmpdir(), 'bureau-simstring-'));
const table = (name) => readFileSync(join(set, name), 'utf8').split('\n').filter(Boolean).map((line) => line.split('\t'));
const grams = (text) => {
  const padded = `\u0001\u0001${text}\u0001\u0001`;
  return new Set(Array.from({ length: padded.length - 2 }, (_, i) => padded.slice(i, i + 3)));
};
const likeness = (a, b) => {
  let both = 0;
  for (const gram of a) both += b.has(gram);
  return both / Math.sqrt(a.size * b.size);
};
try {
  const ids = new Map();
  for (const [id, name] of table('records.tsv')) {
    const folded = name.toLowerCase();
    if (!ids.has(folded)) ids.set(folded, []);
    ids.get(folded).push(id);
  }
  let start = performance.now();
  execFileSync('simstring', ['-b', '-u', '-d', join(directory, 'db')], { input: [...ids.keys()].join('\n'), stdio: ['pipe', 'ignore', 'ignore'], maxBuffer: 1 << 30 });
  console.log(`simstring: built in ${((performance.now() - start) / 1000).toFixed(1)} s`);
  const queries = table('queries.tsv').filter((_, i) => i % Number(every) === 0);
  const lines = [];
  const parts = {};
  start = performance.now();
  const found = execFileSync('simstring', ['-u', '-e', '-d', join(directory, 'db'), '-t', '0.5', '-s', 'cosine'], { input: queries.map((row) => row[2].toLowerCase()).join('\n'), maxBuffer: 1 << 30 }).toString().split('\n');
  const each = (performance.now() - start) / queries.length;
  let at = 0;
  for (const [, name, text, , truth] of queries) {
    const asked = grams(text.toLowerCase());
    const names = [];
    while (at < found.length && found[at] !== text.toLowerCase()) at++; // the echo of the query
    at++;
    while (at < found.length && found[at].startsWith('\t')) names.push(found[at++].slice(1));
    const ranked = names.map((one) => [likeness(asked, grams(one)), one]).sort((a, b) => b[0] - a[0]);
    const answers = new Set(truth?.split(',').filter(Boolean));
    let rank = 0, listed = 0, score = 0;
    for (const [like, one] of ranked) {
      listed++;
      if (!rank && ids.get(one).some((id) => answers.has(id))) [rank, score] = [listed, like];
    }
    lines.push([name, rank, score.toFixed(4), (ranked[0]?.[0] ?? 0).toFixed(4)].join('\t'));
    if (!answers.size) continue;
    for (const part of ['all', name.startsWith('x_') ? 'cross-script' : 'same script']) {
      parts[part] ??= [0, 0, 0];
      parts[part][0]++;
      parts[part][1] += rank === 1;
      parts[part][2] += rank >= 1 && rank <= 10;
    }
  }
  for (const [part, [count, first, ten]] of Object.entries(parts)) console.log(`  ${part.padEnd(14)} ${count}  @1 ${(first / count).toFixed(3)}  @10 ${(ten / count).toFixed(3)}`);
  console.log(`  ${each.toFixed(1)} ms a query, all of them in one process`);
  writeFileSync(out, `${lines.join('\n')}\n`);
} finally {
  rmSync(directory, { recursive: true });
}
