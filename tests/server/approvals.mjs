// SPDX-License-Identifier: Apache-2.0
// Gates on what members write: pre-approval by the hub, four eyes, screens of single records and of imports, full re-sends; and
// measures on every way of writing. The definitions are the project's own, one of them made stricter; nothing here names a
// database or a field.
import assert from 'node:assert/strict';
import { appendFileSync, cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Contract } from './contract.mjs';
import { Node, command, completed, newDirectory, purpose, removeDirectory, runTests } from './node.mjs';

const LEAST = 6;
const outside = newDirectory();
const home = join(outside, 'home');
mkdirSync(home);
for (const part of ['codes', 'databases', 'system', 'tickets', 'formats']) cpSync(join(process.env.BUREAU_HOME || '.', part), join(home, part), { recursive: true });
process.env.BUREAU_HOME = home;

// Three databases that have a plain text of their own and no unique rule: one for pre-approval, one with four eyes, one with screens.
// The renamed catalog is written as JSON, which is YAML as well.
function choose() {
  const found = [];
  for (const file of readdirSync(join(home, 'databases'))) {
    const text = readFileSync(join(home, 'databases', file), 'utf8');
    const json = text.startsWith('{') ? JSON.parse(text) : null;
    const field = json ? Object.entries(json.fields).find(([, one]) => one.type === 'text' && !one.list && !one.fixed)?.[0] : /^ {2}(\w+): +\{type: text(?!.*list: yes)(?!.*fixed)/m.exec(text)?.[1];
    const isUnique = json ? json.unique : /^unique:/m.test(text);
    const name = json ? json.definition : /^definition: (\S+)/m.exec(text)[1];
    if (field && !isUnique) found.push({ file: join(home, 'databases', file), name, text: field });
  }
  return found;
}
function add(kind, more) {
  const text = readFileSync(kind.file, 'utf8');
  if (text.startsWith('{')) writeFileSync(kind.file, JSON.stringify({ ...JSON.parse(text), ...more }, null, 1));
  else writeFileSync(kind.file, `${text.replace(/^screen:.*\n/m, '')}\n${Object.entries(more).map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`).join('')}`);
}
const [plain, strict, screened] = choose();
add(strict, { approval: 'four-eyes' });
add(screened, { screen: { withdrawn: '10', changed: '50', refused: '30', volume: '3', burst: { field: screened.text, percent: '60' }, least: String(LEAST) } });

const writer = (unit, country = 'UTO') => ['--country', country, '--role', 'national-bureau', '--unit', unit, '--may', 'write', '--purpose', purpose];
const node = await Node.start({
  officers: {
    second: writer('UTO/ncb'),
    reader: ['--country', 'UTO', '--role', 'analyst', '--unit', 'UTO/ncb', '--purpose', purpose],
    paris: writer('FRA/ncb', 'FRA'), lyon: writer('FRA/ncb', 'FRA'),
    hub: ['--country', 'XPO', '--role', 'compliance', '--unit', 'XPO/hub', '--purpose', purpose],
    cour: ['--country', 'FRA', '--role', 'auditor', '--unit', 'FRA/ncb'],
    log: ['--country', 'XPO', '--role', 'auditor', '--unit', 'XPO/hub'],
    head: ['--country', 'XPO', '--role', 'administrator', '--unit', 'XPO/hub'],
    elsewhere: writer('NPL/ncb', 'NPL'),
  },
});
assert.equal(node.command(['unit', 'add', 'XPO/hub', '--country', 'XPO', '--name', 'Hub', '--level', 'hub']).code, 0);
const contract = new Contract((await node.call('GET', '/openapi.json')).data);
const call = async (method, path, body, as = 'bureau', headers = {}) => contract.check(method, path, await node.call(method, path, body, { as, headers }));
const asOfficer = (words, as) => { process.env.BUREAU_TOKEN = node.tokens[as]; try { return command(node.data, words); } finally { delete process.env.BUREAU_TOKEN; } };

let made = 0;
const bodies = {};
async function body(kind, owner = 'UTO', more = {}) {
  bodies[kind.name] ||= completed((await node.call('GET', `/v1/databases/${kind.name}`)).data.examples[0].body);
  const mark = `Zq${String(++made).padStart(4, '0')}wxkvj`;
  const made_of = structuredClone(bodies[kind.name]);
  made_of.envelope = { ...made_of.envelope, owner, unit: `${owner}/ncb`, test: false, ref: `r-${mark}`, ...more };
  made_of.fields = { ...made_of.fields, [kind.text]: more.text ?? `${mark} seen` };
  delete made_of.envelope.text;
  return { mark, body: made_of };
}
const enter = async (kind, owner, as, more) => { const one = await body(kind, owner, more); return { ...one, reply: await call('POST', `/v1/records/${kind.name}`, one.body, as) }; };
const waiting = async (as) => (await call('GET', '/v1/approvals', undefined, as)).data.proposals;
const decided = async (as) => (await call('GET', '/v1/approvals?state=decided', undefined, as)).data.proposals;
const approve = (id, as) => call('POST', `/v1/approvals/${id}/approve`, undefined, as);
const refuse = (id, as, more) => call('POST', `/v1/approvals/${id}/refuse`, more, as);
const byReference = (kind, one, as) => call('GET', `/v1/references/${kind.name}:${one.body.envelope.owner}/${one.body.envelope.ref}`, undefined, as);
function lines(name, ...all) {
  const path = join(outside, name);
  writeFileSync(path, all.map((one) => `${JSON.stringify({ database: one.kind.name, ...one.body })}\n`).join(''));
  return path;
}
const measure = async (kind, country, ...databases) => (await call('POST', '/v1/measures', { country, kind, reason: 'a test of gates', ...(databases.length ? { databases } : {}), ...(kind === 'rate-limit' ? { rate: 1 } : {}) }, 'head')).data;
const lift = async (one) => assert.equal((await call('DELETE', `/v1/measures/${one.id}`, undefined, 'head')).status, 204);
function holders(mark) {
  return readdirSync(node.data, { withFileTypes: true, recursive: true }).filter((entry) => entry.isFile() && readFileSync(join(entry.parentPath || entry.path, entry.name)).includes(mark)).map((entry) => entry.name);
}

let measured;
const failed = await runTests('approvals', [
  ['a member under pre-approval writes what waits for the hub', async () => {
    measured = await measure('pre-approval', 'FRA', plain.name);
    const one = await enter(plain, 'FRA', 'paris');
    assert.equal(one.reply.status, 202, one.reply.text);
    assert.deepEqual(one.reply.data.needs, ['pre-approval']);
    assert.equal((await byReference(plain, one, 'paris')).status, 404, 'not made yet');
    const id = one.reply.data.waiting;
    assert.deepEqual((await waiting('paris')).map((p) => [p.id, p.own, p.yours]), [[id, true, false]], 'its writer sees that it waits');
    assert.deepEqual((await waiting('hub')).map((p) => [p.id, p.own, p.yours]), [[id, false, true]]);
    assert.deepEqual(await waiting('bureau'), []);
    for (const as of ['bureau', 'elsewhere', 'reader']) {
      const never = id.replace(/.$/, (c) => (c === 'Z' ? 'Y' : 'Z'));
      const no = await call('GET', `/v1/approvals/${id}`, undefined, as);
      assert.equal(no.status, 404);
      assert.equal(no.text, (await call('GET', `/v1/approvals/${never}0`, undefined, as)).text);
      assert.equal((await approve(id, as)).status, 404);
    }
    for (const as of ['paris', 'lyon']) assert.equal((await approve(id, as)).status, 403, 'the country itself cannot');
    const seen = (await call('GET', `/v1/approvals/${id}`, undefined, 'hub')).data;
    assert.equal(seen.contents.fields[plain.text], one.body.fields[plain.text]);
    const done = await approve(id, 'hub');
    assert.equal(done.data.outcome, 'applied', done.text);
    const now = await byReference(plain, one, 'paris');
    assert.deepEqual(now.data.body, seen.contents, 'exactly as it was entered');
    assert.equal((await call('GET', `/v1/records/${now.data.id}/history`, undefined, 'paris')).data[0].officer, 'paris');
    assert.equal((await approve(id, 'hub')).status, 409, 'once');
    assert.deepEqual((await decided('paris')).map((p) => [p.id, p.outcome, p.decided_by]), [[id, 'applied', 'hub']]);
  }],
  ['corrections, states, extensions and deletions wait as well', async () => {
    const one = await enter(plain, 'FRA', 'paris');
    await approve(one.reply.data.waiting, 'hub');
    const { data: record } = await byReference(plain, one, 'paris');
    const path = `/v1/records/${record.id}`;
    const next = structuredClone(record.body);
    next.fields[plain.text] = 'corrected';
    const put = await call('PUT', path, next, 'paris', { 'If-Match': '"1"' });
    const state = await call('POST', `${path}/state`, { state: 'suspended', reason: 'in doubt' }, 'paris');
    const extended = await call('POST', `${path}/extend`, { review_on: new Date(Date.now() + 400 * 86400e3).toISOString().slice(0, 10), reason: 'the trial goes on' }, 'paris');
    const gone = await call('DELETE', `${path}?reason=withdrawn`, undefined, 'paris', { 'If-Match': '"1"' });
    for (const reply of [put, state, extended, gone]) assert.equal(reply.status, 202, reply.text);
    assert.deepEqual((await waiting('paris')).map((p) => p.kind).sort(), ['correct', 'correct', 'delete', 'state']);
    assert.equal((await call('GET', path, undefined, 'paris')).data.version, 1);
    assert.equal((await call('GET', `/v1/approvals/${put.data.waiting}`, undefined, 'hub')).data.held.fields[plain.text], record.body.fields[plain.text]);
    assert.equal((await approve(put.data.waiting, 'hub')).data.version, 2);
    const late = await approve(state.data.waiting, 'hub');
    assert.equal(late.status, 412, 'it was meant for another version');
    assert.equal((await refuse(state.data.waiting, 'hub', { reason: 'nonsense' })).status, 422);
    assert.equal((await refuse(state.data.waiting, 'hub', { reason: 'other' })).status, 422, 'words are needed');
    assert.equal((await refuse(state.data.waiting, 'lyon', { reason: 'quality' })).status, 403);
    assert.equal((await refuse(state.data.waiting, 'hub', { reason: 'not-current', words: 'it was corrected' })).data.outcome, 'refused');
    const told = (await decided('paris')).find((p) => p.id === state.data.waiting);
    assert.deepEqual([told.outcome, told.refusal, told.words, told.decided_by], ['refused', 'not-current', 'it was corrected', 'hub']);
    assert.equal((await call('DELETE', `/v1/approvals/${extended.data.waiting}`, undefined, 'lyon')).status, 403, 'not his');
    assert.equal((await call('DELETE', `/v1/approvals/${extended.data.waiting}`, undefined, 'paris')).data.outcome, 'withdrawn');
    assert.equal((await refuse(gone.data.waiting, 'hub', { reason: 'court-order' })).status, 200);
    const again = await call('DELETE', `${path}?reason=withdrawn`, undefined, 'paris', { 'If-Match': '"2"' });
    assert.equal((await approve(again.data.waiting, 'hub')).data.outcome, 'applied');
    assert.equal((await call('GET', path, undefined, 'paris')).status, 410);
    assert.equal((await call('GET', `/v1/certificates/${record.id}`, undefined, 'paris')).status, 200, 'with its certificate');
  }],
  ['what is refused is kept nowhere', async () => {
    const one = await enter(plain, 'FRA', 'paris');
    assert.ok(holders(one.mark).length > 0);
    await refuse(one.reply.data.waiting, 'hub', { reason: 'no-legal-basis' });
    assert.equal(node.command(['index', 'merge']).code, 0); // a scrub goes with it
    assert.deepEqual(holders(one.mark), []);
  }],
  ['a file of a member under pre-approval is held, by whoever it is sent', async () => {
    const one = await body(plain, 'FRA');
    const file = lines('fra.ndjson', { kind: plain, body: one.body });
    for (const as of ['paris', '']) {
      const done = asOfficer(['import', 'bureau-ndjson', file, '--owner', 'FRA', '--json'], as || 'none');
      const held = as ? done : command(node.data, ['import', 'bureau-ndjson', file, '--owner', 'FRA', '--json']);
      assert.equal(held.json.state, 'held', held.err);
    }
    assert.equal((await byReference(plain, one, 'paris')).status, 404);
    const [byMachine, byParis] = await waiting('hub');
    assert.deepEqual([byMachine.officer, byParis.officer, byParis.kind, byParis.record.length > 0], ['local', 'paris', 'import', true]);
    assert.equal((await approve(byParis.id, 'lyon')).status, 403);
    appendFileSync(file, '\n');
    assert.equal((await approve(byParis.id, 'hub')).status, 409, 'the file was changed');
    lines('fra.ndjson', { kind: plain, body: one.body });
    const done = await approve(byParis.id, 'hub');
    assert.ok(done.data.job, done.text);
    for (let state = 'running'; state === 'running' || state === 'waiting';) ({ state } = (await call('GET', `/v1/jobs/${done.data.job}?wait=5`, undefined, 'hub')).data);
    assert.equal((await byReference(plain, one, 'paris')).status, 200);
    const batch = (await call('GET', `/v1/imports/${byParis.record}`, undefined, 'paris')).data;
    assert.equal(batch.state, 'applied', 'under its old number');
    await refuse(byMachine.id, 'hub', { reason: 'duplicate' });
    const undo = await call('POST', `/v1/imports/${byParis.record}/undo`, undefined, 'paris');
    assert.equal(undo.status, 202);
    assert.deepEqual(undo.data.needs, ['pre-approval'], undo.text);
    const undone = await approve(undo.data.waiting, 'hub');
    for (let state = 'running'; state === 'running' || state === 'waiting';) ({ state } = (await call('GET', `/v1/jobs/${undone.data.job}?wait=5`, undefined, 'hub')).data);
    assert.notEqual((await byReference(plain, one, 'paris')).status, 200);
    await lift(measured);
    assert.equal((await enter(plain, 'FRA', 'paris')).reply.status, 201, 'lifted');
  }],
  ['four eyes: a second officer of the owner, and never oneself', async () => {
    const one = await enter(strict, 'UTO', 'bureau');
    assert.equal(one.reply.status, 202, one.reply.text);
    assert.deepEqual(one.reply.data.needs, ['four-eyes']);
    const id = one.reply.data.waiting;
    assert.equal((await approve(id, 'bureau')).status, 403, 'himself');
    assert.equal((await approve(id, 'reader')).status, 404, 'he keeps no records');
    assert.equal((await approve(id, 'hub')).status, 404, 'not his to decide');
    assert.equal((await approve(id, 'paris')).status, 404);
    const byMachine = command(node.data, ['approval', 'approve', id]);
    assert.equal(byMachine.code, 2, 'the machine is no officer of the owner');
    assert.equal((await approve(id, 'second')).data.outcome, 'applied');
    const { data: record } = await byReference(strict, one, 'second');
    assert.equal((await call('POST', `/v1/records/${record.id}/state`, { state: 'suspended' }, 'second')).status, 202);
    const file = lines('strict.ndjson', { kind: strict, body: (await body(strict)).body });
    const held = command(node.data, ['import', 'bureau-ndjson', file, '--owner', 'UTO', '--json']);
    assert.equal(held.json.state, 'held', held.err);
    const own = (await waiting('bureau')).find((p) => p.kind === 'import');
    const done = asOfficer(['approval', 'approve', own.id], 'bureau');
    assert.equal(done.code, 0, done.err);
  }],
  ['a measure and four eyes need both words', async () => {
    const both = await measure('pre-approval', 'UTO', strict.name);
    const one = await enter(strict, 'UTO', 'bureau');
    assert.deepEqual(one.reply.data.needs, ['pre-approval', 'four-eyes']);
    const id = one.reply.data.waiting;
    assert.equal((await approve(id, 'hub')).data.outcome, 'waiting');
    assert.equal((await approve(id, 'hub')).status, 403, 'his word is given');
    assert.equal((await byReference(strict, one, 'bureau')).status, 404);
    assert.deepEqual((await waiting('second')).find((p) => p.id === id).approvals.map((a) => [a.need, a.given_by]), [['pre-approval', 'hub']]);
    assert.equal((await approve(id, 'second')).data.outcome, 'applied');
    assert.equal((await byReference(strict, one, 'bureau')).status, 200);
    await lift(both);
  }],
  ['new records that nearly all say the same wait', async () => {
    const held = [];
    for (let i = 0; i < LEAST + 2; i++) held.push((await enter(screened, 'UTO', 'bureau', { text: 'the same' })).reply);
    assert.deepEqual(held.map((r) => r.status), [...Array(LEAST - 1).fill(201), 202, 202, 202]);
    assert.deepEqual(held.at(-1).data.needs, ['screen']);
    assert.match(held.at(-1).data.why[0], /new records today/);
    assert.equal((await enter(screened, 'FRA', 'paris', { text: 'the same' })).reply.status, 201, 'others are not held to it');
    assert.equal((await approve(held.at(-1).data.waiting, 'bureau')).status, 403);
    assert.equal((await approve(held.at(-1).data.waiting, 'second')).data.outcome, 'applied');
    assert.equal((await approve(held.at(-2).data.waiting, 'hub')).data.outcome, 'applied', 'the hub may release as well');
    assert.equal((await refuse(held.at(-3).data.waiting, 'second', { reason: 'duplicate' })).status, 200);
  }],
  ['imports are screened against what their owner holds', async () => {
    const first = [];
    for (let i = 0; i < 20; i++) first.push({ kind: screened, body: (await body(screened, 'NPL')).body });
    const load = (name, all, ...words) => asOfficer(['import', 'bureau-ndjson', lines(name, ...all), '--owner', 'NPL', '--json', ...words], 'elsewhere');
    assert.equal(load('first.ndjson', first).json.state, 'applied', 'a first load has nothing to be compared with');
    const some = first.slice(0, 5).map((one) => ({ ...one, body: { ...one.body, fields: { ...one.body.fields, [screened.text]: 'changed' } } }));
    assert.equal(load('some.ndjson', some).json.state, 'applied', 'a quarter is within bounds');
    const most = first.slice(0, 12).map((one, i) => ({ ...one, body: { ...one.body, fields: { ...one.body.fields, [screened.text]: `changed ${i}` } } }));
    for (const words of [[], ['--accept']]) {
      const held = load('most.ndjson', most, ...words);
      assert.equal(held.json.state, 'held', 'nobody accepts his own');
    }
    const [proposal] = await waiting('elsewhere');
    assert.deepEqual(proposal.needs, ['screen']);
    assert.match(proposal.why.join(), /changed 12 of 20; 50 percent/);
    const odd = [];
    for (let i = 0; i < 8; i++) odd.push({ kind: screened, body: (await body(screened, 'NPL', { text: i < 6 ? 'one group' : `other ${i}` })).body });
    assert.equal(load('odd.ndjson', odd).json.state, 'held');
    assert.match((await waiting('elsewhere'))[0].why.join(), /one group/);
    const dry = load('odd.ndjson', odd, '--dry-run').json;
    assert.equal(dry.state, 'would be held');
    for (const p of await waiting('elsewhere')) await call('DELETE', `/v1/approvals/${p.id}`, undefined, 'elsewhere');
  }],
  ['measures count on every way of writing', async () => {
    const one = await enter(plain, 'FRA', 'paris');
    const { data: record } = await byReference(plain, one, 'paris');
    const path = `/v1/records/${record.id}`;
    const another = (await body(plain, 'FRA')).body;
    const file = lines('measured.ndjson', { kind: plain, body: another });
    const ways = {
      create: () => call('POST', `/v1/records/${plain.name}`, another, 'paris'),
      correct: () => call('PUT', path, record.body, 'paris', { 'If-Match': '"1"' }),
      state: () => call('POST', `${path}/state`, { state: 'suspended' }, 'paris'),
      extend: () => call('POST', `${path}/extend`, { review_on: new Date(Date.now() + 400 * 86400e3).toISOString().slice(0, 10), reason: 'x' }, 'paris'),
      remove: () => call('DELETE', path, undefined, 'paris', { 'If-Match': '"1"' }),
    };
    for (const [kind, databases] of [['read-only', [plain.name]], ['suspended', [plain.name]], ['read-only', []], ['suspended', []]]) {
      const now = await measure(kind, 'FRA', ...databases);
      for (const [name, way] of Object.entries(ways)) assert.ok([403, 404].includes((await way()).status), `${kind}: ${name}`);
      for (const as of ['paris', '']) {
        const words = ['import', 'bureau-ndjson', file, '--owner', 'FRA', '--json'];
        const done = as ? asOfficer(words, as) : command(node.data, words);
        assert.equal(done.code, 2, `${kind}: import ${as || 'at the machine'}`);
        assert.match(done.err, /measure|suspended/);
      }
      if (!databases.length) assert.equal((await node.call('POST', '/v1/photographs', new Uint8Array(9), { as: 'paris' })).status, 403, `${kind}: photograph`);
      const read = (await call('GET', path, undefined, 'paris')).status;
      const searched = (await call('POST', '/v1/search', { text: record.body.envelope.ref, databases: [plain.name], purpose }, 'paris'));
      const asked = await call('POST', '/v1/standing', { fields: { 'document-number': 'L898902C3' }, databases: [plain.name], until: new Date(Date.now() + 86400e3).toISOString().slice(0, 10), reference: 'c 1' }, 'paris');
      if (kind === 'suspended') {
        assert.ok(searched.status === 403 || searched.data.databases.every((d) => d.name !== plain.name || d.result !== 'HIT'), 'sees nothing');
        assert.ok(asked.status >= 400, 'asks nothing that waits');
      } else assert.equal(read, 200, 'reads on');
      await lift(now);
    }
    const slow = await measure('rate-limit', 'FRA');
    let last = 200;
    for (let i = 0; i < 40 && last !== 429; i++) last = (await call('GET', '/v1/me', undefined, 'paris')).status;
    await lift(slow);
    assert.equal((await ways.state()).status, 200);
  }],
  ['nobody forges a proposal or a decision', async () => {
    for (const name of ['proposal', 'decision', 'recovery']) {
      assert.equal((await call('POST', `/v1/records/${name}`, { envelope: {}, fields: {} }, 'admin')).status, 404);
      assert.equal((await call('GET', `/v1/databases/${name}`, undefined, 'admin')).status, 404);
    }
  }],
  ['all of it is on the record', async () => {
    const verdicts = new Set();
    for (const officer of ['hub', 'head', 'bureau', 'second', 'paris']) for (const as of ['auditor', 'log', 'cour']) for (const one of (await node.call('GET', `/v1/audit?max=200&officer=${officer}`, undefined, { as })).data) verdicts.add(one.entry && one.entry.verdict);
    for (const verdict of ['proposed', 'approved', 'approved in part', 'proposal refused', 'proposal withdrawn', 'proposal shown', 'measure decided', 'measure lifted']) assert.ok(verdicts.has(verdict), verdict);
  }],
  ['every answer was as it is described', async () => { assert.deepEqual(contract.missed((path) => path.startsWith('/v1/approvals')), []); }],
]);
await node.stop();
removeDirectory(outside);
process.exit(failed ? 1 : 0);
