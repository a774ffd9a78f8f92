// SPDX-License-Identifier: Apache-2.0
// What persons ask about what is held of them, between officers of two countries: entered, admitted, examined, blocked, decided by
// the owner, carried out, answered. Nothing here names a database, a field of one, or a state beyond what kinds and moves say.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Contract } from './contract.mjs';
import { ahead } from './clock.mjs';
import { Node, command, completed, eventually, runTests, startServer } from './node.mjs';

// ---- a home of definitions that the tests may change ----
const base = realpathSync(process.env.BUREAU_HOME || '.');
const home = mkdtempSync(join(tmpdir(), 'bureau-home-'));
for (const name of readdirSync(base)) {
  if (['formats', 'web'].includes(name)) symlinkSync(join(base, name), join(home, name));
  if (['codes', 'databases', 'tickets', 'system'].includes(name)) cpSync(join(base, name), join(home, name), { recursive: true, dereference: true });
}
process.env.BUREAU_HOME = home;
const change = (path, work) => { const file = join(home, path); const text = readFileSync(file, 'utf8'); const next = work(text); assert.notEqual(next, text, path); writeFileSync(file, next); return () => writeFileSync(file, text); };
// Definitions are YAML as people write it, or, renamed, JSON: which is YAML, too.
const definitionOf = (name) => `databases/${readdirSync(join(home, 'databases')).find((file) => new RegExp(`^ *"?definition"?: "?${name}"?,?$`, 'm').test(readFileSync(join(home, 'databases', file), 'utf8')))}`;
const edits = {
  openToOthers: (text) => text.replace(/("?others"?: "?)hit-only/, '$1all'),
  lessPurposes: (text) => text.replace(/^( *"?purposes"?: \[\s*)"?[a-z-]+"?,\s*/m, '$1'),
  morePurposes: (text) => text.replace(/^( *"?purposes"?: \[\s*)/m, '$1"audit", '),
  keptLonger: (text) => text.replace(/("?first"?: "?)\d+y/, (whole, before) => `${before}90y`),
  linked: (text) => text.replace(/^( *"?fields"?: *)(\{?)\n/m, (whole, before, brace) => (brace ? `${before}{\n"zq_link": {"type": "phone", "means": "phone", "list": "yes", "pivot": "yes"},\n` : `${before}\n  zq_link: {type: phone, means: phone, list: yes, pivot: yes}\n`)),
  twoOfficers: (text) => (text.startsWith('{') ? text.replace('{', '{"approval": "four-eyes",') : `${text}\napproval: four-eyes\n`),
  named: (name) => (text) => text.replace(/^( *"?definition"?: "?)[a-z0-9-]+/m, `$1${name}`),
};
async function again(env = {}) {
  await node.running.stop();
  node.running = await startServer(node.data, ['--rate', '0'], 0, env);
}

const node = await Node.start({
  officers: {
    protector: ['--country', 'UTO', '--role', 'data-protection', '--unit', 'UTO/dpo', '--purpose', 'data-protection'],
    paris: ['--country', 'FRA', '--role', 'data-protection', '--unit', 'FRA/dpo', '--purpose', 'data-protection'],
    frabureau: ['--country', 'FRA', '--role', 'national-bureau', '--unit', 'FRA/ncb', '--may', 'write', '--purpose', 'investigate'],
    gate: ['--country', 'FRA', '--role', 'frontline', '--unit', 'FRA/gate', '--purpose', 'border-control'],
    other: ['--country', 'ZZZ', '--role', 'national-bureau', '--unit', 'ZZZ/ncb', '--may', 'write', '--purpose', 'investigate'],
    otherdpo: ['--country', 'ZZZ', '--role', 'data-protection', '--unit', 'ZZZ/dpo', '--purpose', 'data-protection'],
    hub: ['--country', 'XPO', '--role', 'hub', '--unit', 'XPO/ops', '--purpose', 'investigate', '--purpose', 'data-protection'],
    hub2: ['--country', 'XPO', '--role', 'hub', '--unit', 'XPO/ops', '--purpose', 'investigate', '--purpose', 'data-protection'],
    head: ['--country', 'XPO', '--role', 'administrator', '--unit', 'XPO/hub'],
    bureau2: ['--country', 'UTO', '--role', 'national-bureau', '--unit', 'UTO/ncb', '--may', 'write', '--purpose', 'investigate'],
    hubdpo: ['--country', 'XPO', '--role', 'data-protection', '--unit', 'XPO/dpo', '--purpose', 'data-protection'],
    utoauditor: ['--country', 'UTO', '--role', 'auditor', '--unit', 'UTO/audit', '--may', 'audit', '--purpose', 'audit'],
  },
});
const contract = new Contract((await node.call('GET', '/openapi.json', undefined, { as: null })).data);
const purposeOf = (as) => (/protector|paris|dpo/.test(as) ? 'data-protection' : as === 'gate' ? 'border-control' : 'investigate');
const call = async (method, path, body, as, headers = {}) => contract.check(method, path, await node.call(method, path, body, { as, headers: { 'Bureau-Purpose': purposeOf(as), ...headers } }));
const databases = (await node.call('GET', '/v1/databases')).data;
const kinds = Object.fromEntries((await call('GET', '/v1/rights/kinds', undefined, 'protector')).data.map((one) => [one.right, one.kind]));
const applicant = { name: 'Zquill Wxanthe', birth_date: '1980-02-03', contact: '12 Quuxham Lane', language: 'fr' };

let made = 0;
// A record with a word of its own in a field that may be corrected.
async function record(envelope = {}, as = 'bureau') {
  const mark = `Zq${String(++made).padStart(3, '0')}wxkvj`;
  for (const { name } of databases) {
    const { data: database } = await node.call('GET', `/v1/databases/${name}`);
    const field = database.fields.find((one) => one.type === 'text' && !one.many && !one.fixed);
    if (!field || !database.purposes.includes('data-protection')) continue;
    const body = completed(database.examples[0].body);
    body.fields = { ...body.fields, [field.name]: `${mark} seen` };
    body.envelope = { ...body.envelope, owner: as === 'bureau' ? 'UTO' : 'ZZZ', unit: as === 'bureau' ? 'UTO/ncb' : 'ZZZ/ncb', test: false, ref: `r-${mark}`, purposes: ['investigate', 'border-control', 'data-protection', 'search'], ...envelope };
    const reply = await node.call('POST', `/v1/records/${name}`, body, { as });
    if (reply.status === 201) return { id: reply.data.id, name, mark, field: field.name };
  }
  throw new Error('no record could be made');
}
async function fill(fields, given) {
  const values = {};
  for (const field of fields) {
    if (given[field.name] !== undefined) values[field.name] = given[field.name];
    else if (field.type === 'code') values[field.name] = (await call('GET', `/v1/codes/${field.list}`, undefined, 'protector')).data.codes[0].code;
    else values[field.name] = field.many ? [] : 'words of an officer';
  }
  return { ...values };
}
async function open(right, as = 'protector', more = {}) {
  return call('POST', '/v1/rights/requests', { kind: kinds[right].kind, applicant, fields: await fill(kinds[right].needs, {}), ...more }, as);
}
const read = (id, as = 'protector') => call('GET', `/v1/rights/requests/${id}`, undefined, as);
async function move(id, to, as, given = {}) {
  const { ticket } = (await read(id, as)).data;
  const way = ticket.moves.find((one) => one.to === to);
  if (!way) return { status: 0, text: `no way to ${to} for ${as}: ${ticket.moves.map((one) => one.to)}` };
  const fields = await fill(way.needs, given);
  for (const field of way.takes) if (given[field.name] !== undefined) fields[field.name] = given[field.name];
  return call('POST', `/v1/tickets/${id}/moves`, { to, version: ticket.version, fields }, as);
}
// The field of a kind whose title in English begins so: fields are found by what people read.
const named = (way, words) => [...way.needs, ...way.takes].find((field) => field.title.en.startsWith(words)).name;
async function ways(id, as, to) { return (await read(id, as)).data.ticket.moves.find((one) => one.to === to); }
async function examined(right, targets, { as = 'protector', proposal } = {}) {
  const opened = await open(right, as);
  assert.equal(opened.status, 201, opened.text);
  const { id } = opened.data.ticket;
  assert.equal((await move(id, 'admissible', as)).status, 200);
  const way = await ways(id, as, 'examined');
  const given = { [named(way, 'Records')]: targets.map((one) => one.id) };
  if (proposal) given[named(way, 'Corrected')] = JSON.stringify(proposal);
  const done = await move(id, 'examined', as, given);
  assert.equal(done.status, 200, done.text);
  return id;
}
const show = (target, as = 'frabureau') => node.call('GET', `/v1/records/${target.id}`, undefined, { as, headers: { 'Bureau-Purpose': purposeOf(as) } });
const answer = async (id, language = 'en', as = 'protector') => call('GET', `/v1/rights/requests/${id}/answer?language=${language}`, undefined, as);
const plain = (reply) => reply.data.parts.flatMap((part) => [part.heading, ...part.lines]).join('\n');

const tests = [
  ['three kinds, each in four languages', async () => {
    assert.deepEqual(Object.keys(kinds).sort(), ['access', 'correction', 'deletion']);
    assert.ok(!(await node.call('GET', '/v1/tickets/kinds', undefined, { as: 'bureau' })).data.some((one) => one.kind === kinds.access.kind));
    const french = (await node.call('GET', '/v1/rights/kinds', undefined, { as: 'protector', headers: { 'Accept-Language': 'fr' } })).data;
    assert.notEqual(french[0].kind.title, Object.values(kinds).find((one) => one.kind === french[0].kind.kind).title);
  }],
  ['who asks is shown to data protection of the country that received it, and stands in no file', async () => {
    const target = await record();
    const id = await examined('access', [target]);
    assert.equal((await read(id)).data.applicant.name, applicant.name);
    for (const as of ['bureau', 'utoauditor']) {
      const seen = await read(id, as);
      assert.equal(seen.status, 200, as);
      assert.equal(seen.data.applicant, undefined, as);
      assert.ok(!seen.text.includes('Zquill') && !seen.text.includes('Quuxham'), as);
    }
    const { ticket } = (await read(id)).data;
    assert.ok(!JSON.stringify(ticket).includes('Zquill'));
    assert.equal((await open('access', 'bureau')).status, 403);
    assert.equal((await open('access', 'protector', { applicant: { name: 'x' } })).status, 422);
  }],
  ['for others there is no such request', async () => {
    const target = await record();
    const id = await examined('access', [target]);
    const never = id.replace(/-.*/, '-ZZZZ');
    const alike = (reply) => `${reply.status} ${reply.text.replaceAll(id, 'ID').replaceAll(never, 'ID')}`;
    for (const as of ['other', 'otherdpo', 'gate', 'paris', 'frabureau', 'hub', 'admin', 'patrol']) {
      for (const tail of ['', '/evidence', '/answer']) {
        assert.equal(alike(await call('GET', `/v1/rights/requests/${id}${tail}`, undefined, as)), alike(await call('GET', `/v1/rights/requests/${never}${tail}`, undefined, as)), `${as} ${tail}`);
        assert.equal((await call('GET', `/v1/rights/requests/${id}${tail}`, undefined, as)).status, 404, `${as} ${tail}`);
      }
      assert.deepEqual((await call('GET', '/v1/rights/requests?open=all', undefined, as)).data.requests, [], as);
    }
    assert.ok((await call('GET', '/v1/rights/requests', undefined, 'bureau')).data.requests.some((one) => one.id === id));
    assert.ok(!(await node.call('GET', '/v1/feed', undefined, { as: 'bureau' })).text.includes(id));
  }],
  ['clocks: admissibility a month, access four, correction and deletion nine, the answer a month', async () => {
    const days = (ticket) => Math.round((Date.parse(ticket.clock.due) - Date.now()) / 86400e3);
    const opened = (await open('access')).data.ticket;
    assert.equal(days(opened), 28);
    assert.equal(opened.clock.for, 'asker');
    assert.equal(days((await move(opened.id, 'admissible', 'protector')).data), 120);
    const change = (await open('deletion')).data.ticket;
    assert.equal(days((await move(change.id, 'admissible', 'protector')).data), 273);
    assert.equal(days((await move(change.id, 'nothing', 'protector')).data), 28);
    const refused = (await open('correction')).data.ticket;
    assert.equal(days((await move(refused.id, 'inadmissible', 'protector')).data), 28);
    assert.match(plain(await answer(refused.id)), /could not be admitted: The identity/);
  }],
  ['the owner blocks the record: held, shown to its keepers only, not made active by anyone, free by the decision', async () => {
    const target = await record();
    assert.equal((await show(target)).status, 200);
    const id = await examined('access', [target]);
    assert.equal((await move(id, 'blocked', 'protector')).status, 0, 'data protection proposes, the owner blocks');
    const blocked = await move(id, 'blocked', 'bureau');
    assert.equal(blocked.status, 200, blocked.text);
    assert.equal((await show(target)).status, 404);
    assert.equal((await show(target)).text.replaceAll(target.id, 'ID'), (await show({ id: `${target.id.split('-')[0]}-ZZZZ` })).text.replaceAll(/[0-9A-Z]+-ZZZZ/g, 'ID'));
    const kept = await show(target, 'bureau');
    assert.equal(kept.data.state, 'suspended');
    assert.equal(kept.data.held.request, true);
    const freed = await node.call('POST', `/v1/records/${target.id}/state`, { state: 'active' }, { as: 'bureau' });
    assert.equal(freed.status, 409, freed.text);
    assert.match(freed.text, /while a person's request is examined/);
    const put = await node.call('PUT', `/v1/records/${target.id}`, kept.data.body, { as: 'bureau', headers: { 'If-Match': kept.headers.get('etag') } });
    assert.equal(put.status, 200, put.text);
    assert.equal((await show(target, 'bureau')).data.state, 'suspended', 'a correction does not free it');
    const decided = await move(id, 'refused', 'bureau');
    assert.equal(decided.status, 200, decided.text);
    const after = (await read(id)).data;
    assert.equal(after.ticket.state, 'executed');
    assert.equal(after.records[0].held, undefined);
    assert.equal((await show(target)).status, 200);
    assert.match(plain(await answer(id)), /Your request was refused/);
  }],
  ['a block outlives the node', async () => {
    const target = await record();
    const id = await examined('deletion', [target]);
    assert.equal((await move(id, 'blocked', 'bureau')).status, 200);
    await node.running.stop();
    node.running = await startServer(node.data, ['--rate', '0']);
    assert.equal((await show(target)).status, 404);
    assert.equal((await node.call('POST', `/v1/records/${target.id}/state`, { state: 'active' }, { as: 'bureau' })).status, 409);
    assert.equal((await move(id, 'granted', 'bureau', {})).status, 200);
    assert.equal((await show(target, 'bureau')).status, 410);
  }],
  ['deletion: the decision deletes, with its certificate; the answer says so', async () => {
    const [one, two] = [await record(), await record()];
    const id = await examined('deletion', [one, two]);
    const way = await ways(id, 'bureau', 'partly');
    const done = await move(id, 'partly', 'bureau', { [named(way, 'Records that')]: [one.id] });
    assert.equal(done.status, 200, done.text);
    assert.equal((await read(id)).data.ticket.state, 'executed');
    assert.equal((await show(one, 'bureau')).status, 410);
    assert.equal((await show(two, 'bureau')).status, 200);
    const note = await node.call('GET', `/v1/certificates/${one.id}`, undefined, { as: 'protector' });
    assert.equal(note.status, 200, note.text);
    assert.match(note.text, /^reason on request of the person concerned$/m);
    assert.match(plain(await answer(id)), /deleted in part on/);
    const entries = (await node.call('GET', `/v1/audit?record=${one.id}`, undefined, { as: 'utoauditor' })).data;
    assert.ok(entries.some((entry) => JSON.stringify(entry).includes('request of a person: delete')), JSON.stringify(entries));
  }],
  ['correction: data protection proposes, the owner decides, a version is written', async () => {
    const target = await record();
    const id = await examined('correction', [target], { proposal: { [target.field]: 'as it should be' } });
    assert.equal(await ways(id, 'protector', 'granted'), undefined);
    assert.equal((await move(id, 'granted', 'bureau')).status, 200);
    const now = (await show(target, 'bureau')).data;
    assert.equal(now.version, 2);
    assert.equal(now.body.fields[target.field], 'as it should be');
    assert.equal(now.body.envelope.ref, `r-${target.mark}`);
    assert.match(plain(await answer(id)), /were corrected on/);
  }],
  ['under four eyes a correction is confirmed by a second officer of the owner; a block, a deletion, a suspension wait for nobody', async () => {
    const [one, two, three] = [await record(), await record(), await record()];
    const back = change(definitionOf(one.name), edits.twoOfficers);
    await again();
    const { headers, data: held } = await show(one, 'bureau');
    const byHand = await node.call('PUT', `/v1/records/${one.id}`, held.body, { as: 'bureau', headers: { 'If-Match': headers.get('etag') } });
    assert.deepEqual([byHand.status, byHand.data.needs], [202, ['four-eyes']], 'the definition asks two of them');
    const id = await examined('correction', [one], { proposal: { [one.field]: 'as it should be' } });
    const told = named(await ways(id, 'bureau', 'granted'), 'The person is told');
    const { codes } = (await call('GET', '/v1/codes/subject-tellings', undefined, 'protector')).data;
    const first = await move(id, 'granted', 'bureau', { [told]: codes[0].code });
    assert.equal(first.status, 200, first.text);
    const waits = (await read(id, 'bureau2')).data.ticket;
    assert.deepEqual([waits.state, waits.waiting.to, waits.waiting.fields[told]], ['examined', 'granted', codes[0].code]);
    assert.equal((await read(id)).data.ticket.waiting.to, 'granted', 'data protection sees that it waits');
    assert.equal((await show(one, 'bureau')).data.version, 1);
    assert.equal(await ways(id, 'bureau', 'granted'), undefined, 'not offered to the first again');
    assert.equal((await call('POST', `/v1/tickets/${id}/moves`, { to: 'granted', version: waits.version, fields: { [told]: codes[0].code } }, 'bureau')).status, 403);
    assert.equal((await move(id, 'granted', 'bureau2', { [told]: codes[1].code })).status, 409, 'what the first has put forward is confirmed, or not');
    const second = await move(id, 'granted', 'bureau2', { [told]: codes[0].code });
    assert.equal(second.status, 200, second.text);
    const done = (await read(id, 'bureau')).data.ticket;
    assert.equal(done.state, 'executed');
    assert.deepEqual(done.history.filter((step) => ['bureau', 'bureau2'].includes(step.officer)).map((step) => [step.what, step.officer]), [['second-eyes', 'bureau'], ['move', 'bureau2']]);
    const now = (await show(one, 'bureau')).data;
    assert.deepEqual([now.version, now.body.fields[one.field]], [2, 'as it should be']);
    const deletion = await examined('deletion', [two]);
    assert.equal((await move(deletion, 'blocked', 'bureau')).data.state, 'blocked');
    assert.equal((await show(two)).status, 404, 'blocked at once');
    assert.equal((await move(deletion, 'granted', 'bureau')).status, 200);
    assert.equal((await show(two, 'bureau')).status, 410, 'deleted by one decision');
    assert.equal((await call('POST', '/v1/rights/objections', { record: three.id, statement: 'refugee status granted' }, 'frabureau')).status, 201);
    const told_of = (await call('GET', '/v1/rights/objections', undefined, 'hub')).data.find((item) => item.record === three.id);
    const decide = (outcome, as) => call('POST', `/v1/rights/objections/${told_of.id}`, { outcome, reason: 'protection is looked at' }, as);
    assert.equal((await decide('suspended', 'hub')).data.outcome, 'suspended');
    assert.equal((await show(three)).status, 404, 'suspended at once');
    const lifting = (await decide('lifted', 'hub')).data;
    assert.deepEqual([lifting.outcome, lifting.lifting_by], ['suspended', 'hub']);
    assert.equal((await show(three)).status, 404);
    assert.equal((await decide('lifted', 'hub')).status, 403);
    assert.equal((await decide('lifted', 'hub2')).data.outcome, 'lifted');
    assert.equal((await show(three)).status, 200);
    back();
    await again();
  }],
  ['a member under a measure corrects nothing by way of requests', async () => {
    const target = await record();
    assert.equal(node.command(['unit', 'add', 'XPO/hub', '--country', 'XPO', '--name', 'Hub', '--level', 'hub']).code, 0);
    for (const kind of ['pre-approval', 'read-only']) {
      const measure = await node.call('POST', '/v1/measures', { country: 'UTO', kind, reason: 'a test of gates', databases: [target.name] }, { as: 'head' });
      assert.equal(measure.status, 201, measure.text);
      const id = await examined('correction', [target], { proposal: { [target.field]: `as it should be under ${kind}` } });
      const refused = await move(id, 'granted', 'bureau');
      assert.equal(refused.status, 403, refused.text);
      assert.match(refused.text, /by a measure/);
      assert.equal((await call('DELETE', `/v1/measures/${measure.data.id}`, undefined, 'head')).status, 204);
      assert.equal((await move(id, 'granted', 'bureau')).status, 200);
      assert.equal((await show(target, 'bureau')).data.body.fields[target.field], `as it should be under ${kind}`);
    }
  }],
  ['a proposal that would not be a record is refused when it is made', async () => {
    const target = await record();
    const { id } = (await open('correction')).data.ticket;
    await move(id, 'admissible', 'protector');
    const way = await ways(id, 'protector', 'examined');
    for (const proposal of ['{"nofield":"x"}', '[]', 'words'])
      assert.ok((await move(id, 'examined', 'protector', { [named(way, 'Records')]: [target.id], [named(way, 'Corrected')]: proposal })).status >= 400, proposal);
    assert.equal((await read(id)).data.ticket.state, 'admissible');
  }],
  ['access: what is held, to whom it was shown, what can be done; no officer, no country that asked', async () => {
    const target = await record();
    await show(target);
    const id = await examined('access', [target]);
    const early = await answer(id);
    assert.equal(early.status, 409);
    const way = await ways(id, 'bureau', 'partly');
    assert.equal((await move(id, 'partly', 'bureau', { [named(way, 'Fields')]: [target.field] })).status, 200);
    for (const [language, words] of [['en', /Data about you are held/], ['fr', /sont détenues/], ['es', /Constan datos/], ['ar', /بيانات محفوظة/]]) {
      const told = await answer(id, language);
      assert.match(plain(told), words);
      assert.ok(!plain(told).includes(target.mark), 'a field the owner keeps back');
      assert.ok(!/frabureau|\bFRA\b|bureau\b.*o-|protector/.test(plain(told)), plain(told));
    }
    assert.match(plain(await answer(id)), /National central bureau officer, for: Criminal investigation \(on 1 days\)/);
    assert.equal((await answer(id, 'en', 'bureau')).status, 404, 'the owner does not write to the person');
  }],
  ['neither confirmed nor denied reads like nothing held', async () => {
    const target = await record();
    const held = await examined('access', [target]);
    const way = await ways(held, 'bureau', 'refused');
    const told = (await call('GET', '/v1/codes/subject-tellings', undefined, 'bureau')).data.codes.at(-1).code;
    assert.equal((await move(held, 'refused', 'bureau', { [named(way, 'The person')]: told })).status, 200);
    const { id: none } = (await open('access')).data.ticket;
    await move(none, 'admissible', 'protector');
    await move(none, 'nothing', 'protector');
    for (const language of ['en', 'fr', 'es', 'ar'])
      assert.equal((await answer(held, language)).text.replaceAll(held, 'ID'), (await answer(none, language)).text.replaceAll(none, 'ID'), language);
    assert.match(plain(await answer(held)), /neither confirms nor denies/);
  }],
  ['a record of another country: its owner decides; one that is not seen cannot be named', async () => {
    const theirs = await record({}, 'other');
    const hidden = await record({ deny: ['UTO'] }, 'other');
    const id = await examined('access', [theirs]);
    assert.equal((await read(id, 'other')).data.ticket.owner.country, 'ZZZ');
    assert.equal((await read(id, 'other')).data.applicant, undefined);
    assert.equal((await read(id, 'otherdpo')).data.applicant, undefined);
    assert.equal((await move(id, 'refused', 'other')).status, 200);
    assert.match(plain(await answer(id)), /refused/);
    const { id: second } = (await open('access')).data.ticket;
    await move(second, 'admissible', 'protector');
    const records = named(await ways(second, 'protector', 'examined'), 'Records');
    const no = await move(second, 'examined', 'protector', { [records]: [hidden.id] });
    const never = await move(second, 'examined', 'protector', { [records]: [hidden.id.replace(/-.*/, '-ZZZZ')] });
    assert.equal(no.status, 404);
    assert.equal(no.text.replaceAll(hidden.id, 'ID'), never.text.replaceAll(hidden.id.replace(/-.*/, '-ZZZZ'), 'ID'));
    const mixed = await move(second, 'examined', 'protector', { [records]: [theirs.id, (await record()).id] });
    assert.equal(mixed.status, 409, mixed.text);
  }],
  ['evidence: one file with its hash on the log, without who asked', async () => {
    const target = await record();
    await show(target);
    const id = await examined('access', [target]);
    const file = await call('GET', `/v1/rights/requests/${id}/evidence`, undefined, 'protector');
    assert.equal(file.status, 200, file.text);
    const hash = createHash('sha256').update(file.text).digest('hex');
    assert.equal(file.headers.get('bureau-content-sha256'), hash);
    assert.ok(!file.text.includes('Zquill'));
    const [one] = file.data.records;
    assert.equal(one.id, target.id);
    assert.ok(one.review_on && one.versions.length === 1 && one.disclosure);
    assert.deepEqual(one.shown.map((row) => [row.country, row.unit_kind, row.purpose]), [['FRA', 'national-bureau', 'investigate']]);
    const entries = (await node.call('GET', '/v1/audit?officer=protector&max=20', undefined, { as: 'utoauditor' })).data;
    assert.ok(entries.some((entry) => JSON.stringify(entry).includes(hash)));
  }],
  ['a protection objection: the hub suspends, the owner never learns who objected', async () => {
    const [one, two] = [await record(), await record()];
    const tell = (target, as, statement = 'refugee status granted') => call('POST', '/v1/rights/objections', { record: target.id, statement }, as);
    assert.equal((await tell(one, 'frabureau')).status, 201);
    assert.equal((await tell(two, 'other', 'Zqprotected since 2019 and a much longer statement of what was decided there')).status, 201);
    assert.equal((await tell(one, 'gate')).status, 403);
    const hidden = await record({ deny: ['FRA'] });
    const unseen = await tell(hidden, 'frabureau');
    assert.equal(unseen.status, 404);
    assert.equal(unseen.text.replaceAll(hidden.id, 'ID'), (await tell({ id: hidden.id.replace(/-.*/, '-ZZZZ') }, 'frabureau')).text.replaceAll(hidden.id.replace(/-.*/, '-ZZZZ'), 'ID'));
    for (const as of ['bureau', 'protector', 'utoauditor', 'admin', 'frabureau', 'hubdpo']) assert.equal((await call('GET', '/v1/rights/objections', undefined, as)).status, 403, as);
    const waiting = (await call('GET', '/v1/rights/objections', undefined, 'hub')).data;
    const first = waiting.find((item) => item.record === one.id);
    const second = waiting.find((item) => item.record === two.id);
    assert.deepEqual([first.country, first.officer, second.country], ['FRA', 'frabureau', 'ZZZ']);
    for (const target of [one, two]) assert.equal((await show(target)).status, 200, 'the hub has not decided');
    const decide = (item, outcome, as = 'hub') => call('POST', `/v1/rights/objections/${item.id}`, { outcome, reason: 'protection is confirmed' }, as);
    assert.equal((await decide(first, 'suspended', 'bureau')).status, 403);
    for (const item of [first, second]) assert.equal((await decide(item, 'suspended')).status, 200);
    for (const target of [one, two]) {
      assert.equal((await show(target)).status, 404);
      const kept = await show(target, 'bureau');
      assert.deepEqual([kept.data.state, kept.data.held.hub], ['suspended', true]);
      assert.match((await node.call('POST', `/v1/records/${target.id}/state`, { state: 'active' }, { as: 'bureau' })).text, /suspended by the hub/);
    }
    // everything the owner's people can ask reads alike for the two, whoever objected
    const blank = (text, target, other) => text.replaceAll(target.id, 'ID').replaceAll(target.mark, 'MARK').replaceAll(target.mark.toUpperCase(), 'MARK').replaceAll(other.id, 'OTHER').replace(/"(receipt|time|entered|updated|since|hash|leaf|from|took_us|feed|seq|number|time_us|day)":("[^"]*"|\d+)/g, '"$1":-').replace(/\d\d:\d\d:\d\dZ/g, 'TIME');
    for (const as of ['bureau', 'protector', 'utoauditor', 'admin', 'patrol'])
      for (const path of ['/v1/records/ID', '/v1/records/ID/history', '/v1/records/ID/shown', '/v1/audit?record=ID']) {
        const ask = async (target, other) => blank((await node.call('GET', path.replace('ID', target.id), undefined, { as, headers: { 'Bureau-Purpose': purposeOf(as) } })).text, target, other);
        assert.equal(await ask(one, two), await ask(two, one), `${as} ${path}`);
      }
    for (const as of ['bureau', 'protector', 'utoauditor', 'admin', 'other', 'frabureau']) {
      const said = (await Promise.all(['/v1/feed', '/v1/audit?max=200', '/v1/audit/statistics', '/v1/tickets', '/v1/export?owner=UTO', '/v1/due?within=4000d', '/metrics'].map((path) => node.call('GET', path, undefined, { as, headers: { 'Bureau-Purpose': purposeOf(as) } })))).map((reply) => reply.text).join('\n');
      assert.ok(!/objection taken[^}]*(\bFRA\b|frabureau|\bZZZ\b)|Zqprotected|refugee/.test(said), as);
      assert.ok(!said.includes(first.id), `${as} ${first.id}`);
    }
    const log = (await node.call('GET', '/v1/audit?max=300', undefined, { as: 'utoauditor' })).data;
    assert.ok(log.some((entry) => entry.entry?.country === 'XPO'), 'that it was told is on the log, as the hub\'s');
    assert.equal((await decide(first, 'set-aside')).status, 409);
    assert.equal((await decide(first, 'lifted')).status, 200);
    assert.equal((await show(one)).status, 200);
    assert.equal((await show(two)).status, 404);
  }],
  ['data protection reads what is due and what was deleted, and changes nothing', async () => {
    const target = await record();
    const due = await call('GET', '/v1/due?within=400d', undefined, 'protector');
    assert.equal(due.status, 200, due.text);
    assert.ok(due.data.records.some((one) => one.id === target.id));
    assert.equal((await call('GET', '/v1/certificates', undefined, 'protector')).status, 200);
    assert.equal((await call('GET', '/v1/due?owner=UTO', undefined, 'paris')).status, 403);
    assert.ok((await node.call('POST', `/v1/records/${target.id}/extend`, { review_on: '2027-12-01', reason: 'x' }, { as: 'protector', headers: { 'Bureau-Purpose': 'data-protection' } })).status >= 400);
  }],
  ['the record of processing follows from what serves', async () => {
    const processing = await call('GET', '/v1/rights/processing', undefined, 'protector');
    assert.equal(processing.status, 200, processing.text);
    const { data } = processing;
    assert.deepEqual([data.signed.version, data.signed.by, data.differences.length, data.serves], [1, 'set-up', 0, true]);
    const names = data.processed.map((one) => one.definition);
    for (const { name } of databases) assert.ok(names.includes(name), name);
    for (const one of data.processed) assert.ok(one.purposes.length && one.data.length && one.retention.length, one.definition);
    assert.ok(data.processed.some((one) => one.risks.some((risk) => risk.risk === 'persons')));
    assert.ok(data.people.some((one) => one.role === 'data-protection' && one.officers === 1), 'of its own country');
    for (const [language, words] of [['en', 'Impact assessment'], ['fr', "Analyse d'impact"], ['es', 'Evaluación de impacto'], ['ar', 'تقييم الأثر']]) {
      const page = (form) => node.call('GET', `/v1/rights/processing?form=${form}`, undefined, { as: 'protector', headers: { 'Accept-Language': language } });
      assert.ok((await page('markdown')).text.includes(`## ${words}`), language);
      assert.ok((await page('html')).text.includes('<table>'), language);
    }
    for (const as of ['bureau', 'patrol', 'gate']) assert.equal((await call('GET', '/v1/rights/processing', undefined, as)).status, 403, as);
    assert.match(command(node.data, ['rights', 'processing']).out, /^# Record of processing|\n# Record of processing/);
  }],
  ['a definition that opens more serves as it was signed, until it is signed', async () => {
    const target = await record({}, 'bureau');
    const file = definitionOf(target.name);
    const seen = async () => (await node.call('GET', `/v1/records/${target.id}`, undefined, { as: 'paris', headers: { 'Bureau-Purpose': 'data-protection' } })).data.disclosure;
    const before = await seen();
    assert.notEqual(before, 'full');
    change(file, edits.openToOthers);
    await again();
    assert.equal(await seen(), before, 'the wider form waits');
    const { data } = await call('GET', '/v1/rights/processing', undefined, 'protector');
    assert.equal(data.serves, false);
    const wider = data.differences.filter((one) => one.waits);
    assert.ok(wider.length && wider.every((one) => one.definition === target.name), JSON.stringify(wider.slice(0, 3)));
    assert.ok(wider.some((one) => one.what === 'disclosure' && one.role === 'data-protection'));
    const said = command(node.data, ['doctor', '--json']).json.find((one) => one.what === 'signed catalogue');
    assert.equal(said.ok, false);
    assert.match(said.detail, /open more than was signed, and wait/);
    for (const as of ['bureau', 'admin', 'patrol']) assert.equal((await call('POST', '/v1/rights/processing/sign', { hash: data.hash }, as)).status, 403, as);
    assert.equal((await call('POST', '/v1/rights/processing/sign', { hash: '00' }, 'protector')).status, 412);
    const signed = await call('POST', '/v1/rights/processing/sign', { hash: data.hash }, 'protector');
    assert.equal(signed.status, 200, signed.text);
    assert.deepEqual([signed.data.version, signed.data.by, signed.data.serves], [2, 'protector', false]);
    assert.match(command(node.data, ['doctor', '--json']).json.find((one) => one.what === 'signed catalogue').detail, /next start/);
    await again();
    assert.equal(await seen(), 'full');
    assert.equal(command(node.data, ['doctor', '--json']).json.find((one) => one.what === 'signed catalogue').ok, true);
    const old = (await call('GET', '/v1/rights/processing?since=1', undefined, 'protector')).data;
    assert.ok(old.differences.some((one) => one.what === 'disclosure' && one.role === 'data-protection'), 'what the second signature opened');
  }],
  ['what is narrower serves at once; a code list, a retention, a purpose, a link, a new database wait', async () => {
    const target = databases[0].name;
    const differences = async () => { await again(); return (await call('GET', '/v1/rights/processing', undefined, 'protector')).data.differences; };
    const back = [change(definitionOf(target), edits.lessPurposes)];
    assert.ok((await differences()).some((one) => one.what === 'purpose' && !one.waits && one.definition === target));
    const served = (await node.call('GET', `/v1/databases/${target}`)).data.purposes.length;
    back.pop()();
    await again();
    assert.equal((await node.call('GET', `/v1/databases/${target}`)).data.purposes.length, served + 1);
    const waits = async (file, work, what) => {
      const undo = change(file, work);
      const found = await differences();
      assert.ok(found.some((one) => one.what === what && one.waits), `${what}: ${JSON.stringify(found.slice(0, 5))}`);
      undo();
    };
    await waits(definitionOf(target), edits.keptLonger, 'retention');
    await waits(definitionOf(target), edits.morePurposes, 'purpose');
    await waits(definitionOf(target), edits.linked, 'link');
    await waits('codes/audiences.csv', (text) => text.replace(/^auditor,(.*),no,no,no,no,no$/m, 'auditor,$1,yes,yes,no,no,no'), 'action');
    const file = join(home, 'databases', 'zq-new.yaml');
    writeFileSync(file, edits.named('zq-new')(readFileSync(join(home, definitionOf(target)), 'utf8')));
    const found = await differences();
    assert.ok(found.some((one) => one.what === 'new-database' && one.waits && one.definition === 'zq-new'));
    assert.equal((await node.call('GET', '/v1/databases/zq-new')).status, 404);
    rmSync(file);
    await again();
  }],
  ['the transparency report: rounded to fives, nothing below, no persons', async () => {
    const report = async (as = 'protector', query = '') => call('GET', `/v1/rights/report${query}`, undefined, as);
    for (let i = 0; i < 12; i++) await node.call('POST', '/v1/search', { text: 'L898902C3', purpose: 'investigate' }, { as: 'bureau' });
    for (let i = 0; i < 6; i++) { const { id } = (await open('deletion')).data.ticket; await move(id, 'admissible', 'protector'); await move(id, 'nothing', 'protector'); }
    const { data, text } = await report();
    const rows = (name) => data.sections.find((one) => one.section === name).rows;
    const searches = rows('searches');
    assert.ok(searches.some((row) => row.key === 'investigate' && row.count >= 10), JSON.stringify(searches));
    for (const section of data.sections) for (const row of section.rows) {
      assert.ok(row.few ? row.count === undefined : row.count >= 5 && row.count % 5 === 0, JSON.stringify(row));
    }
    const arabic = (await node.call('GET', '/v1/rights/report', undefined, { as: 'protector', headers: { 'Accept-Language': 'ar' } })).data;
    for (const section of arabic.sections) for (const row of section.rows) assert.match(row.title, /[\u0600-\u06ff]/, `${section.section} ${row.key} has words in every language`);
    assert.ok(rows('requests').some((row) => row.count === 5), JSON.stringify(rows('requests')));
    assert.ok(rows('deletions').some((row) => row.key === 'on-request'));
    for (const word of ['protector', 'bureau"', 'Zquill']) assert.ok(!text.includes(word), word);
    assert.equal(data.from.slice(8), '01');
    const today = new Date().toISOString().slice(0, 10);
    const one = (await report('protector', `?from=${today}&to=${today}`)).data;
    assert.equal(one.from.slice(0, 7), today.slice(0, 7));
    assert.equal(one.from.slice(8), '01', 'a day is asked, a month is told');
    assert.ok((await report('paris')).data.sections.find((two) => two.section === 'deletions').rows.length === 0, 'of the own country');
    assert.ok((await report('hub')).data.sections.find((two) => two.section === 'deletions').rows.length > 0);
    for (const as of ['gate', 'patrol']) assert.equal((await report(as)).status, 403, as);
    const csv = await node.call('GET', '/v1/rights/report?form=csv', undefined, { as: 'protector' });
    assert.match(csv.headers.get('content-type'), /csv/);
    assert.ok(csv.text.split('\r\n').slice(1, -1).every((line) => /^("[^"]*",){3}"(<5|\d+)"$/.test(line)), csv.text);
    for (const [language, words] of [['en', 'Transparency report'], ['fr', 'Rapport de transparence'], ['es', 'Informe de transparencia'], ['ar', 'تقرير الشفافية']])
      assert.ok((await node.call('GET', '/v1/rights/report?form=html', undefined, { as: 'protector', headers: { 'Accept-Language': language } })).text.includes(`<h1>${words}</h1>`), language);
  }],
  ['the month passes: late, asked again, and answered all the same; what is blocked outlives its day', async () => {
    const opened = (await open('access')).data.ticket;
    const soon = { review_on: new Date(Date.now() + 20 * 86400e3).toISOString().slice(0, 10) };
    const [disputed, free] = [await record(soon), await record(soon)];
    const dispute = await examined('access', [disputed]);
    assert.equal((await move(dispute, 'blocked', 'bureau')).status, 200);
    await node.running.stop();
    node.running = await startServer(node.data, ['--rate', '0'], 0, ahead(30 * 86400));
    const late = await eventually(async () => (await call('GET', '/v1/rights/requests?open=yes&max=100', undefined, 'protector')).data.requests.find((one) => one.id === opened.id && one.clock.level > 0), 'its clock');
    assert.equal(late.clock.late, true);
    assert.equal((await move(opened.id, 'inadmissible', 'protector')).status, 200);
    assert.equal((await move(opened.id, 'answered', 'protector')).status, 200);
    assert.equal((await move(opened.id, 'closed', 'protector')).data.open, false);
    const until = async (isIt) => { for (let i = 0; i < 600; i++) { const found = await isIt(); if (found) return found; await new Promise((resolve) => { setTimeout(resolve, 50); }); } return null; };
    const deleted = async (target) => (await call('GET', '/v1/certificates?max=200', undefined, 'protector')).data.certificates.find((one) => one.record === target.id);
    const due = async () => (await call('GET', '/v1/due?max=200', undefined, 'protector')).data;
    const { today } = await until(async () => { const page = await due(); return page.held && page; });
    assert.equal(command(node.data, ['records', 'confirm-day', today]).code, 0);
    assert.ok(await until(() => deleted(free)), 'what nobody holds is deleted');
    assert.equal((await due()).records.find((one) => one.id === disputed.id).held, 'request');
    assert.match(command(node.data, ['records', 'due', '--owner', 'UTO']).out, new RegExp(`^${disputed.id} .* held back`, 'm'));
    assert.deepEqual([(await show(disputed, 'bureau')).data.state, (await show(disputed)).status], ['suspended', 404]);
    assert.equal((await move(dispute, 'refused', 'bureau')).status, 200);
    assert.equal((await until(() => deleted(disputed))).reason, 'review date passed');
    assert.equal((await show(disputed, 'bureau')).status, 410);
  }],
];

const failed = await runTests('rights', tests);
await node.stop();
rmSync(home, { recursive: true, force: true });
process.exit(failed ? 1 : 0);
