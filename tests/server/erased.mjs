// SPDX-License-Identifier: Apache-2.0
// What was erased is nowhere: records of every database, entered by hand and by import, with pictures, corrected, found,
// shown, counted, reported on; then erased, and merged. After that no file of the data directory - store, write-ahead log,
// segments, audit log, attachments, reports, learned tables - holds a value of theirs. Nothing here names a database or a field.
import assert from 'node:assert/strict';
import { cpSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Node, command, completed, filesBelow, newDirectory, purpose, readIfThere, removeDirectory, runTests } from './node.mjs';

let turn = 0;
// Eight letters that stand in no dictionary and in no other value.
function mark() {
  let number = 7919 * ++turn + 104729;
  let letters = '';
  for (let i = 0; i < 6; i++) { letters += 'bdfgklmnprstvz'[number % 14] + 'aeiou'[(number >> 3) % 5]; number = (number * 16807 + i) % 2147483647; }
  return letters[0].toUpperCase() + letters.slice(1);
}
const digits = () => String(1000000 + turn++ * 7349).slice(-7);
const made = {
  text: () => `${mark()} ${mark()}`,
  name: () => `${mark()} ${mark()}`,
  identifier: () => `MK${digits()}${mark().slice(0, 2).toUpperCase()}`,
  'document-number': () => `QX${digits()}`,
  email: () => `${mark().toLowerCase()}@example.org`,
  address: () => `${mark()} road 7, ${mark()}`,
  handle: () => `@${mark().toLowerCase()}`,
  place: () => mark(),
};

// The example with values of its own; each is put on the list of what must be gone. `extra` fills every text field.
function marked(fields, body, needles, everything) {
  const copy = { ...body };
  for (const field of fields) {
    const make = made[field.type];
    if (field.fields && (copy[field.name] || (everything && field.fields.every((one) => one.type === 'text')))) {
      const rows = copy[field.name] ? [].concat(copy[field.name]) : [{}];
      copy[field.name] = rows.map((row) => marked(field.fields, row, needles, everything));
    } else if (make && (copy[field.name] !== undefined || everything) && field.type !== 'identifier') {
      const value = make();
      needles.push(value);
      copy[field.name] = field.many ? [value] : value;
    } else if (make && copy[field.name] !== undefined) {
      const value = make();
      needles.push(value);
      copy[field.name] = field.many ? [value] : value;
    } else if (field.pivot && copy[field.name] !== undefined && field.type !== 'card') {
      for (const value of [].concat(copy[field.name])) if (typeof value === 'string' && value.length > 6) needles.push(value);
    }
  }
  return copy;
}

// A value as it was typed, and in the forms that keys, words and answers have.
function forms(needle) {
  const all = new Set();
  for (const word of [needle, ...needle.split(/[\s,]+/).filter((one) => one.length > 6 && /[a-z]{6}|\d{6}/i.test(one))]) {
    for (const one of [word, word.toLowerCase(), word.toUpperCase(), word.replace(/[^\p{L}\p{N}]/gu, ''), word.replace(/[^\p{L}\p{N}]/gu, '').toUpperCase()]) if (one.length > 5) all.add(one);
  }
  return [...all].map((one) => Buffer.from(one));
}
// How often each form of the needles stands in a piece of data, looked for all at once: where three bytes begin a form, six are
// looked up, and what begins with them compared.
function counter(needles) {
  const starts = new Uint8Array(1 << 24);
  const byStart = new Map();
  for (const form of new Map(needles.flatMap(forms).map((one) => [one.toString('latin1'), one])).values()) {
    const start = form.latin1Slice(0, 6);
    starts[form.readUIntBE(0, 3)] = 1;
    byStart.set(start, [...byStart.get(start) ?? [], form]);
  }
  return (data) => {
    const counts = new Map();
    for (let at = 0, last = data.length - 6, three = data.length ? data.readUInt8(0) << 8 | (data[1] ?? 0) : 0; at <= last; at++) {
      three = (three << 8 | data[at + 2]) & 0xffffff;
      if (!starts[three]) continue;
      for (const form of byStart.get(data.latin1Slice(at, at + 6)) ?? [])
        if (!data.compare(form, 0, form.length, at, Math.min(at + form.length, data.length))) counts.set(form, (counts.get(form) ?? 0) + 1);
    }
    return counts;
  };
}
// Beyond what a node holds on its first day: the definitions it has signed, with the values of their examples.
function places(directory, needles) {
  const found = [];
  const count = counter(needles);
  for (const path of filesBelow(directory)) {
    const name = path.slice(directory.length + 1);
    if (/^catalogue[^/]*\//.test(name)) continue; // the definitions themselves, put together at an opening
    const before = count(readIfThere(join(firstDay, name)));
    for (const [form, times] of count(readIfThere(path))) if (times > (before.get(form) ?? 0)) found.push(`${form} in ${name}`);
  }
  return found;
}

// One pixel more or less: a picture of noise, so that any piece of it is its own.
function picture() {
  const { deflateSync, crc32 } = zlib;
  const size = 96;
  const rows = Buffer.alloc(size * (size * 3 + 1));
  let state = 12345 + turn++;
  for (let i = 0; i < rows.length; i++) { state = (state * 1103515245 + 12345) % 2147483648; rows[i] = i % (size * 3 + 1) === 0 ? 0 : state >> 16; }
  const chunk = (kind, data) => {
    const out = Buffer.concat([Buffer.alloc(4), Buffer.from(kind), data, Buffer.alloc(4)]);
    out.writeUInt32BE(data.length, 0);
    out.writeUInt32BE(crc(out.subarray(4, out.length - 4)), out.length - 4);
    return out;
  };
  const crc = crc32 || ((data) => { let c = ~0; for (const byte of data) { c ^= byte; for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1; } return ~c >>> 0; });
  const head = Buffer.alloc(13);
  head.writeUInt32BE(size, 0);
  head.writeUInt32BE(size, 4);
  head.set([8, 2, 0, 0, 0], 8);
  return Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]), chunk('IHDR', head), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]);
}
const zlib = await import('node:zlib');

const node = await Node.start();
const outside = newDirectory();
assert.equal(node.command(['index', 'merge']).code, 0); // nothing is left in a write-ahead log
const firstDay = newDirectory();
cpSync(node.data, firstDay, { recursive: true, filter: (path) => !statSync(path).isSocket() });
const names = (await node.call('GET', '/v1/databases')).data.map((one) => one.name);
const needles = [];   // of what is erased
const kept = [];      // of one record that stays: else the test would find nothing for want of looking
const pictures = [];  // pieces out of the middle of stored pictures
const erasing = [];   // ids

function bodyOf(database, list, everything) {
  const example = completed(database.examples[0].body);
  const body = { envelope: { ...example.envelope }, fields: marked(database.fields, example.fields, list, everything) };
  Object.assign(body.envelope, { ref: `ref-${mark()}`, action: `${mark()} ${mark()}`, legal_basis: mark(), handling: `H3 ${mark()}` });
  for (const key of ['ref', 'action', 'legal_basis', 'handling']) list.push(body.envelope[key].replace(/^(H3 |ref-)/, ''));
  return body;
}
async function must(status, ...words) {
  const reply = await node.call(...words);
  assert.equal(reply.status, status, `${words.slice(0, 2).join(' ')}: ${reply.text}`);
  return reply.data;
}
async function attach(body, fields) {
  const field = fields.find((one) => one.type === 'photograph');
  if (!field) return;
  const { sha256 } = await must(201, 'POST', '/v1/photographs', new Uint8Array(picture()), { headers: { 'Content-Type': 'image/png' } });
  for (const size of ['', '?size=thumb']) {
    const reply = await fetch(`http://127.0.0.1:${node.running.port}/v1/photographs/${sha256}${size}`, { headers: { Authorization: `Bearer ${node.tokens.admin}`, 'Bureau-Purpose': purpose } });
    const data = Buffer.from(await reply.arrayBuffer());
    if (reply.status === 200) pictures.push(data.subarray(data.length >> 1, (data.length >> 1) + 24));
  }
  body.fields[field.name] = field.many ? [sha256] : sha256;
  needles.push(sha256);
}
// A question that leads nowhere is the officer's own; one that shows the record goes with the record.
async function lookFor(fields, body) {
  const leads = fields.filter((one) => one.pivot && typeof [].concat(body.fields[one.name])[0] === 'string').map((one) => [].concat(body.fields[one.name])[0]);
  for (const value of leads.slice(0, 3)) {
    await node.call('POST', '/v1/search', { purpose, text: value });
    await node.call('POST', '/v1/search', { purpose, text: value }, { as: 'bureau' });
  }
}

const tests = [
  ['entered by hand, corrected, found, shown', async () => {
    for (const name of names) {
      const database = await must(200, 'GET', `/v1/databases/${name}`);
      const list = [];
      const body = bodyOf(database, list, true);
      await attach(body, database.fields);
      const { id } = await must(201, 'POST', `/v1/records/${name}`, body);
      erasing.push(id);
      const again = bodyOf(database, list, false);
      for (const field of database.fields.filter((one) => one.fixed)) again.fields[field.name] = body.fields[field.name];
      await must(200, 'PUT', `/v1/records/${id}`, again, { headers: { 'If-Match': '"1"' } });
      await must(200, 'GET', `/v1/records/${id}`);
      await must(200, 'GET', `/v1/records/${id}/history`);
      await lookFor(database.fields, again);
      needles.push(...list);
    }
    const database = await must(200, 'GET', `/v1/databases/${names[0]}`);
    await must(201, 'POST', `/v1/records/${names[0]}`, bodyOf(database, kept, false));
  }],
  ['taken in by import, refused rows and all, and taken back', async () => {
    const lines = [];
    for (const name of names) {
      const database = await must(200, 'GET', `/v1/databases/${name}`);
      const list = [];
      lines.push(JSON.stringify({ database: name, ...bodyOf(database, list, false) }));
      const refused = bodyOf(database, list, false);
      refused.envelope.owner = `${mark()}`;
      list.push(refused.envelope.owner);
      lines.push(JSON.stringify({ database: name, ...refused }));
      needles.push(...list);
    }
    const file = join(outside, 'rows.ndjson');
    writeFileSync(file, `${lines.join('\n')}\n`);
    const done = node.command(['import', 'bureau-ndjson', file, '--json']);
    assert.equal(done.code, 1, done.out + done.err); // some rows refused
    assert.ok(/^[0-9A-Z]+-[0-9A-Z]+$/.test(done.json.batch), done.out);
    assert.equal(node.command(['import', 'undo', String(done.json.batch), '--json']).code, 0);
    const [batch] = (await must(200, 'GET', '/v1/imports')).filter((one) => one.batch === done.json.batch);
    assert.equal(batch.state, 'undone');
    const forgotten = node.command(['import', 'forget', String(done.json.batch), '--json']);
    assert.equal(forgotten.code, 0, forgotten.out + forgotten.err);
    assert.equal(node.command(['import', 'show', String(done.json.batch)]).code, 2);
  }],
  ['counted by learn', () => {
    assert.equal(node.command(['learn']).code, 0);
    assert.equal(node.command(['learn', '--use']).code, 0);
    assert.equal(node.command(['index', 'merge']).code, 0);
  }],
  ['erased and merged: no file holds any of it, the server running', async () => {
    const before = places(node.data, needles);
    assert.ok(before.length > 100, `only ${before.length} places before: the test does not look`);
    assert.ok(pictures.length >= 2 && [...filesBelow(node.data)].some((path) => readIfThere(path).includes(pictures[0])));
    for (const id of erasing) assert.equal(node.command(['erase', id, '--version', '2']).code, 0, id);
    assert.equal(node.command(['index', 'merge']).code, 0);
    assert.deepEqual(places(node.data, needles), []);
    for (const path of filesBelow(node.data)) for (const piece of pictures) assert.ok(!readIfThere(path).includes(piece), `a picture in ${path}`);
    assert.ok(places(node.data, kept).length > 0);
  }],
  ['what was shown of it stays provable', async () => {
    assert.equal(node.command(['audit', 'verify', '--json']).json.ok, true);
    const shown = node.command(['audit', 'show', '--record', erasing[0], '--json']).json;
    assert.ok(shown.length >= 4, JSON.stringify(shown));
    assert.ok(shown.some((one) => (one.entry || {}).kind === 'search' && one.entry.officer === 'bureau'), 'who was shown the record is still told');
  }],
  ['nor after the server ended and another began', async () => {
    assert.equal(await node.running.stop(), 0);
    assert.deepEqual(places(node.data, needles), []);
    assert.equal(command(node.data, ['doctor']).code, 0);
    assert.equal(command(node.data, ['index', 'rebuild']).code, 0);
    assert.deepEqual(places(node.data, needles), []);
  }],
];
const failed = await runTests('erased', tests);
try { node.running.server.kill(); } catch { /* ended already */ }
removeDirectory(node.data);
removeDirectory(outside);
removeDirectory(firstDay);
process.exit(failed ? 1 : 0);
