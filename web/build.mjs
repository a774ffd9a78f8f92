// SPDX-License-Identifier: Apache-2.0
// Bundles the pages into dist/: what everybody needs in one script and one style sheet, and apart what some need at times: the other
// languages, the rarer pages, the slices of Han and Hangul. Names hold a hash of the contents, so that a browser may keep a file for
// good and never mixes two versions. No address of another host may be in it.
import { build } from 'esbuild';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';

// A family of a script is asked for its script's letters alone: not for Latin, and not for arrows and boxes, for which a browser
// would fetch one family after the other.
const isOfScript = ([from, to]) => from >= 0x530 && !(from >= 0x2000 && to < 0x2e80) && from < 0xfb00 + 0x500;
function scriptOnly(css) {
  return css.replace(/@font-face\s*\{[^}]*\}/g, (block) => {
    const [, list] = /unicode-range:\s*([^;]*);/.exec(block);
    const kept = list.split(',').filter((range) => {
      const [from, to = from] = range.trim().replace(/^U\+/i, '').split('-').map((code) => parseInt(code.replaceAll('?', '0'), 16));
      return isOfScript([from, to]) || from >= 0x10000;
    });
    return kept.length ? block.replace(list, kept.join(',')) : '';
  });
}
const slices = {
  name: 'slices',
  setup({ onLoad }) {
    onLoad({ filter: /@fontsource\/noto-sans-.*\.css$/ }, async ({ path }) => ({ contents: scriptOnly(await readFile(path, 'utf8')), loader: 'css' }));
  },
};

await rm('dist', { recursive: true, force: true });
const { metafile } = await build({
  entryPoints: { app: 'src/main.jsx', style: 'src/style.css', han: 'src/han.css' },
  outdir: 'dist/assets',
  bundle: true,
  minify: true,
  splitting: true,
  format: 'esm',
  charset: 'utf8',
  target: ['es2022'],
  jsx: 'automatic',
  jsxImportSource: 'preact',
  loader: { '.woff2': 'file', '.woff': 'empty' },
  plugins: [slices],
  entryNames: '[name]-[hash]',
  chunkNames: '[name]-[hash]',
  assetNames: 'fonts/[name]-[hash]',
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
});
// What the first script imports is fetched beside it, not after it: a weak line counts its ways there and back.
const first = Object.entries(metafile.outputs).find(([, of]) => of.entryPoint === 'src/main.jsx')[1];
const imported = new Set();
for (const take = [first]; take.length;) for (const { path, kind } of take.pop().imports) if (kind === 'import-statement' && !imported.has(path)) { imported.add(path); take.push(metafile.outputs[path]); }
const ahead = [...imported].map((path) => `<link rel="modulepreload" href="/assets/${basename(path)}">`).join('\n');
const made = Object.fromEntries(Object.entries(metafile.outputs).filter(([, of]) => of.entryPoint).map(([path, of]) => [of.entryPoint, `/assets/${basename(path)}`]));
const icon = encodeURIComponent((await readFile('src/icon.svg', 'utf8')).trim());
const page = (await readFile('src/index.html', 'utf8')).replace('{style}', made['src/style.css']).replace('{han}', made['src/han.css']).replace('{app}', made['src/main.jsx']).replace('{ahead}', ahead).replace('{icon}', `data:image/svg+xml,${icon}`);
await writeFile('dist/index.html', page);
