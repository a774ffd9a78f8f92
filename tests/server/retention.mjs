// SPDX-License-Identifier: Apache-2.0
// Data leave when their time is over: due lists, extensions, deletion on the day with a certificate that holds offline, nothing
// left in any file, and a restored backup that deletes again before it answers. Two countries; nothing here names a database or
// a field. The clock of the second server runs ahead (tests/server/clock.c).
import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ahead } from './clock.mjs';
import { Node, command, completed, eventually, filesBelow, newDirectory, readIfThere, removeDirectory, runTests, startServer } from './node.mjs';

const DAYS_AHEAD = 45;
const node = await Node.start({
  officers: {
    paris: ['--country', 'FRA', '--role', 'national-bureau', '--unit', 'FRA/ncb', '--may', 'write', '--purpose', 'investigate', '--purpose', 'border-control'],
    gate: ['--country', 'FRA', '--role', 'frontline', '--unit', 'FRA/gate', '--purpose', 'border-control'],
    auditor: ['--country', 'UTO', '--role', 'auditor', '--unit', 'UTO/audit', '--may', 'audit', '--purpose', 'audit'],
  },
});
const call = (method, path, body, as = 'bureau', headers = {}) => node.call(method, path, body, { as, headers });
const day = (days) => new Date(Date.now() + days * 86400e3).toISOString().slice(0, 10);
const databases = (await call('GET', '/v1/databases')).data;

let made = 0;
// A record with a value of its own that must be in no file afterwards.
async function record(days, envelope = {}) {
  const mark = `Zq${String(++made).padStart(3, '0')}wxkvj`;
  for (const { name } of databases) {
    const { data: database } = await node.call('GET', `/v1/databases/${name}`);
    const example = database.examples[0];
    const body = completed(example.body);
    const text = database.fields.find((field) => field.type === 'text' && !field.many && !field.fixed);
    if (!text) continue;
    body.fields = { ...body.fields, [text.name]: `${mark} seen` };
    body.envelope = { ...body.envelope, owner: 'UTO', unit: 'UTO/ncb', test: false, ref: `r-${mark}`, review_on: day(days), legal_basis: mark, ...envelope };
    const reply = await call('POST', `/v1/records/${name}`, body);
    if (reply.status === 201) return { id: reply.data.id, name, mark, body };
  }
  throw new Error('no record could be made');
}
const holders = (directory, mark) => [...filesBelow(directory)].filter((path) => { const data = readIfThere(path); return data.includes(mark) || data.includes(mark.toLowerCase()) || data.includes(mark.toUpperCase()); });
const idsOf = (reply) => reply.data.records.map((one) => one.id);

const outside = newDirectory();
const soon = await record(30);
const extended = await record(31);
const found = await record(200, { achieved_on: day(0) });
const excused = await record(201, { achieved_on: day(0) });
const late = await record(300);
const erased = await record(100);
let certificate = '';

const tests = [
  ['what is due is listed by day, for those who look after it', async () => {
    const due = await call('GET', '/v1/due?within=60d');
    assert.equal(due.status, 200, due.text);
    assert.deepEqual(new Set(idsOf(due)), new Set([found.id, excused.id, soon.id, extended.id]));
    assert.ok(due.data.records.every((one, i, all) => i === 0 || all[i - 1].due <= one.due));
    assert.equal(due.data.records.find((one) => one.id === found.id).achieved, true);
    assert.equal(due.data.records.find((one) => one.id === found.id).days, 15);
    const pages = [];
    for (let next = ''; next !== undefined;) {
      const page = await call('GET', `/v1/due?within=60d&max=1${next && `&after=${next}`}`);
      pages.push(...idsOf(page));
      next = page.data.next;
    }
    assert.deepEqual(pages, idsOf(due));
    assert.equal((await call('GET', '/v1/due?owner=UTO', undefined, 'paris')).status, 403);
    assert.equal((await call('GET', '/v1/due', undefined, 'gate')).status, 403);
    assert.deepEqual(idsOf(await call('GET', '/v1/due?within=60d', undefined, 'paris')), []);
    assert.equal((await call('GET', '/v1/due?owner=UTO', undefined, 'auditor')).status, 200);
    assert.equal((await call('GET', '/v1/due?within=much')).status, 422);
  }],
  ['an extension has a reason, a bound, and an owner', async () => {
    const extend = (target, body, as) => call('POST', `/v1/records/${target.id}/extend`, body, as);
    assert.equal((await extend(extended, { review_on: day(200) })).status, 422);
    assert.equal((await extend(extended, { review_on: day(40000), reason: 'x' })).status, 422);
    assert.equal((await extend(extended, { review_on: day(1), reason: 'x' })).status, 422);
    assert.equal((await extend(extended, { review_on: 'soon', reason: 'x' })).status, 422);
    assert.equal((await extend(extended, { review_on: day(200), reason: 'x' }, 'paris')).status, 403);
    const done = await extend(extended, { review_on: day(200), reason: 'the trial goes on' });
    assert.equal(done.status, 200, done.text);
    const now = (await call('GET', `/v1/records/${extended.id}`)).data;
    assert.equal(now.review_on, day(200));
    assert.equal(now.body.envelope.extension.reason, 'the trial goes on');
    assert.equal(now.body.envelope.extension.by, 'bureau');
    assert.equal(now.version, 2);
    const kept = command(node.data, ['records', 'extend', excused.id, '--until', day(201), '--reason', 'evidence in a trial']);
    assert.equal(kept.code, 0, kept.err);
    assert.ok(!idsOf(await call('GET', '/v1/due?within=60d')).includes(excused.id));
  }],
  ['the owner deletes and has the certificate at once', async () => {
    const { headers } = await call('GET', `/v1/records/${erased.id}`);
    const gone = await call('DELETE', `/v1/records/${erased.id}?reason=withdrawn`, undefined, 'bureau', { 'If-Match': headers.get('etag') });
    assert.equal(gone.status, 200, gone.text);
    const note = await call('GET', `/v1/certificates/${erased.id}`);
    assert.equal(note.status, 200, note.text);
    assert.match(note.text, /^reason withdrawn$/m);
    for (const as of ['paris', 'gate']) {
      const no = await call('GET', `/v1/certificates/${erased.id}`, undefined, as);
      const never = await call('GET', `/v1/certificates/${late.id}`, undefined, as);
      assert.equal(no.status, 404);
      assert.equal(no.text.replaceAll(erased.id, late.id), never.text);
    }
  }],
  ['on the day it is deleted, with a certificate, and in no file', async () => {
    const backup = join(outside, 'backup');
    assert.equal(command(node.data, ['backup', backup]).code, 0);
    assert.ok(holders(node.data, soon.mark).length > 0);
    await node.running.stop();
    node.running = await startServer(node.data, ['--rate', '0'], 0, ahead(DAYS_AHEAD * 86400));
    const held = await eventually(async () => { const due = await call('GET', '/v1/due'); return due.data.held && due; });
    const { today } = held.data;
    assert.ok(held.data.held < today, 'a clock that jumped is not believed');
    const doctor = command(node.data, ['doctor', '--json']).json.find((one) => one.what === 'review dates');
    assert.deepEqual([doctor.ok, doctor.next.includes('confirm-day')], [false, true], JSON.stringify(doctor));
    assert.equal((await call('GET', `/v1/records/${soon.id}`)).status, 200, 'and deletes nothing');
    assert.equal((await call('POST', '/v1/due/day', { day: today })).status, 403, 'nobody confirms it from afar');
    assert.notEqual(command(node.data, ['records', 'confirm-day', held.data.held]).code, 0, 'another day than the clock says');
    const confirmed = command(node.data, ['records', 'confirm-day', today]);
    assert.equal(confirmed.code, 0, confirmed.err);
    let gone;
    await eventually(async () => { // the sweep runs once it is confirmed; its end is the merge
      gone = await call('GET', '/v1/certificates');
      return gone.data.certificates.length >= 3 && holders(node.data, found.mark).length === 0 && holders(node.data, soon.mark).length === 0;
    }, 'the sweep');
    assert.deepEqual(new Set(gone.data.certificates.map((one) => one.record)), new Set([erased.id, soon.id, found.id]));
    assert.equal((await call('GET', `/v1/records/${soon.id}`)).status, 410);
    assert.equal((await call('GET', `/v1/records/${soon.id}`, undefined, 'gate', { 'Bureau-Purpose': 'border-control' })).status, 404);
    assert.equal((await call('GET', `/v1/records/${extended.id}`)).status, 200);
    assert.equal((await call('GET', `/v1/records/${excused.id}`)).status, 200);
    for (const one of [soon, found, erased]) assert.deepEqual(holders(node.data, one.mark), [], one.mark);
    assert.ok(holders(node.data, late.mark).length > 0);
    const changes = (await call('GET', '/v1/feed')).data.changes;
    assert.ok(changes.some((change) => change.id === soon.id && change.kind === 'erase'));
  }],
  ['the certificate holds without a node, and no other does', async () => {
    certificate = (await call('GET', `/v1/certificates/${soon.id}`)).text;
    const file = join(outside, 'certificate');
    const key = (await call('GET', '/v1/certificates/key')).text.trim();
    assert.match(certificate, /^reason review date passed$/m);
    assert.ok(!certificate.includes(soon.mark));
    writeFileSync(file, certificate);
    const good = command(join(outside, 'nowhere'), ['certificate', 'check', file, '--key', key]);
    assert.equal(good.code, 0, good.err);
    assert.ok(good.out.includes(soon.id) && good.out.includes('UTO'));
    writeFileSync(file, certificate.replace(soon.id, late.id));
    assert.equal(command(join(outside, 'nowhere'), ['certificate', 'check', file, '--key', key]).code, 2);
    const log = command(node.data, ['audit', 'key']).out.trim();
    writeFileSync(file, command(node.data, ['audit', 'checkpoint']).out);
    assert.equal(command(join(outside, 'nowhere'), ['certificate', 'check', file, '--key', log]).code, 2, 'a checkpoint is no certificate');
  }],
  ['reminders are there for the owner, the deletion is on the log', async () => {
    const entries = command(node.data, ['audit', 'show', '--record', soon.id, '--json']).json;
    assert.ok(entries.some((one) => one.entry && JSON.stringify(one.entry).includes('expired')), JSON.stringify(entries));
    const changes = (await call('GET', '/v1/feed')).data.changes;
    assert.ok(changes.some((change) => change.record && change.record.database === 'reminder'));
    assert.ok(!(await call('GET', '/v1/feed', undefined, 'paris')).data.changes.some((change) => change.record && ['reminder', 'certificate'].includes(change.record.database)));
  }],
  ['a restored backup deletes again before it answers', async () => {
    const restored = join(outside, 'restored');
    const list = join(outside, 'deletions');
    copyFileSync(join(node.data, 'deletions'), list);
    const done = command(restored, ['restore', join(outside, 'backup'), '--deletions', list]);
    assert.equal(done.code, 0, done.err);
    assert.ok(holders(restored, soon.mark).length > 0);
    const second = await startServer(restored, ['--rate', '0']); // its clock is today's: only the list deletes
    const reply = await fetch(`http://127.0.0.1:${second.port}/v1/records/${soon.id}`, { headers: { Authorization: `Bearer ${node.tokens.bureau}`, 'Bureau-Purpose': 'investigate' } });
    assert.equal(reply.status, 410);
    assert.deepEqual(holders(restored, soon.mark), []);
    assert.ok(holders(restored, late.mark).length > 0);
    await second.stop();
  }],
];

const failed = await runTests('retention', tests);
await node.stop();
removeDirectory(outside);
process.exit(failed ? 1 : 0);
