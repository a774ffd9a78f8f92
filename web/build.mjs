// SPDX-License-Identifier: Apache-2.0
// Bundles the pages into dist/: one script, one style sheet, the fonts' slices. No address of another host may be in it.
import { build } from 'esbuild';
import { copyFile, mkdir, rm } from 'node:fs/promises';

await rm('dist', { recursive: true, force: true });
await mkdir('dist', { recursive: true });
await build({
  entryPoints: { app: 'src/main.jsx', style: 'src/style.css' },
  outdir: 'dist/assets',
  bundle: true,
  minify: true,
  format: 'esm',
  target: ['es2022'],
  jsx: 'automatic',
  jsxImportSource: 'preact',
  loader: { '.woff2': 'file', '.woff': 'empty' },
  assetNames: 'fonts/[name]',
  legalComments: 'none',
  logLevel: 'warning',
});
await copyFile('src/index.html', 'dist/index.html');
await copyFile('src/icon.svg', 'dist/assets/icon.svg');
