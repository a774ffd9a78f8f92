// SPDX-License-Identifier: Apache-2.0
// Curves as SVG. Every line of the description is one curve: title<TAB>file<TAB>x column<TAB>y column (from 0) of tab-separated rows.
//
//   node bench/matching/plot.mjs --title T --x "axis" --y "axis" [--log-x] [--log-y] [--floor 0.1] OUT.svg < DESCRIPTION
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

const text = { type: 'string', default: '' };
const { values, positionals } = parseArgs({ allowPositionals: true, options: { title: text, x: text, y: text, floor: { type: 'string', default: '0.1' }, 'log-x': { type: 'boolean' }, 'log-y': { type: 'boolean' } } });
const [width, height, left, right, top, bottom] = [720, 440, 70, 20, 48, 56];
const colours = ['#0b57a4', '#c0392b', '#2e7d32', '#7b1fa2', '#b26a00', '#455a64'];
const dashes = ['', '6 3', '2 3', '8 3 2 3', '1 2', '10 4'];
const floor = Number(values.floor);

const curves = readFileSync(0, 'utf8').split('\n').filter(Boolean).map((line) => {
  const [title, file, x, y] = line.split('\t');
  const rows = readFileSync(file, 'utf8').split('\n').filter(Boolean).map((row) => row.split('\t'));
  return { title, points: rows.map((row) => [Number(row[x]), Number(row[y])]).filter((point) => point.every(Number.isFinite)) };
}).filter((curve) => curve.points.length);

function scale(isLog, all, from, to) {
  const shown = isLog ? all.map((value) => Math.max(value, floor)) : all;
  const low = isLog ? 10 ** Math.floor(Math.log10(Math.min(...shown))) : Math.min(0, ...shown);
  const high = isLog ? 10 ** Math.ceil(Math.log10(Math.max(...shown))) : Math.max(...shown) * 1.02;
  const unit = (value) => (isLog ? (Math.log10(Math.max(value, floor)) - Math.log10(low)) / (Math.log10(high) - Math.log10(low)) : (value - low) / (high - low));
  const ticks = [];
  if (isLog) for (let tick = low; tick <= high * 1.001; tick *= 10) ticks.push(tick);
  else for (let i = 0; i <= 5; i++) ticks.push(low + ((high - low) * i) / 5);
  return { at: (value) => from + unit(value) * (to - from), ticks };
}
const points = curves.flatMap((curve) => curve.points);
const x = scale(values['log-x'], points.map((point) => point[0]), left, width - right);
const y = scale(values['log-y'], points.map((point) => point[1]), height - bottom, top);
const figure = (value) => (value >= 1000 ? value.toLocaleString('en') : String(Number(value.toPrecision(2))));
const escape = (words) => words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

const parts = [`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12" role="img">`, `<title>${escape(values.title)}</title>`, `<rect width="${width}" height="${height}" fill="#fff"/>`, `<text x="${left}" y="22" font-size="15" font-weight="600">${escape(values.title)}</text>`];
for (const tick of x.ticks) parts.push(`<line x1="${x.at(tick)}" x2="${x.at(tick)}" y1="${top}" y2="${height - bottom}" stroke="#e3e6ea"/><text x="${x.at(tick)}" y="${height - bottom + 18}" text-anchor="middle">${figure(tick)}</text>`);
for (const tick of y.ticks) parts.push(`<line x1="${left}" x2="${width - right}" y1="${y.at(tick)}" y2="${y.at(tick)}" stroke="#e3e6ea"/><text x="${left - 8}" y="${y.at(tick) + 4}" text-anchor="end">${figure(tick)}</text>`);
parts.push(`<text x="${(left + width - right) / 2}" y="${height - 14}" text-anchor="middle">${escape(values.x)}</text>`, `<text transform="translate(18 ${(top + height - bottom) / 2}) rotate(-90)" text-anchor="middle">${escape(values.y)}</text>`);
curves.forEach((curve, i) => {
  const path = curve.points.map(([px, py], n) => `${n ? 'L' : 'M'}${x.at(px).toFixed(1)} ${y.at(py).toFixed(1)}`).join('');
  parts.push(`<path d="${path}" fill="none" stroke="${colours[i % 6]}" stroke-width="2" stroke-dasharray="${dashes[i % 6]}"/>`);
  if (curve.points.length < 12) for (const [px, py] of curve.points) parts.push(`<circle cx="${x.at(px).toFixed(1)}" cy="${y.at(py).toFixed(1)}" r="3.5" fill="${colours[i % 6]}"/>`);
  parts.push(`<line x1="${left + 12}" x2="${left + 44}" y1="${top + 14 + i * 18}" y2="${top + 14 + i * 18}" stroke="${colours[i % 6]}" stroke-width="2" stroke-dasharray="${dashes[i % 6]}"/><text x="${left + 50}" y="${top + 18 + i * 18}">${escape(curve.title)}</text>`);
});
writeFileSync(positionals[0], `${parts.join('\n')}\n</svg>\n`);
