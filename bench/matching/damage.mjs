// SPDX-License-Identifier: Apache-2.0
// What happens to a name on its way to a query: one function a class. Each gets the person and draws, and returns the text asked,
// or null where the class does not apply to this person (another is taken then).
import { latinName, nativeName } from './people.mjs';

const letters = 'abcdefghijklmnopqrstuvwxyz';
const fold = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').replace(/ß/g, 'ss').replace(/ø/g, 'o').replace(/ł/g, 'l').replace(/đ/g, 'd');
const latinOnly = (person) => (person.isNative ? null : person.words);
const join = (words) => latinName({ words });
const isLong = (word, least = 4) => word.latin.length >= least && word.role !== 'particle';

function edit(text, random, alphabet = letters) {
  const chars = [...text];
  const at = random.below(chars.length);
  const other = alphabet[random.below(alphabet.length)];
  switch (random.below(4)) {
    case 0: chars.splice(at, 1); break;
    case 1: chars.splice(at, 0, other); break;
    case 2: chars[at] = other; break;
    default:
      if (at + 1 < chars.length) [chars[at], chars[at + 1]] = [chars[at + 1], chars[at]];
      else chars[at] = other;
  }
  return chars.join('');
}

function transpose(text, random) {
  const chars = [...text];
  const at = random.below(chars.length - 1);
  [chars[at], chars[at + 1]] = [chars[at + 1], chars[at]];
  return chars[at] === chars[at + 1] ? null : chars.join('');
}

function rewrite(text, table, random) {
  const open = table.filter(([from]) => text.toLowerCase().includes(from));
  if (!open.length) return null;
  const [from, to] = random.pick(open);
  return text.toLowerCase().replace(from, to);
}

// The person with some words changed: change(word, random) of `count` words that fit.
function changeWords(person, random, fits, change, count = 1) {
  const words = latinOnly(person)?.map((word) => ({ ...word }));
  const open = words?.filter(fits) ?? [];
  if (open.length < count) return null;
  for (let i = 0; i < count; i++) {
    const word = open.splice(random.below(open.length), 1)[0];
    const changed = change(word.latin, random);
    if (!changed || changed === word.latin) return null;
    word.latin = changed;
  }
  return join(words);
}

const sounds = [['c', 'k'], ['k', 'c'], ['ph', 'f'], ['f', 'ph'], ['z', 's'], ['s', 'z'], ['ee', 'i'], ['i', 'ee'], ['oo', 'u'], ['u', 'oo'], ['ck', 'k'], ['th', 't'], ['x', 'ks'], ['y', 'i'], ['w', 'v'], ['v', 'w'], ['q', 'k'], ['ll', 'l'], ['nn', 'n'], ['tt', 't'], ['ai', 'ay'], ['j', 'y']];
const romanisations = [['sh', 'sch'], ['ch', 'tsch'], ['kh', 'h'], ['kh', 'ch'], ['zh', 'j'], ['ov', 'off'], ['ev', 'eff'], ['yu', 'iu'], ['ya', 'ia'], ['y', 'j'], ['ou', 'u'], ['u', 'ou'], ['q', 'k'], ['ee', 'i'], ['oo', 'u'], ['w', 'v'], ['dj', 'j'], ['j', 'dj'], ['h', ''], ['eo', 'u'], ['yoo', 'yu'], ['xi', 'hsi'], ['zh', 'ch'], ['k', 'g'], ['ts', 'tz'], ['aa', 'a'], ['ck', 'k']];
const scanned = [['o', '0'], ['i', '1'], ['l', '1'], ['s', '5'], ['b', '8'], ['m', 'rn'], ['rn', 'm'], ['g', '9'], ['e', 'c'], ['u', 'v'], ['h', 'b']];
const vowels = [['a', 'e'], ['e', 'a'], ['e', 'i'], ['i', 'e'], ['o', 'u'], ['u', 'o'], ['a', 'o'], ['o', 'a'], ['y', 'i']];
const expanded = { ä: 'AE', ö: 'OE', ü: 'UE', ß: 'SS', ø: 'OE', å: 'AA', æ: 'AE', ñ: 'N', þ: 'TH' };

function zone(words) {
  const part = (list) => list.map((word) => fold(word.latin.toLowerCase().replace(/[äöüßøåæñþ]/g, (c) => expanded[c])).toUpperCase().replace(/['’]/g, '').replace(/[^A-Z]+/g, '<')).join('<');
  const given = words.filter((word) => word.role === 'given');
  const rest = words.filter((word) => word.role !== 'given');
  return `${part(rest)}<<${part(given)}`.slice(0, 39).replace(/<+$/, '');
}

const crossed = (script, isAskedNative) => (person) => {
  if (person.culture.script !== script || person.isNative === isAskedNative || !person.words.every((word) => word.native)) return null;
  return isAskedNative ? nativeName(person) : latinName(person);
};

export const classes = {
  exact_fold: (person) => latinOnly(person) && fold(person.name).toLowerCase(),
  order_swap: (person) => latinOnly(person) && join([...person.words.filter((word) => word.role === 'family'), ...person.words.filter((word) => word.role !== 'family')]),
  typo1: (person, random) => changeWords(person, random, (word) => isLong(word), edit),
  typo_first: (person, random) => changeWords(person, random, (word) => isLong(word), (text) => text.slice(1)),
  typo2_tokens: (person, random) => changeWords(person, random, (word) => isLong(word), edit, 2),
  typo2_same: (person, random) => changeWords(person, random, (word) => isLong(word, 6), (text) => edit(edit(text, random), random)),
  transposition: (person, random) => changeWords(person, random, (word) => isLong(word), transpose),
  vowels: (person, random) => changeWords(person, random, (word) => isLong(word), (text) => rewrite(text, vowels, random)),
  phonetic: (person, random) => changeWords(person, random, (word) => isLong(word), (text) => rewrite(text, sounds, random)),
  ocr: (person, random) => changeWords(person, random, (word) => isLong(word), (text) => rewrite(text, scanned, random)),
  alt_romanisation: (person, random) => (person.culture.script ? changeWords(person, random, (word) => isLong(word), (text) => rewrite(text, romanisations, random)) : null),
  native_typo: (person, random) => {
    if (!person.isNative || person.culture.order === 'eastern') return null;
    const at = person.name.length > 6 ? edit(person.name, random, [...person.name].filter((c) => c.trim())) : null;
    return at === person.name ? null : at;
  },
  missing_token: (person, random) => (latinOnly(person) && person.words.length > 2 ? join(person.words.toSpliced(random.below(person.words.length), 1)) : null),
  extra_token: (person, random, people) => latinOnly(person) && join(person.words.toSpliced(1 + random.below(person.words.length), 0, { latin: random.pick(people.cultures[0].given).latin })),
  initial: (person) => {
    const at = latinOnly(person) ? person.words.findIndex((word) => word.role === 'given' && word.latin.length > 2) : -1;
    return at < 0 || person.words.length < 2 ? null : join(person.words.toSpliced(at, 1, { latin: `${person.words[at].latin[0]}.` }));
  },
  nickname: (person, random, people) => {
    const at = latinOnly(person) ? person.words.findIndex((word) => word.role === 'given' && people.nicknames.has(word.latin.toLowerCase())) : -1;
    return at < 0 ? null : join(person.words.toSpliced(at, 1, { latin: people.nicknames.get(person.words[at].latin.toLowerCase()) }));
  },
  particle: (person) => (latinOnly(person) && person.words.some((word) => word.role === 'particle') ? join(person.words.filter((word) => word.role !== 'particle')) : null),
  merge_split: (person, random) => {
    if (!latinOnly(person)) return null;
    const at = random.below(person.words.length - 1);
    if (person.words.length > 2 || random.chance(0.5)) return join(person.words.toSpliced(at, 2, { latin: person.words[at].latin + person.words[at + 1].latin.toLowerCase() }));
    const { latin } = person.words[at];
    return latin.length < 6 ? null : join(person.words.toSpliced(at, 1, { latin: latin.slice(0, 3) }, { latin: latin.slice(3) }));
  },
  mrz: (person) => latinOnly(person) && zone(person.words),
  double_family: (person) => (latinOnly(person) && person.culture.order === 'double' ? join(person.words.slice(0, -1)) : null),
  married_name: (person, random, people) => (latinOnly(person) && person.words.length > 2 && person.words.at(-1).role === 'family' ? `${join(person.words)}-${random.ranked(people.cultures[0].family).latin}` : null),
  patronymic_dropped: (person) => (latinOnly(person) && person.words.some((word) => word.role === 'patronymic') ? join(person.words.filter((word) => word.role !== 'patronymic')) : null),
  x_cyr_n2l: crossed('Cyrl', true),
  x_cyr_l2n: crossed('Cyrl', false),
  x_arab_n2l: crossed('Arab', true),
  x_arab_l2n: crossed('Arab', false),
  x_chin_n2l: crossed('Hans', true),
  x_chin_l2n: crossed('Hans', false),
  x_kor_n2l: crossed('Hang', true),
  x_kor_l2n: crossed('Hang', false),
  x_heb_n2l: crossed('Hebr', true),
  x_heb_l2n: crossed('Hebr', false),
  x_kana_n2l: crossed('Kana', true),
  x_kana_l2n: crossed('Kana', false),
  date_wrong_year: (person) => person.born && person.name,
  date_swapped: (person) => (person.born && person.born[2] <= 12 && person.born[1] !== person.born[2] ? person.name : null),
  date_year_only: (person) => person.born && person.name,
  date_none: (person) => person.name,
};

const two = (number) => String(number).padStart(2, '0');
const written = ([year, month, day]) => `${year}-${two(month)}-${two(day)}`;

// The birth date as the asker has it: as the class says, else missing 15%, off by a year 10%, day and month swapped 10%, the year alone 10%.
export function askedDate(name, born, random) {
  if (!born || name === 'date_none') return '';
  const drawn = random.share();
  const [year, month, day] = born;
  if (name === 'date_wrong_year' || (!name.startsWith('date_') && drawn >= 0.15 && drawn < 0.25)) return written([year + (random.chance(0.5) ? 1 : -1), month, day]);
  if (name === 'date_swapped' || (!name.startsWith('date_') && drawn >= 0.25 && drawn < 0.35)) return day <= 12 ? written([year, day, month]) : written(born);
  if (name === 'date_year_only' || (!name.startsWith('date_') && drawn >= 0.35 && drawn < 0.45)) return String(year);
  return drawn < 0.15 ? '' : written(born);
}
