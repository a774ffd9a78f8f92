// SPDX-License-Identifier: Apache-2.0
// Words of the page: one file a language (lang/xx.json), fetched when it is spoken; English where a word is missing.
import en from './lang/en.json';

const languages = { en };
const files = { fr: () => import('./lang/fr.json'), es: () => import('./lang/es.json'), ar: () => import('./lang/ar.json') };
export const names = { en: 'English', fr: 'Français', es: 'Español', ar: 'العربية' };
export let language = 'en';

// A language whose file does not come through leaves the page as it is.
export async function setLanguage(next) {
  if (files[next] && !languages[next]) await files[next]().then((file) => { languages[next] = file.default; }).catch(() => { /* the line is down */ });
  if (!languages[next]) return;
  language = next;
  localStorage.setItem('language', language);
  document.documentElement.lang = language;
  document.documentElement.dir = language === 'ar' ? 'rtl' : 'ltr';
}
const wished = navigator.languages.map((one) => one.slice(0, 2)).find((one) => names[one]);
export const languageReady = setLanguage(localStorage.getItem('language') || wished || 'en');

// t('found.in', {count: 3}) -> the text with {count} replaced
export function t(key, values = {}) {
  const text = languages[language][key] ?? en[key] ?? key;
  return text.replace(/\{([a-z]\w*)\}/g, (_, name) => values[name] ?? '');
}
// What the node says in English, by its sentence: "officer {1} is there already". Empty where there is no word for it.
const isolated = (value) => (language === 'ar' ? `\u2068${value}\u2069` : value); // a value keeps its own direction
export const fill = (text, values = []) => text.replace(/\{(\d)\}/g, (_, n) => isolated(values[n - 1] ?? ''));
export const sentence = (english) => languages[language].said?.[english] || '';
// A title as the server sends it: a text, or a map by language
export function title(value) {
  return typeof value === 'string' ? value : value?.[language] || value?.en || '';
}
export function when(iso) {
  if (!iso) return '';
  return new Date(iso).toLocaleString(language === 'en' ? 'en-GB' : language, { dateStyle: 'medium', timeStyle: 'short' });
}
// a day without a time, as "2027-03-19"
export function day(iso) {
  return new Date(`${iso}T12:00:00Z`).toLocaleDateString(language === 'en' ? 'en-GB' : language, { dateStyle: 'medium', timeZone: 'UTC' });
}
export function clock(iso) {
  return new Date(iso).toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' });
}
// "3 days ago", for the age of data
export function age(iso) {
  const days = Math.floor((Date.now() - new Date(iso)) / 86400000);
  const format = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  if (days < 1) return format.format(0, 'day');
  if (days < 60) return format.format(-days, 'day');
  return days < 730 ? format.format(-Math.round(days / 30), 'month') : format.format(-Math.round(days / 365), 'year');
}
