// SPDX-License-Identifier: Apache-2.0
// A public list hidden among the persons of a set, asked for by its other names: OFAC's aliases against its primary names, or the
// Security Council's original-script names against its Latin ones. (The two lists share persons: together each hides the other's.)
// No birth dates are asked.
//
//   node bench/matching/lists.mjs ofac|un FROM TO      FROM: a set of generate.mjs; TO: the set with the list among its persons
import { createReadStream, createWriteStream, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

const [list, from, to] = process.argv.slice(2);
const lists = join(process.env.BUREAU_SHARED ?? '../shared', 'data', 'lists');
if (!['ofac', 'un'].includes(list) || !to) {
  console.error('usage: lists.mjs ofac|un FROM TO');
  process.exit(2);
}
if (!existsSync(join(lists, 'ofac', 'sdn.csv'))) {
  console.log(`skipped: the public lists are not here (${lists})`);
  process.exit(3);
}

// One row of OFAC's CSV: quoted texts, -0- for nothing.
const cells = (line) => [...line.matchAll(/"((?:[^"]|"")*)"|([^,]+)/g)].map((match) => (match[1] ?? match[2]).trim());
const rows = (name) => readFileSync(join(lists, 'ofac', name), 'latin1').split(/\r?\n/).filter((line) => /^\d/.test(line)).map(cells);
const clean = (name) => name.replace(/[\t\n]/g, ' ').trim();

const held = [], queries = [];
function ofac() {
  const places = new Map();
  const persons = rows('sdn.csv').filter((row) => row[2] === 'individual');
  for (const [number, name] of persons) {
    places.set(number, held.length);
    held.push(clean(name));
  }
  for (const [number, , kind, alias] of rows('alt.csv'))
    if (places.has(number) && kind === 'aka' && clean(alias) !== held[places.get(number)]) queries.push(['ofac_alias', clean(alias), places.get(number)]);
}

function un() {
  const xml = readFileSync(join(lists, 'un', 'consolidated.xml'), 'utf8');
  const entity = (text) => text.replaceAll('&amp;', '&').replaceAll('&apos;', "'").replaceAll('&quot;', '"');
  for (const [person] of xml.matchAll(/<INDIVIDUAL>[^]*?<\/INDIVIDUAL>/g)) {
    const tag = (name) => entity(person.match(new RegExp(`<${name}>([^<]*)<`))?.[1]?.trim() ?? '');
    const latin = ['FIRST_NAME', 'SECOND_NAME', 'THIRD_NAME', 'FOURTH_NAME'].map(tag).filter(Boolean).join(' ');
    const original = tag('NAME_ORIGINAL_SCRIPT');
    if (!latin) continue;
    if (original && !/^[\p{Script=Latin}\p{P}\s]*$/u.test(original)) queries.push(['un_original', clean(original), held.length]);
    held.push(clean(latin));
  }
}
(list === 'un' ? un : ofac)();

// Truth is every record with the target's name string, as in the set.
const same = new Map();
held.forEach((name, i) => same.set(name, [...(same.get(name) ?? []), `L${i}`]));
mkdirSync(to, { recursive: true });
const out = createWriteStream(join(to, 'records.tsv'));
await pipeline(createReadStream(join(from, 'records.tsv')), out, { end: false });
for (let i = 0; i < held.length; i++) out.write(`L${i}\t${held[i]}\tLatn\t\t\tlist\t-\n`);
await new Promise((done) => out.end(done));
const asked = createWriteStream(join(to, 'queries.tsv'));
queries.forEach(([name, text, target], i) => asked.write(`${i}\t${name}\t${text}\t\t${same.get(held[target]).join(',')}\n`));
const innocents = readFileSync(join(from, 'queries.tsv'), 'utf8').split('\n').filter((line) => line.split('\t')[1]?.startsWith('neg'));
innocents.forEach((line) => asked.write(`${line}\n`));
await new Promise((done) => asked.end(done));
console.log(`${held.length} persons of the list among the set's, ${queries.length} other names of theirs, ${innocents.length} innocents`);
