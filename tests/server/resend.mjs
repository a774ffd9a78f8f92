// SPDX-License-Identifier: Apache-2.0
// A country's data set sent anew in full: preview, the bound on what may go, old data there until the end, a second officer who releases
// what was held, and undone. By the template of whichever database takes it; nothing here names one.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Node, command, newDirectory, purpose, removeDirectory, runTests } from './node.mjs';

const writer = ['--country', 'UTO', '--role', 'national-bureau', '--unit', 'UTO/ncb', '--may', 'write', '--purpose', purpose];
const node = await Node.start({ officers: { first: writer, second: writer, other: ['--country', 'FRA', '--role', 'national-bureau', '--unit', 'FRA/ncb', '--may', 'write', '--purpose', purpose] } });
const outside = newDirectory();
const run = (as, ...words) => { process.env.BUREAU_TOKEN = node.tokens[as]; try { return command(node.data, [...words, '--json']); } finally { delete process.env.BUREAU_TOKEN; } };
const quoted = (value) => (/[",\n]/.test(String(value)) ? `"${String(value).replaceAll('"', '""')}"` : String(value));

// The columns of the template that its example fills with plain values.
async function kindOf(name) {
  const { data } = await node.call('GET', `/v1/databases/${name}`);
  const { text } = await node.call('GET', `/v1/databases/${name}/template`);
  const heading = text.replace(/^\ufeff/, '').split(/\r?\n/).find((line) => line && !line.startsWith('#'));
  const separator = heading.includes(';') ? ';' : ',';
  const known = heading.split(separator).map((column) => column.replaceAll('"', '').trim());
  const fields = data.examples[0].body.fields;
  const plain = (value) => (Array.isArray(value) ? (value.length === 1 ? plain(value[0]) : null) : typeof value === 'object' ? null : value);
  const own = data.fields.find((field) => field.type === 'text' && !field.many && !field.fixed && known.includes(field.name));
  if (!own) return null;
  const values = Object.entries(fields).filter(([key, value]) => known.includes(key) && plain(value) !== null && key !== own.name).map(([key, value]) => [key, plain(value)]);
  return { name, own: own.name, values };
}
const file = (name, text) => { const path = join(outside, name); writeFileSync(path, text); return path; };
const rows = (kind, list) => [[...kind.values.map(([key]) => key), kind.own, '@ref'].join(','), ...list.map(([ref, words]) => [...kind.values.map(([, value]) => quoted(value)), quoted(words), ref].join(','))].join('\n') + '\n';
const some = (count, from = 1) => Array.from({ length: count }, (_, i) => [`N-${from + i}`, `number ${from + i}`]);
async function choose() {
  for (const { name } of (await node.call('GET', '/v1/databases')).data) {
    const kind = await kindOf(name);
    if (!kind) continue;
    const tried = run('first', 'import', name, file('try.csv', rows(kind, some(2))), '--owner', 'UTO', '--dry-run').json;
    if (tried?.records?.[name]?.new === 2) return kind;
  }
  throw new Error('no template takes its own example');
}
const kind = await choose();
const send = (as, list, ...words) => run(as, 'import', kind.name, file('set.csv', rows(kind, list)), '--owner', 'UTO', ...words).json;
const stateOf = async (ref) => (await node.call('GET', `/v1/references/${kind.name}:UTO/${ref}`, undefined, { as: 'first' })).data.state;
const counts = (report) => { const { new: made, changed, gone } = report.records[kind.name]; return [made, changed, gone]; };
let held;

const failed = await runTests('resend', [
  ['the set as it is held', async () => {
    assert.equal(send('first', some(20)).state, 'applied');
    assert.equal(await stateOf('N-20'), 'active');
  }],
  ['a preview says what would come, change and go, and changes nothing', async () => {
    const next = [...some(17), ['N-17', 'a duplicate'], ['N-99', 'new']];
    const preview = send('first', [...some(16), ['N-17', 'another'], ['N-99', 'new']], '--full', '--dry-run');
    assert.equal(preview.state, 'would be held', JSON.stringify(preview.expectations));
    assert.deepEqual(counts(preview), [1, 1, 3]);
    assert.deepEqual([await stateOf('N-18'), await stateOf('N-17')], ['active', 'active']);
    assert.equal(send('first', next, '--full', '--dry-run').refused_rows, 1, 'what comes twice is said');
    assert.equal(run('other', 'import', kind.name, join(outside, 'set.csv'), '--owner', 'UTO', '--full', '--dry-run').code, 2, 'only for one\'s own');
  }],
  ['more than the bound is held: all of it is there, and a second officer is asked', async () => {
    const report = send('first', [...some(16), ['N-17', 'another'], ['N-99', 'new']], '--full');
    assert.equal(report.state, 'held');
    for (const ref of ['N-18', 'N-20', 'N-17']) assert.equal(await stateOf(ref), 'active');
    const { proposals } = (await node.call('GET', '/v1/approvals', undefined, { as: 'second' })).data;
    [held] = proposals;
    assert.deepEqual([held.kind, held.needs, held.officer, held.yours], ['import', ['screen'], 'first', true]);
    assert.match(held.why.join(), /withdrawn: 0\.15/);
    assert.equal((await node.call('POST', `/v1/approvals/${held.id}/approve`, undefined, { as: 'first' })).status, 403);
    assert.equal((await node.call('POST', `/v1/approvals/${held.id}/approve`, undefined, { as: 'other' })).status, 404);
  }],
  ['released, what was not sent again is withdrawn at the end', async () => {
    const done = await node.call('POST', `/v1/approvals/${held.id}/approve`, undefined, { as: 'second' });
    assert.equal(done.status, 200, done.text);
    let job;
    do job = (await node.call('GET', `/v1/jobs/${done.data.job}?wait=5`, undefined, { as: 'second' })).data; while (['running', 'waiting'].includes(job.state));
    assert.equal(job.result.state, 'applied', JSON.stringify(job.error));
    assert.deepEqual(counts(job.result), [1, 1, 3]);
    assert.deepEqual([await stateOf('N-16'), await stateOf('N-18'), await stateOf('N-99')], ['active', 'cancelled', 'active']);
  }],
  ['undone, it is as it was', async () => {
    const undone = run('second', 'import', 'undo', held.record).json;
    assert.deepEqual([undone.erased, undone.restored, undone.reinstated, undone.conflict_count], [1, 1, 3, 0], JSON.stringify(undone));
    assert.deepEqual([await stateOf('N-18'), await stateOf('N-20')], ['active', 'active']);
    assert.equal((await node.call('GET', `/v1/references/${kind.name}:UTO/N-99`, undefined, { as: 'second' })).status, 404);
    assert.equal(run('second', 'import', 'undo', held.record).code, 2, 'once');
  }],
  ['within the bound that was stated nobody is asked', async () => {
    const report = send('first', some(18), '--full', '--drop-limit', '10');
    assert.equal(report.state, 'applied', JSON.stringify(report.expectations));
    assert.deepEqual(counts(report), [0, 0, 2]);
    assert.equal(await stateOf('N-19'), 'cancelled');
    assert.equal(send('first', some(20), '--full').state, 'applied', 'and they come back');
    assert.equal(await stateOf('N-19'), 'active');
  }],
]);
await node.stop();
removeDirectory(outside);
process.exit(failed ? 1 : 0);
