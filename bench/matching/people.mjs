// SPDX-License-Identifier: Apache-2.0
// Persons recombined from public lists of names, by naming culture. A word knows its Latin form and, where the lists attest one,
// the form in its own script. Person number i of a seed is always the same, so a set of any size needs no memory.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Random } from './random.mjs';

const lines = (path) => readFileSync(path, 'utf8').replace(/^\uFEFF/, '').split(/\r?\n/).filter(Boolean);
const plain = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
const capital = (text) => text.replace(/(^|[\s'-])(\p{L})/gu, (whole, before, letter) => before + letter.toUpperCase());
const isLatin = (text) => /^[\p{Script=Latin}\p{M}'’. -]+$/u.test(text);

// Rows "latin<TAB>n a t i v e<TAB>count" of attested pairs; those seen once are often misaligned.
function pairs(path) {
  const found = new Map();
  for (const line of lines(path)) {
    const [latin, native, count] = line.split('\t');
    const held = found.get(latin);
    if (Number(count) < 2 || latin.length < 3 || (held && held.count >= Number(count))) continue;
    found.set(latin, { latin: capital(latin), native: native.replaceAll(' ', ''), count: Number(count) });
  }
  return found;
}

function byCountry(path, nativeAt, latinAt, genderAt) {
  const countries = new Map();
  for (const line of lines(path).slice(1)) {
    const cells = line.split(',');
    const word = { latin: cells[latinAt], native: isLatin(cells[nativeAt]) ? '' : cells[nativeAt], sex: genderAt ? cells[genderAt] : '' };
    if (!word.latin || !isLatin(word.latin)) continue;
    if (isLatin(cells[nativeAt])) word.latin = cells[nativeAt];
    if (!countries.has(cells[0])) countries.set(cells[0], []);
    countries.get(cells[0]).push(word);
  }
  return countries;
}

const unique = (words) => [...new Map(words.map((word) => [word.latin + word.native, word])).values()];

// 淑芬 Shu-fen: two syllables with a reading each, from which other given names are made.
function syllables(words) {
  const found = new Map();
  for (const { latin, native } of words) {
    const read = plain(latin).split(/[-\s]/);
    const signs = [...native];
    if (signs.length === 2 && read.length === 2) signs.forEach((sign, i) => found.set(sign, { latin: read[i], native: sign }));
  }
  return [...found.values()];
}

export class People {
  constructor(data, seed) {
    const names = join(data, 'names');
    const popular = join(names, 'popular-by-country');
    const given = byCountry(join(popular, 'common-forenames-by-country.csv'), 10, 11, 9);
    const family = byCountry(join(popular, 'common-surnames-by-country.csv'), 4, 5, 0);
    const of = (lists, codes) => unique(codes.flatMap((code) => lists.get(code) ?? []));
    const translit = (name) => pairs(join(data, 'translit', `wd_${name}_80.tsv`));
    const census = (name) => lines(join(names, name)).map((line) => ({ latin: capital(line.split(/\s+/)[0].toLowerCase()), native: '' }));
    const attested = (map, words) => words.map((word) => map.get(plain(word.latin))).filter(Boolean);
    const endings = (map, ending) => [...map.values()].filter(({ latin }) => ending.test(latin)).sort((a, b) => b.count - a.count);
    const scripts = Object.fromEntries(['russian', 'arabic', 'hebrew', 'katakana'].map((name) => [name, translit(name)]));
    const western = of(given, ['US', 'GB', 'ES', 'FR', 'DE', 'IT', 'PT', 'RU', 'EG', 'IL', 'TR']);
    const words = (map) => [...map.values()].sort((a, b) => b.count - a.count).slice(0, 6000);
    this.seed = seed;
    this.nicknames = new Map(lines(join(names, 'nicknames_en.csv')).slice(1).map((line) => line.split(',')).filter((cells) => cells[1] === 'has_nickname').map((cells) => [cells[0], cells[2]]));
    const girls = census('us_dist.female.first'), boys = census('us_dist.male.first');
    this.cultures = [
      { name: 'anglo', share: 14, order: 'western', given: unique([...boys, ...girls]), family: census('us_census_surnames.txt').slice(0, 40000), middle: 0.35 },
      { name: 'hispanic', share: 13, order: 'double', given: of(given, ['ES', 'MX', 'AR', 'CL', 'CO', 'PE', 'VE', 'PY', 'BO']), family: of(family, ['ES', 'MX', 'AR', 'CL', 'PE', 'CU', 'DO', 'SV', 'PY', 'CR', 'GT']), middle: 0.4 },
      { name: 'italian', share: 6, order: 'western', given: of(given, ['IT', 'CH']), family: lines(join(names, 'it_surnames_150k.txt')).map((latin) => ({ latin: capital(latin), native: '' })), middle: 0.2 },
      { name: 'french', share: 6, order: 'western', given: of(given, ['FR', 'BE', 'CA', 'HT']), family: of(family, ['FR', 'BE', 'CA', 'LU']), middle: 0.3 },
      { name: 'germanic', share: 7, order: 'western', given: of(given, ['DE', 'AT', 'NL', 'DK', 'NO', 'SE', 'CH']), family: of(family, ['DE', 'AT', 'NL', 'DK', 'NO', 'CH', 'IS']), middle: 0.3, particles: ['von', 'van', 'van der'] },
      { name: 'slavic', share: 7, order: 'western', given: of(given, ['PL', 'CZ', 'SK', 'HR', 'SI', 'RS', 'BA']), family: of(family, ['PL', 'CZ', 'SK', 'HR', 'SI', 'BA', 'ME']), middle: 0.1 },
      { name: 'russian', share: 12, order: 'patronymic', script: 'Cyrl', given: attested(scripts.russian, of(given, ['RU', 'UA', 'BG', 'KZ', 'KG'])), family: endings(scripts.russian, /(ov|ev|in|sky|ski|enko|uk|yan|shvili)$/) },
      { name: 'arabic', share: 12, order: 'chain', script: 'Arab', given: attested(scripts.arabic, of(given, ['EG', 'SA', 'JO', 'LB', 'MA', 'DZ', 'KW', 'LY', 'AE', 'IR', 'PK'])), family: words(scripts.arabic) },
      { name: 'hebrew', share: 4, order: 'western', script: 'Hebr', given: attested(scripts.hebrew, [...of(given, ['IL']), ...western]), family: words(scripts.hebrew), middle: 0.1 },
      { name: 'katakana', share: 4, order: 'western', script: 'Kana', given: attested(scripts.katakana, western), family: words(scripts.katakana), middle: 0.1, dot: '・' },
      { name: 'chinese', share: 8, order: 'eastern', script: 'Hans', syllables: syllables(of(given, ['TW'])), family: of(family, ['CN', 'TW']).filter((word) => word.native) },
      { name: 'korean', share: 7, order: 'eastern', script: 'Hang', syllables: syllables(of(given, ['KR'])), family: of(family, ['KR']).filter((word) => word.native) },
    ];
    this.shares = this.cultures.flatMap((culture, at) => new Array(culture.share).fill(at));
    this.random = new Random(seed);
  }

  // stream 0: who is recorded; 1: innocents, who are not.
  person(i, stream = 0) {
    const random = this.random;
    random.restart(this.seed ^ (stream * 0x9e3779b9), i + 1);
    const culture = this.cultures[random.pick(this.shares)];
    const words = this.#words(culture, random);
    const isNative = Boolean(culture.script) && words.every((word) => word.native) && random.chance(0.5);
    const person = { culture, words, isNative, born: random.chance(0.02) ? null : this.#day(random), sex: random.chance(0.7) ? 'M' : 'F' };
    person.name = isNative ? nativeName(person) : latinName(person);
    if (!isNative && random.chance(0.08)) person.name = person.name.toUpperCase();
    return person;
  }

  #day(random) {
    const year = 1938 + Math.floor(70 * (random.share() + random.share()) / 2);
    if (random.chance(0.04)) return [year, 1, 1]; // many a register knows the year alone
    return [year, 1 + random.below(12), 1 + random.below(28)];
  }

  #given(culture, random) {
    if (!culture.syllables) return { ...random.ranked(culture.given), role: 'given' };
    const first = random.ranked(culture.syllables, 1.4), second = random.ranked(culture.syllables, 1.4);
    return { latin: capital(first.latin) + second.latin, native: first.native + second.native, role: 'given' };
  }

  #words(culture, random) {
    const family = () => ({ ...random.ranked(culture.family, culture.family.length > 1000 ? 3 : 2), role: 'family' });
    const given = this.#given(culture, random);
    switch (culture.order) {
      case 'double':
        return [given, ...(random.chance(culture.middle) ? [this.#given(culture, random)] : []), family(), family()];
      case 'patronymic':
        return [given, ...(random.chance(0.7) ? [patronymic(this.#given(culture, random), random.chance(0.3))] : []), family()];
      case 'chain': {
        const words = [given];
        if (random.chance(0.4)) words.push({ latin: 'bin', native: 'بن', role: 'particle' });
        words.push({ ...this.#given(culture, random), role: 'patronymic' });
        if (random.chance(0.5)) words.push({ latin: 'al', native: 'ال', role: 'particle', isGlued: true });
        return [...words, family()];
      }
      case 'eastern':
        return [family(), given];
      default: {
        const particle = culture.particles && random.chance(0.12) ? [{ latin: random.pick(culture.particles), native: '', role: 'particle' }] : [];
        return [given, ...(random.chance(culture.middle) ? [this.#given(culture, random)] : []), ...particle, family()];
      }
    }
  }
}

function patronymic(father, isDaughter) {
  const end = isDaughter ? ['ovna', 'овна'] : ['ovich', 'ович'];
  const stem = (word, vowels) => word.replace(vowels, '');
  return { latin: stem(father.latin, /[aeiouy]+$/i) + end[0], native: stem(father.native, /[аеёийоуыьюя]+$/i) + end[1], role: 'patronymic' };
}

export function latinName({ words }) {
  let text = '';
  words.forEach((word, i) => {
    const isAfterGlue = i && words[i - 1].isGlued;
    text += (i === 0 ? '' : isAfterGlue ? '-' : ' ') + word.latin;
  });
  return text;
}

export function nativeName({ words, culture }) {
  const between = culture.order === 'eastern' ? '' : culture.dot ?? ' ';
  let text = '';
  words.forEach((word, i) => {
    text += (i === 0 || words[i - 1].isGlued ? '' : between) + (culture.script === 'Cyrl' ? capital(word.native) : word.native);
  });
  return text;
}
