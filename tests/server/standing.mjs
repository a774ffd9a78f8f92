// SPDX-License-Identifier: Apache-2.0
// Questions that wait: asked by one officer, allowed by another of the national bureau, met by records that come later, shown to
// the asker as far as he may see them at that moment, and to nobody else. What was only searched for is never met. Two countries;
// nothing here names a database or a field.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { Node, command, completed, eventually, runTests, startServer } from './node.mjs';

const P = ['--purpose', 'investigate', '--purpose', 'border-control'];
const node = await Node.start({
  officers: {
    asker: ['--country', 'FRA', '--role', 'investigator', '--unit', 'FRA/crime', ...P],
    colleague: ['--country', 'FRA', '--role', 'investigator', '--unit', 'FRA/crime', ...P],
    paris: ['--country', 'FRA', '--role', 'national-bureau', '--unit', 'FRA/ncb', '--may', 'write', ...P],
    paris2: ['--country', 'FRA', '--role', 'national-bureau', '--unit', 'FRA/ncb', ...P],
    auditor: ['--country', 'FRA', '--role', 'auditor', '--unit', 'FRA/audit', '--may', 'audit', '--purpose', 'audit'],
  },
});
const call = (method, path, body, as = 'asker', headers = {}) => node.call(method, path, body, { as, headers });
const day = (days) => new Date(Date.now() + days * 86400e3).toISOString().slice(0, 10);
const databases = (await call('GET', '/v1/databases', undefined, 'bureau')).data;

// A database with a document number that anything fits: its name, and how a record with this number looks.
async function numbered() {
  for (const { name } of databases) {
    const { data: database } = await node.call('GET', `/v1/databases/${name}`);
    const field = database.fields.find((one) => one.meaning === 'document-number' && one.type === 'document-number' && one.required);
    if (field) return { name, field, example: database.examples[0].body };
  }
  throw new Error('no database of documents');
}
const target = await numbered();
let made = 0;
const fresh = () => `QZ${String(4000000 + made++ * 7349)}`;
async function enter(number, envelope = {}) {
  const body = completed(target.example);
  body.fields = { ...body.fields, [target.field.name]: target.field.many ? [number] : number };
  body.envelope = { ...body.envelope, owner: 'UTO', unit: 'UTO/ncb', test: false, ref: `s-${++made}`, ...envelope };
  const reply = await call('POST', `/v1/records/${target.name}`, body, 'bureau');
  assert.equal(reply.status, 201, reply.text);
  return reply.data.id;
}
const ask = (number, more = {}, as = 'asker') => call('POST', '/v1/standing', { fields: { 'document-number': number }, until: day(60), reference: 'C-118', ...more }, as);
const approve = (id, as = 'paris') => call('POST', `/v1/standing/${id}/approve`, undefined, as);
const list = async (as = 'asker') => (await call('GET', '/v1/standing', undefined, as)).data.queries;
// What was asked is listed once the thread that follows the feed has come to it.
const listed = (id, isSo = () => true) => eventually(async () => (await list()).find((one) => one.id === id && isSo(one)), 'it in the list');
const hitsOf = async (id, as = 'asker') => (await list(as)).find((one) => one.id === id)?.hits.map((one) => one.hit.id);
async function asked(number, more) {
  const { data } = await ask(number, more);
  assert.equal((await approve(data.id)).status, 200);
  return data.id;
}
// Something known to match, entered last: when it is shown, everything before has been held against what stands.
const markers = Array.from({ length: 15 }, fresh);
const marking = await asked(markers);
let marks = 0;
async function settled() {
  let { seen } = (await call('GET', '/v1/standing')).data;
  await enter(markers[marks++]);
  await eventually(async () => {
    const { data } = await call('GET', `/v1/standing?wait=5&seen=${encodeURIComponent(seen)}`);
    seen = data.seen;
    return (await hitsOf(marking)).length >= marks;
  }, 'the marker');
}

const tests = [
  ['a question has a case, an end, a number, and a second officer', async () => {
    const number = fresh();
    assert.equal((await ask(number, { until: day(91) })).status, 422);
    assert.equal((await ask(number, { until: day(-1) })).status, 422);
    assert.equal((await ask(number, { reference: undefined })).status, 422);
    assert.equal((await ask(number, { reference: undefined }, 'asker')).data.field, 'reference');
    assert.equal((await call('POST', '/v1/standing', { fields: { name: 'Ivan Petrov' }, until: day(60), reference: 'C-1' })).status, 422);
    assert.equal((await ask(number, { databases: ['none-such'] })).status, 422);
    const { status, data } = await ask(number);
    assert.equal(status, 201);
    assert.equal((await listed(data.id)).state, 'waiting');
    assert.equal((await approve(data.id, 'asker')).status, 403);
    for (const as of ['colleague', 'bureau']) assert.equal((await approve(data.id, as)).status, 404, as);
    const own = (await ask(fresh(), {}, 'paris')).data.id;
    assert.equal((await approve(own, 'paris')).status, 403, 'nobody approves his own');
    assert.equal((await approve(own, 'paris2')).status, 200);
    assert.equal((await approve(own, 'paris2')).status, 409);
    await enter(number);
    await settled();
    assert.deepEqual(await hitsOf(data.id), [], 'nothing before it is approved');
  }],
  ['a new record is met, once, and shown to the asker alone', async () => {
    const [number, held] = [fresh(), fresh()];
    const before = await enter(held);
    const id = await asked([number, held]);
    const after = await enter(number);
    await settled();
    assert.deepEqual(await hitsOf(id), [after], 'what was there before is found by a search');
    for (const one of [after, before]) {
      const record = await call('GET', `/v1/records/${one}`, undefined, 'bureau');
      record.data.body.envelope.legal_basis = 'corrected';
      assert.equal((await call('PUT', `/v1/records/${one}`, record.data.body, 'bureau', { 'If-Match': record.headers.get('etag') })).status, 200);
    }
    await settled();
    assert.deepEqual(await hitsOf(id), [before, after], 'corrected: met once each');
    const shown = (await list()).find((one) => one.id === id).hits[1];
    assert.equal(shown.hit.owner, 'UTO');
    assert.deepEqual(await hitsOf(id, 'paris'), [], 'the bureau sees the question, not what it met');
    assert.equal(await hitsOf(id, 'colleague'), undefined);
    assert.equal(await hitsOf(id, 'bureau'), undefined);
  }],
  ['what he may not see is not there: not met, not counted, nowhere', async () => {
    const [closed, open] = [fresh(), fresh()];
    const [first, second] = [await asked(closed), await asked(open)];
    await enter(closed, { deny: ['FRA'] });
    const seen = await enter(open);
    await settled();
    assert.deepEqual(await hitsOf(first), []);
    assert.deepEqual(await hitsOf(second), [seen]);
    const log = command(node.data, ['audit', 'show', '--max', '500', '--json']).json;
    assert.ok(!log.some((one) => JSON.stringify(one.entry ?? '').includes(`{"standing":"${first}"}`) && JSON.stringify(one.entry).includes('met')), 'nor on the log of the asker');
    const record = (await call('GET', `/v1/records/${seen}`, undefined, 'bureau'));
    const body = record.data.body;
    body.envelope.deny = ['FRA'];
    assert.equal((await call('PUT', `/v1/records/${seen}`, body, 'bureau', { 'If-Match': record.headers.get('etag') })).status, 200);
    assert.deepEqual(await hitsOf(second), [], 'closed to him since');
  }],
  ['a match is on the log with its asker, purpose and record', async () => {
    const number = fresh();
    const id = await asked(number);
    const record = await enter(number);
    await settled();
    const entries = command(node.data, ['audit', 'show', '--record', record, '--json']).json;
    const entry = entries.find((one) => JSON.stringify(one.entry ?? '').includes('standing query met'));
    assert.ok(entry, JSON.stringify(entries));
    assert.ok(JSON.stringify(entry.entry).includes('"asker"') && JSON.stringify(entry.entry).includes('investigate') && JSON.stringify(entry.entry).includes(id));
  }],
  ['a long poll is told', async () => {
    const number = fresh();
    await asked(number);
    const { seen } = (await call('GET', '/v1/standing')).data;
    const waiting = call('GET', `/v1/standing?wait=30&seen=${encodeURIComponent(seen)}`);
    const id = await enter(number);
    const told = (await waiting).data;
    assert.ok(told.queries.some((one) => one.hits.some((hit) => hit.hit.id === id)));
  }],
  ['renewed by the asker, allowed anew; ended and gone', async () => {
    const id = await asked(fresh(), { until: day(5) });
    assert.equal((await call('POST', `/v1/standing/${id}/renew`, { until: day(91) })).status, 422);
    assert.equal((await call('POST', `/v1/standing/${id}/renew`, { until: day(80) }, 'paris')).status, 403);
    assert.equal((await call('POST', `/v1/standing/${id}/renew`, { until: day(80) })).status, 200);
    const now = await listed(id, (one) => one.state === 'renewal');
    assert.deepEqual([now.state, now.until, now.asked_until], ['renewal', day(5), day(80)]);
    assert.equal((await approve(id)).status, 200);
    await listed(id, (one) => one.until === day(80));
    const done = command(node.data, ['standing', 'list', '--json']);
    assert.equal(done.code, 0, done.err);
    assert.equal((await call('DELETE', `/v1/standing/${id}`, undefined, 'colleague')).status, 404);
    assert.equal((await call('DELETE', `/v1/standing/${id}`)).status, 200);
    await eventually(async () => await hitsOf(id) === undefined, 'its end');
    assert.equal((await approve(id)).status, 404);
  }],
  ['what was entered while the node did not look is met after a restart', async () => {
    const number = fresh();
    const id = await asked(number);
    const kept = await hitsOf(marking);
    const record = await enter(number);
    await node.running.stop();
    node.running = await startServer(node.data, ['--rate', '0']);
    await settled();
    assert.deepEqual(await hitsOf(id), [record]);
    assert.deepEqual((await hitsOf(marking)).slice(-kept.length), kept);
  }],
  ['what nobody saved is never met: the log of searches leads to nothing', async () => {
    const number = fresh();
    for (const as of ['asker', 'paris']) assert.equal((await call('POST', '/v1/search', { fields: { 'document-number': number }, purpose: 'investigate' }, as)).status, 200);
    const before = JSON.stringify(await list());
    const record = await enter(number);
    await settled();
    assert.ok(!JSON.stringify(await list()).includes(record));
    assert.ok(!JSON.stringify(await list('paris')).includes(record));
    assert.ok(before.length > 0);
    for (const module of ['standing', 'index', 'keep']) { // nor could it: no code of these reaches the log
      const symbols = execFileSync('sh', ['-c', `nm -u build/release/src/${module}/*.o`], { encoding: 'utf8' });
      assert.doesNotMatch(symbols, /\bU audit_/, module);
    }
  }],
];

const failed = await runTests('standing', tests);
await node.stop();
process.exit(failed ? 1 : 0);
