// SPDX-License-Identifier: Apache-2.0
// A set for bench/names: persons, damaged queries with their answers, innocents of every naming culture.
//
//   node bench/matching/generate.mjs [--seed 1] [--persons 1000000] [--queries 100] [--innocents 300] DIR
//
// DIR/records.tsv: id, name, script, sex, birth date, culture, -.   DIR/queries.tsv: id, class, text, birth date as asked, answers.
// Truth is every record with the target's name string; an innocent's name string is nobody's. Names come from the public lists
// beside the checkout (BUREAU_SHARED, else ../shared); without them the set cannot be made, and that is said.
import { createWriteStream, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { askedDate, classes } from './damage.mjs';
import { People } from './people.mjs';
import { Random } from './random.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string', default: '1' }, persons: { type: 'string', default: '1000000' }, queries: { type: 'string', default: '100' }, innocents: { type: 'string', default: '300' } },
});
const [directory] = positionals;
const data = join(process.env.BUREAU_SHARED ?? '../shared', 'data');
if (!directory) {
  console.error('usage: generate.mjs [--seed N] [--persons N] [--queries N] [--innocents N] DIR');
  process.exit(2);
}
if (!existsSync(join(data, 'names'))) {
  console.log(`skipped: the lists of names are not here (${data})`);
  process.exit(3);
}
const seed = Number(values.seed), persons = Number(values.persons);
const people = new People(data, seed);
const random = new Random(seed, 77);
mkdirSync(directory, { recursive: true });

function draw(name, damage) {
  const made = [];
  for (let tries = 0; made.length < Number(values.queries) && tries < 400000; tries++) {
    const target = random.below(persons);
    const person = people.person(target);
    const text = damage(person, random, people);
    if (text) made.push({ name, text, born: askedDate(name, person.born, random), target: person.name });
  }
  return made;
}

const queries = Object.entries(classes).flatMap(([name, damage]) => draw(name, damage));
const wanted = new Map(queries.map((query) => [query.target, []]));
const innocents = new Map();
const left = new Map(people.cultures.map((culture) => [culture.name, Number(values.innocents)]));
for (let i = 0; innocents.size < people.cultures.length * Number(values.innocents) && i < 10_000_000; i++) {
  const person = people.person(i, 1);
  if (!left.get(person.culture.name) || innocents.has(person.name) || wanted.has(person.name)) continue;
  left.set(person.culture.name, left.get(person.culture.name) - 1);
  innocents.set(person.name, { name: `neg_${person.culture.name}`, text: person.name, born: askedDate('neg', person.born, random) });
}

const date = (born) => (born ? `${born[0]}-${String(born[1]).padStart(2, '0')}-${String(born[2]).padStart(2, '0')}` : '');
async function write(path, rows) {
  const out = createWriteStream(path);
  let chunk = '';
  for (const row of rows) {
    chunk += row;
    if (chunk.length < 1 << 20) continue;
    if (!out.write(chunk)) await new Promise((done) => out.once('drain', done));
    chunk = '';
  }
  await new Promise((done) => out.end(chunk, done));
}
function* records() {
  for (let i = 0; i < persons; i++) {
    const person = people.person(i);
    wanted.get(person.name)?.push(i);
    innocents.delete(person.name);
    yield `${i}\t${person.name}\t${person.isNative ? person.culture.script : 'Latn'}\t${person.sex}\t${date(person.born)}\t${person.culture.name}\t-\n`;
  }
}
function* asked() {
  let id = 0;
  for (const { name, text, born, target } of queries) yield `${id++}\t${name}\t${text}\t${born}\t${wanted.get(target).join(',')}\n`;
  for (const { name, text, born } of innocents.values()) yield `${id++}\t${name}\t${text}\t${born}\t\n`;
}
await write(join(directory, 'records.tsv'), records());
await write(join(directory, 'queries.tsv'), asked());
console.log(`${persons} persons, ${queries.length} queries in ${Object.keys(classes).length} classes, ${innocents.size} innocents (seed ${seed})`);
