// SPDX-License-Identifier: Apache-2.0
// All sentences the sources can say: every text in them, with {1}, {2} where a value goes, as src/base/say.c and said.c print them.
import { readFileSync, readdirSync, statSync } from 'node:fs';

const literals = /(?:"(?:[^"\\\n]|\\.)*"\s*)+/g;

// A file of code; of a header what it defines: the rest of its words are examples.
function textOf(path) {
  const text = readFileSync(path, 'utf8');
  return path.endsWith('.c') ? text : text.replaceAll('\\\n', ' ').split('\n').filter((line) => /^#\s*define /.test(line)).join('\n');
}

function* filesIn(directory) {
  for (const name of readdirSync(directory)) {
    const path = `${directory}/${name}`;
    if (statSync(path).isDirectory()) yield* filesIn(path);
    else if (/\.[ch]$/.test(path)) yield path;
  }
}

// A macro that puts a beginning before the words it is given: each use as the whole text.
function expanded(source) {
  let out = source;
  for (const [, name, before] of source.matchAll(/#\s*define (\w+)\(words\)[^"]*("(?:[^"\\]|\\.)*") words/g))
    for (const [, words] of source.matchAll(new RegExp(`\\b${name}\\(("(?:[^"\\\\]|\\\\.)*")\\)`, 'g'))) out += `\n(${before} ${words})`;
  return out;
}

// One sentence each: its values are numbered from 1.
function sentences(literal) {
  const text = [...literal.matchAll(/"((?:[^"\\\n]|\\.)*)"/g)].map(([, part]) => part).join('').replace(/\\x0[2-6]/g, '').replaceAll('\\"', '"');
  return [text, ...text.split('; ')].map((part) => {
    let number = 0;
    return part.replace(/%(?:\.(?:\*|\d+))?[lz]*([a-z%])/g, (_, kind) => (kind === '%' ? '%' : `{${++number}}`));
  });
}

// Of a call that begins at `at`: to its last bracket, whatever stands in its texts.
function callAt(source, at) {
  let depth = 0;
  let end = at;
  for (; end < source.length; end++) {
    if (source[end] === '"') while (source[++end] !== '"') if (source[end] === '\\') end++;
    if (source[end] === '(') depth++;
    if (source[end] === ')' && --depth === 0) break;
  }
  return source.slice(at, end);
}

export function sentencesOfSources(root = 'src') {
  const all = new Set();
  for (const path of filesIn(root))
    for (const [literal] of expanded(textOf(path)).matchAll(literals))
      for (const part of sentences(literal)) all.add(part);
  return all;
}

// What an answer explains itself with: how values stand to each other, what was noted of a value, advice and reasons.
export function explanationsOfSources(root = 'src') {
  const all = new Set();
  const take = (text) => { for (const [literal] of text.matchAll(literals)) for (const part of sentences(literal).slice(1)) if (/[a-z]{2}/.test(part.replace(/\{\d\}/g, ''))) all.add(part.trim()); };
  for (const path of filesIn(root)) {
    const source = textOf(path);
    for (const { index } of source.matchAll(/\b(comparison_set|type_note|said_add|SAID)\(/g)) take(callAt(source, index));
    if (path.includes('/type/')) for (const [, literal] of source.matchAll(/note = S\(("(?:[^"\\]|\\.)*")\)/g)) take(literal);
  }
  return all;
}
