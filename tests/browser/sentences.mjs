// SPDX-License-Identifier: Apache-2.0
// All sentences the sources can say: every text in them, with {1}, {2} where a value goes, as src/base/say.c prints them.
import { readFileSync, readdirSync, statSync } from 'node:fs';

const literals = /(?:"(?:[^"\\\n]|\\.)*"\s*)+/g;

function* filesIn(directory) {
  for (const name of readdirSync(directory)) {
    const path = `${directory}/${name}`;
    if (statSync(path).isDirectory()) yield* filesIn(path);
    else if (path.endsWith('.c')) yield path;
  }
}

// A macro that puts a beginning before the words it is given: each use as the whole text.
function expanded(source) {
  let out = source;
  for (const [, name, before] of source.matchAll(/#\s*define (\w+)\(words\)[^"]*("(?:[^"\\]|\\.)*") words/g))
    for (const [, words] of source.matchAll(new RegExp(`\\b${name}\\(("(?:[^"\\\\]|\\\\.)*")\\)`, 'g'))) out += `\n(${before} ${words})`;
  return out;
}

export function sentencesOfSources(root = 'src') {
  const all = new Set();
  for (const path of filesIn(root)) {
    for (const [literal] of expanded(readFileSync(path, 'utf8')).matchAll(literals)) {
      const text = [...literal.matchAll(/"((?:[^"\\\n]|\\.)*)"/g)].map(([, part]) => part).join('').replaceAll('\\"', '"');
      let number = 0;
      all.add(text.replace(/%(?:\.\*)?[lz]*([a-z%])/g, (_, kind) => (kind === '%' ? '%' : `{${++number}}`)));
    }
  }
  return all;
}
