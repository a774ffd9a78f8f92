// SPDX-License-Identifier: Apache-2.0
// The node explains in English. Of an error it tells the sentence apart from the values in it (src/base/say.h): the sentence is known
// here by its English words (lang/xx.json, "said"), and where it is not, the kind of error is said in the language of the page. How an
// answer explains itself comes in the same way, sentence by sentence (src/base/said.h).
import { fill, language, sentence, t } from './i18n.js';

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

// An explanation: its sentences one behind the other, each with its values; a value is a text, a sentence of its own, or several of
// these. Where one sentence has no words in the language of the page, nothing of it is shown rather than English.
const valueOf = (value) => (Array.isArray(value) ? value.map(valueOf).join(t('comma')) : typeof value === 'object' ? sentenceOf(value) : value);
function sentenceOf({ say, with: values = [] }) {
  const own = /[a-z]{3}/.test(say) ? sentence(say) : say; // values and codes are the same in every language
  return fill(own, values.map(valueOf));
}
const inOwnWords = (text, said) => (language === 'en' || !said ? text : said.map(sentenceOf).filter(Boolean).join(t('semicolon')));

// Of a thing that explains itself in one member: hit.words, database.reason, reading.note, answer.advice.
export function words(thing, name) {
  return inOwnWords(thing[name] || '', thing[`${name}_said`]);
}

// With the agreement before it, what merely repeats it ("same number") is left out in other languages.
export function wordsAfter(why) {
  if (!why.words || (language !== 'en' && why.agreement === 'same' && /^same( \w+)?$/.test(why.words))) return '';
  return `: ${words(why, 'words')}`;
}
