// SPDX-License-Identifier: Apache-2.0
// The node explains in English. Of an error it tells the sentence apart from the values in it (src/base/say.h): the sentence is known
// here by its English words (lang/xx.json, "said"), and where it is not, the kind of error is said in the language of the page. How an
// answer explains itself is known by its phrases ("say"): whole, with {1} where a value stands, or piece by piece.
import { fill, language, phrases, sentence, t } from './i18n.js';

// Of {say, with, detail or reason, title or code}, as a problem, a fault of a form, a refused row.
export function told(thing) {
  if (thing instanceof Error) return thing.message; // told already
  const { say, with: values, detail, reason, title, code } = thing;
  const english = detail || reason || '';
  if (language === 'en') return english;
  const own = sentence(say || english);
  return own ? fill(own, values) : t(`error.${title || code || 'internal'}`);
}

export function toldHint(thing) {
  const { hint, hint_say: said } = thing;
  if (language === 'en' || !hint || thing instanceof Error) return hint || '';
  return fill(sentence(said?.say || hint), said?.with);
}

// What was done or came out, as the log has it: a verdict of a search, or the words of an act.
const verdicts = ['nothing-found', 'match', 'possible', 'read-again', 'no-answer'];
export function outcome(verdict) {
  if (verdicts.includes(verdict)) return t(verdict);
  return language === 'en' ? verdict || '' : sentence(verdict) || (verdict ? t('done.other') : '');
}

const special = /[.*+?^${}()|[\]\\]/g;
const forms = new Map(); // of a phrase with places for values: what it looks like
function formOf(english) {
  if (!forms.has(english)) forms.set(english, new RegExp(`^${english.split(/\{\d\}/).map((piece) => piece.replace(special, '\\$&')).join('(.+?)')}$`));
  return forms.get(english);
}

// The text as one phrase, or empty.
function phrase(text) {
  for (const [english, own] of phrases()) {
    if (english === text) return own;
    const found = english.includes('{1}') && formOf(english).exec(text);
    if (found) return fill(own, found.slice(1).map((value) => phrase(value) || value));
  }
  return '';
}

// The longest first, so that a piece of a phrase does not take its place.
function piecewise(text) {
  let out = text;
  for (const [english, own] of phrases()) if (!english.includes('{1}')) out = out.replaceAll(english, own);
  return out;
}

function inOwnWords(text) {
  return phrase(text) || text.split('; ').map((clause) => phrase(clause) || piecewise(clause)).join('; ');
}

// With the agreement, what merely repeats it ("same number") is left out in other languages.
export function words(text, agreement) {
  if (language === 'en') return agreement ? `: ${text}` : text;
  if (agreement === 'same' && /^same( \w+)?$/.test(text)) return '';
  return agreement ? `: ${inOwnWords(text)}` : inOwnWords(text);
}
