// SPDX-License-Identifier: Apache-2.0
// Hits under a clock, over the network, between officers of two countries. The clocks of codes/clocks.csv run in seconds here;
// nothing names a database, a kind of ticket or a field: kinds and moves say what they need.
import assert from 'node:assert/strict';
import { createPublicKey, verify } from 'node:crypto';
import { createServer } from 'node:http';
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Contract } from './contract.mjs';
import { border, deskOf, fastHome } from './asking.mjs';
import { Node, command, completed, eventually, runTests, startServer } from './node.mjs';

const home = fastHome();

// ---- who is rung: a command that writes down its environment, and a machine that takes webhooks at the third try ----

const alarms = join(home, 'alarms.txt');
const alarmCommand = join(home, 'ring');
writeFileSync(alarmCommand, `#!/bin/sh\nenv | grep '^BUREAU_ALARM_' | tr '\\n' ' ' >> '${alarms}'\necho >> '${alarms}'\n`);
chmodSync(alarmCommand, 0o755);
const posts = [];
const listener = createServer((request, reply) => {
  let body = '';
  request.on('data', (chunk) => { body += chunk; });
  request.on('end', () => { posts.push({ headers: request.headers, body }); reply.statusCode = posts.length < 2 ? 500 : 204; reply.end(); });
});
await new Promise((resolve) => { listener.listen(0, '127.0.0.1', resolve); });

const words = ['--rate', '0', '--alarm-command', alarmCommand];
const node = await Node.start({
  words,
  officers: {
    gate: ['--country', 'FRA', '--role', 'frontline', '--unit', 'FRA/gate', '--purpose', 'border-control', '--purpose', 'training'],
    gate2: ['--country', 'FRA', '--role', 'frontline', '--unit', 'FRA/gate', '--purpose', 'border-control'],
    port: ['--country', 'FRA', '--role', 'frontline', '--unit', 'FRA/port', '--purpose', 'border-control'],
    paris: ['--country', 'FRA', '--role', 'national-bureau', '--unit', 'FRA/ncb', '--purpose', 'border-control'],
    cour: ['--country', 'FRA', '--role', 'auditor', '--unit', 'FRA/audit', '--may', 'audit', '--purpose', 'audit'],
    parisadmin: ['--country', 'FRA', '--role', 'administrator', '--unit', 'FRA/it'],
    other: ['--country', 'ZZZ', '--role', 'national-bureau', '--unit', 'ZZZ/ncb', '--may', 'write', '--purpose', 'border-control'],
    hub: ['--country', 'XPO', '--role', 'hub', '--unit', 'XPO/ops', '--purpose', 'border-control'],
    auditor: ['--country', 'UTO', '--role', 'auditor', '--unit', 'UTO/audit', '--may', 'audit', '--purpose', 'audit'],
  },
});
const contract = new Contract((await node.call('GET', '/openapi.json', undefined, { as: null })).data);
const { call, kind, databases, fill, record, hit, ask, move, get, list, until } = await deskOf(node, contract);

const tests = [
  ['kinds say what opens them, in the language asked', async () => {
    assert.ok(kind.states.some((state) => state.end));
    assert.ok(kind.needs.length > 0 && kind.needs.every((field) => field.type));
    const french = (await node.call('GET', '/v1/tickets/kinds', undefined, { as: 'gate', headers: { ...border, 'Accept-Language': 'fr' } })).data[0];
    assert.notEqual(french.title, kind.title);
  }],
  ['a masked hit, its confirmation asked, the clock, the owner, the outcome, the figures', async () => {
    const target = await record();
    const found = await hit(target);
    assert.equal(found.hit.disclosure, 'masked');
    const opened = await ask(target);
    assert.equal(opened.status, 201, opened.text);
    const ticket = opened.data;
    assert.equal(ticket.side, 'asker');
    assert.equal(ticket.owner.unit, 'UTO/ncb');
    assert.equal(ticket.clock.for, 'owner');
    assert.ok(opened.headers.get('etag'));
    const late = await until('bureau', (one) => one.id === ticket.id && one.clock.level >= 1);
    assert.equal(late.clock.late, true);
    assert.equal(late.yours, true);
    assert.equal(late.alarm, true);
    const acknowledged = await move(ticket, 'acknowledged', 'bureau');
    assert.equal(acknowledged.status, 200, acknowledged.text);
    assert.equal(acknowledged.data.alarm, false);
    const confirmed = await move(ticket, 'confirmed', 'bureau');
    assert.equal(confirmed.data.state, 'confirmed', confirmed.text);
    const seen = (await get(ticket, 'gate')).data;
    assert.equal(seen.state, 'confirmed');
    assert.ok(seen.history.every((step) => step.unit !== 'UTO/ncb' || step.officer === ''));
    assert.ok(seen.history.some((step) => step.what === 'clock' && step.step === 'ask-again'));
    const told = await move(ticket, 'outcome', 'gate');
    assert.equal(told.data.state, 'outcome', told.text);
    const closed = await move(ticket, 'closed', 'bureau');
    assert.equal(closed.data.open, false, closed.text);
    const [figures] = (await call('GET', '/v1/tickets/figures', undefined, 'bureau')).data.owners;
    assert.equal(figures.country, 'UTO');
    assert.ok(figures.answered >= 1 && figures.confirmed >= 1 && figures.late >= 1 && figures.outcomes >= 1);
    const [score] = (await call('GET', '/v1/tickets/scorecard', undefined, 'bureau')).data;
    assert.equal(score.month, new Date().toISOString().slice(0, 7), 'a run does not begin shortly before midnight');
    assert.deepEqual([score.figures.country, score.figures.answered, score.figures.late], ['UTO', figures.answered, figures.late]);
    assert.deepEqual((await call('GET', '/v1/tickets/scorecard?to=2020-01', undefined, 'hub')).data, []);
    assert.equal((await call('GET', '/v1/tickets/scorecard', undefined, 'hub')).data.length, 1);
    assert.deepEqual((await call('GET', '/v1/tickets/scorecard', undefined, 'gate')).data, [], 'not another country’s');
    assert.equal((await call('GET', '/v1/tickets/scorecard?from=nonsense', undefined, 'bureau')).data.field, 'from');
    assert.deepEqual((await call('GET', '/v1/tickets/figures', undefined, 'other')).data, { owners: [], askers: [] });
    const asked = (await node.call('GET', `/v1/audit/${ticket.receipt}`, undefined, { as: 'cour' })).data.entry;
    assert.equal(asked.purpose, 'border-control', 'the purpose of the search goes on');
    const entry = (await node.call('GET', `/v1/audit/${closed.data.receipt}`)).data.entry;
    assert.equal(entry.officer, 'bureau');
    assert.match(JSON.stringify(entry.query), new RegExp(ticket.id));
  }],
  ['for all but the parties there is no such ticket', async () => {
    const target = await record();
    const ticket = (await ask(target)).data;
    const never = ticket.id.replace(/-.*/, '-ZZZZ');
    const alike = (reply) => reply.text.replaceAll(ticket.id, 'ID').replaceAll(never, 'ID');
    for (const as of ['other', 'port', 'hub', 'parisadmin', 'admin']) {
      assert.equal(alike(await get(ticket, as)), alike(await get({ id: never }, as)), as);
      assert.equal((await get(ticket, as)).status, 404);
      const body = { to: 'acknowledged', version: 2, fields: {} };
      const moved = await call('POST', `/v1/tickets/${ticket.id}/moves`, body, as);
      assert.equal(moved.status, 404);
      assert.equal(alike(moved), alike(await call('POST', `/v1/tickets/${never}/moves`, body, as)));
      assert.ok(!(await list(as)).some((one) => one.id === ticket.id), as);
      for (const path of ['', '/history']) assert.equal(alike(await call('GET', `/v1/records/${ticket.id}${path}`, undefined, as)), alike(await call('GET', `/v1/records/${never}${path}`, undefined, as)), as);
      const suspend = (id) => node.call('POST', `/v1/records/${id}/state`, { state: 'suspended', reason: 'x' }, { as });
      assert.equal(alike(await suspend(ticket.id)), alike(await suspend(never)), as);
    }
    for (const as of ['gate', 'gate2', 'paris', 'bureau', 'auditor']) assert.equal((await get(ticket, as)).status, 200, as);
    assert.equal((await node.call('DELETE', `/v1/records/${ticket.id}`, undefined, { headers: { 'If-Match': '"2"' } })).status, 404);
    assert.equal((await node.call('GET', `/v1/databases/${kind.kind}`)).status, 404);
    assert.ok(!databases.some((one) => one.name === kind.kind));
    const exported = await node.call('GET', '/v1/export?owner=FRA');
    assert.ok(!exported.text.includes(ticket.id));
    const feed = await node.call('GET', '/v1/feed');
    assert.ok(!feed.text.includes(ticket.id));
  }],
  ['who was not shown a record cannot ask, nor learn whether it is there', async () => {
    const shown = await record();
    const hidden = await record({ deny: ['FRA'] });
    const { receipt } = await hit(shown);
    const fields = await fill(kind.needs);
    const open = (target, given, as = 'gate') => call('POST', '/v1/tickets', { kind: kind.kind, record: target, receipt: given, fields }, as);
    const never = shown.id.replace(/-.*/, '-ZZZZ');
    const answers = [await open(hidden.id, receipt), await open(never, receipt), await open(shown.id, '2222-2222'), await open(shown.id, receipt, 'port')];
    const plain = answers.map((reply) => `${reply.status} ${reply.text.replaceAll(hidden.id, 'ID').replaceAll(never, 'ID').replaceAll(shown.id, 'ID').replaceAll('2222-2222', receipt)}`);
    assert.equal(new Set(plain).size, 1, plain.join('\n'));
    assert.match(plain[0], /^404/);
    assert.equal((await open(shown.id, receipt, 'gate2')).status, 201, 'the desk was shown it');
  }],
  ['a training search opens nothing', async () => {
    const target = await record({ test: true });
    const { receipt, hit: found } = await hit(target, 'gate', 'training');
    if (!found) return; /* the database is not for training */
    const reply = await call('POST', '/v1/tickets', { kind: kind.kind, record: target.id, receipt, fields: await fill(kind.needs) }, 'gate');
    assert.equal(reply.status, 403, reply.text);
  }],
  ['two officers press at once: one move', async () => {
    const target = await record();
    const ticket = (await ask(target)).data;
    const read = (await get(ticket, 'bureau')).data;
    const refused = read.moves.find((one) => one.to === 'refused');
    const fields = await fill(refused.needs);
    const both = await Promise.all([1, 2, 3, 4].map(() => call('POST', `/v1/tickets/${ticket.id}/moves`, { to: 'refused', version: read.version, fields }, 'bureau')));
    assert.deepEqual(both.map((reply) => reply.status).sort(), [200, 412, 412, 412]);
    assert.equal((await call('POST', `/v1/tickets/${ticket.id}/moves`, { to: 'refused', fields }, 'bureau')).status, 428);
  }],
  ['an answer that got lost is no second ticket', async () => {
    const target = await record();
    const { receipt } = await hit(target);
    const body = { kind: kind.kind, record: target.id, receipt, fields: await fill(kind.needs) };
    const first = await call('POST', '/v1/tickets', body, 'gate');
    const second = await call('POST', '/v1/tickets', body, 'gate');
    assert.equal(first.data.id, second.data.id);
  }],
  ['what is wrong with a request is told', async () => {
    const target = await record();
    const { receipt } = await hit(target);
    const open = (body) => call('POST', '/v1/tickets', { kind: kind.kind, record: target.id, receipt, ...body }, 'gate');
    assert.equal((await open({ kind: 'none-such' })).data.field, 'kind');
    assert.equal((await open({ kind: databases[0].name })).data.field, 'kind');
    assert.equal((await open({ record: '???' })).data.field, 'record');
    assert.equal((await open({})).status, 422);
    assert.equal((await open({ fields: { none_such: 'x' } })).data.field, 'none_such');
    for (const query of ['open=perhaps', 'side=left', 'after=x', 'max=9999', 'kind=none', 'seen=zz&wait=1']) {
      assert.ok([400, 413, 422].includes((await call('GET', `/v1/tickets?${query}`, undefined, 'gate')).status), query);
    }
    assert.equal((await call('GET', '/v1/tickets/%3F%3F', undefined, 'gate')).status, 422);
  }],
  ['offices are written by administrators and shown to all', async () => {
    const office = { envelope: { owner: 'UTO', purposes: ['search'], review_on: completed({ fields: {} }).envelope.review_on }, fields: { unit: 'UTO/ncb', name: 'Bureau of Utopia', telephone: '+999 1', languages: ['en'], hours: 'round the clock' } };
    assert.equal((await node.call('POST', '/v1/records/office', office, { as: 'bureau' })).status, 403);
    assert.equal((await node.call('POST', '/v1/records/office', office, { as: 'parisadmin' })).status, 403, 'of another country');
    const reply = await node.call('POST', '/v1/records/office', office);
    assert.equal(reply.status, 201, reply.text);
    const [shown] = (await call('GET', '/v1/offices?country=UTO', undefined, 'gate')).data;
    assert.equal(shown.title, 'Bureau of Utopia');
    const ticket = (await ask(await record())).data;
    assert.equal(ticket.offices.owner.telephone, '+999 1');
  }],
  ['on the command line, as an officer', async () => {
    const target = await record();
    const { receipt } = await hit(target);
    const fields = await fill(kind.needs);
    const as = (officer, words) => {
      process.env.BUREAU_TOKEN = node.tokens[officer];
      try { return command(node.data, ['ticket', ...words]); } finally { delete process.env.BUREAU_TOKEN; }
    };
    const words = Object.entries(fields).flatMap(([name, value]) => ['--field', `${name}=${value}`]);
    const opened = as('gate', ['open', kind.kind, target.id, receipt, ...words, '--json']);
    assert.equal(opened.code, 0, opened.err);
    const { id } = opened.json;
    const listed = as('bureau', ['list']);
    assert.match(listed.out, new RegExp(id), listed.err);
    assert.ok(!as('other', ['list']).out.includes(id));
    assert.match(as('bureau', ['show', id]).out, /may be moved to acknowledged/);
    const version = as('bureau', ['show', id, '--json']).json.version;
    assert.equal(as('bureau', ['move', id, 'acknowledged', '--version', String(version)]).code, 0);
    assert.equal(as('other', ['move', id, 'confirmed', '--version', String(version)]).code, 2);
    assert.match(as('gate', ['offices']).out, /UTO\/ncb/);
    assert.equal(as('gate', ['figures']).code, 0);
  }],
  ['killed between a move and its answer: the move stands once, the clock goes on', async () => {
    const target = await record();
    const ticket = (await ask(target)).data;
    const read = (await get(ticket, 'bureau')).data;
    const body = { to: 'acknowledged', version: read.version, fields: {} };
    const moving = call('POST', `/v1/tickets/${ticket.id}/moves`, body, 'bureau').catch(() => null);
    await until('gate', (one) => one.id === ticket.id && one.state === 'acknowledged');
    node.running.server.kill('SIGKILL');
    await node.running.gone;
    await moving;
    node.running = await startServer(node.data, words);
    const after = (await get(ticket, 'bureau')).data;
    assert.equal(after.state, 'acknowledged');
    assert.equal(after.history.filter((step) => step.what === 'move' && step.state === 'acknowledged').length, 1);
    const again = await call('POST', `/v1/tickets/${ticket.id}/moves`, body, 'bureau');
    assert.ok([409, 412].includes(again.status), again.text);
    await until('bureau', (one) => one.id === ticket.id && one.clock && one.clock.level > read.clock.level);
  }],
  ['"not this person": with consent the same document lowers the same alert', async () => {
    let target = null;
    for (const { name } of databases) {
      const { data: database } = await node.call('GET', `/v1/databases/${name}`);
      const fields = database.fields.flatMap((field) => (field.fields ? field.fields.map((inner) => [field, inner]) : [[field]]));
      const path = fields.find((one) => one.at(-1).type === 'name' && one.at(-1).meaning === 'name');
      const example = path && database.purposes.includes('border-control') && database.examples.find((one) => one.body.fields[path[0].name]);
      if (!example) continue;
      let value = example.body.fields[path[0].name];
      if (Array.isArray(value)) [value] = value;
      if (path.length > 1) value = value[path[1].name];
      const text = typeof value === 'string' ? value : Object.values(value).flat().join(' ');
      const body = completed(example.body);
      body.envelope = { ...body.envelope, owner: 'UTO', unit: 'UTO/ncb', test: false, disclose: 'masked', purposes: ['border-control', 'investigate'] };
      const reply = await node.call('POST', `/v1/records/${name}`, body, { as: 'bureau' });
      if (reply.status === 201) { target = { id: reply.data.id, name, text }; break; }
    }
    assert.ok(target, 'no database of names');
    const document = { 'document-number': 'ZQ7734190', issuer: 'UTO' };
    const search = async (more) => {
      const { data } = await node.call('POST', '/v1/search', { purpose: 'border-control', fields: { name: target.text, ...more }, databases: [target.name], limit: 100 }, { as: 'gate' });
      return { receipt: data.receipt, hit: data.hits.find((one) => one.id === target.id) };
    };
    const before = await search(document);
    assert.ok(before.hit, 'the name is not found');
    assert.equal(before.hit.cleared, undefined);
    const opened = await call('POST', '/v1/tickets', { kind: kind.kind, record: target.id, receipt: before.receipt, fields: await fill(kind.needs) }, 'gate');
    assert.equal(opened.status, 201, opened.text);
    const clearance = { consent: true, document: document['document-number'], issuer: 'UTO', until: '2031-01-01' };
    assert.equal((await move(opened.data, 'not-confirmed', 'bureau', { clearance: { ...clearance, consent: false } })).status, 422);
    const moved = await move(opened.data, 'not-confirmed', 'bureau', { clearance });
    assert.equal(moved.status, 200, moved.text);
    assert.equal(moved.data.clearances[0].document, true);
    assert.ok(!moved.text.includes(clearance.document));
    assert.match(moved.data.slip_code, /^<svg /);
    const check = (more) => call('POST', '/v1/clearances/check', { slip: moved.data.slip, ...more }, 'other');
    const { document: number, issuer } = clearance;
    assert.deepEqual([(await check({})).data.good, (await check({ document: number, issuer })).data.document, (await check({ document: 'ZQ7734191', issuer })).data.document], [true, 'same', 'other']);
    assert.equal((await check({ slip: moved.data.slip.replace('2031', '2039') })).data.good, false);
    assert.equal((await check({ slip: 'no slip' })).status, 400);
    const key = (await call('GET', '/v1/clearances/key', undefined, 'other')).text.trim();
    assert.equal((await check({ key })).data.good, true);
    const after = await search(document);
    assert.equal(after.hit.cleared.unit, 'UTO/ncb');
    assert.notEqual(after.hit.band, 'hit');
    assert.equal((await search({ ...document, 'document-number': 'ZQ7734191' })).hit.cleared, undefined);
  }],
  ['alarms ring outside, signed, again until they are taken, and name no person', async () => {
    const envelope = { owner: 'UTO', purposes: ['search'], review_on: completed({ fields: {} }).envelope.review_on };
    const address = `http://127.0.0.1:${listener.address().port}/bureau`;
    const hook = await node.call('POST', '/v1/records/webhook', { envelope, fields: { unit: 'UTO/ncb', url: address, what: ['alarm', 'clock'] } });
    assert.equal(hook.status, 201, hook.text);
    const target = await record();
    const ticket = (await ask(target)).data;
    await until('bureau', (one) => one.id === ticket.id && one.clock && one.clock.level >= 1);
    const line = await eventually(() => existsSync(alarms) && readFileSync(alarms, 'utf8').split('\n').slice(0, -1).find((text) => text.includes(`TICKET=${ticket.id}`)), 'the command');
    await eventually(() => posts.length >= 2 && new Set(posts.map((post) => post.headers['webhook-id'])).size < posts.length, 'the second try');
    assert.match(line, /BUREAU_ALARM_UNIT=UTO\/ncb/);
    const key = readFileSync(join(node.data, 'node.key'));
    const { headers, body } = posts[1];
    const seed = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), key.subarray(0, 32)]);
    const open = createPublicKey({ key: seed, format: 'der', type: 'pkcs8' });
    const signed = Buffer.from(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`);
    assert.ok(verify(null, signed, open, Buffer.from(headers['webhook-signature'].replace('v1a,', ''), 'base64')));
    assert.ok(!verify(null, Buffer.concat([signed, Buffer.from(' ')]), open, Buffer.from(headers['webhook-signature'].replace('v1a,', ''), 'base64')));
    const [name, value] = target.key;
    for (const text of [...posts.map((post) => post.body), readFileSync(alarms, 'utf8')]) {
      assert.ok(!text.includes(value) && !text.includes('words of an officer') && !text.includes(target.id), `${name} in ${text}`);
    }
  }],
  ['killed at any moment of a move: it happened once or not at all', async () => {
    for (let round = 0; round < 5; round++) {
      const ticket = (await ask(await record())).data;
      const read = (await get(ticket, 'bureau')).data;
      const moving = call('POST', `/v1/tickets/${ticket.id}/moves`, { to: 'acknowledged', version: read.version, fields: {} }, 'bureau').catch(() => null);
      await new Promise((resolve) => { setTimeout(resolve, round * 2); });
      node.running.server.kill('SIGKILL');
      await node.running.gone;
      const answer = await moving;
      node.running = await startServer(node.data, words);
      const after = (await get(ticket, 'bureau')).data;
      const moves = after.history.filter((step) => step.what === 'move' && step.state === 'acknowledged').length;
      assert.equal(moves, after.state === 'acknowledged' ? 1 : 0);
      assert.ok(['sent', 'acknowledged'].includes(after.state), after.state);
      if (answer?.status === 200) {
        assert.equal(after.state, 'acknowledged', 'an answer was given for what is not there');
        assert.equal((await node.call('GET', `/v1/audit/${answer.data.receipt}`)).status, 200, 'an answer without its entry');
      }
      if (after.state === 'sent') assert.equal((await move(ticket, 'acknowledged', 'bureau')).status, 200);
    }
  }],
  ['nobody answers: in the end the hub sees it', async () => {
    const target = await record();
    const ticket = (await ask(target)).data;
    assert.equal((await get(ticket, 'hub')).status, 404);
    const late = await until('hub', (one) => one.id === ticket.id);
    assert.equal(late.side, 'hub');
    assert.equal(late.clock.step, 'hub');
    assert.equal((await get(ticket, 'other')).status, 404);
  }],
  ['every route of tickets was checked against its description', () => {
    assert.deepEqual(contract.missed((path) => /tickets|clearances|offices/.test(path)), []);
  }],
];
let failed = 1;
try {
  failed = await runTests('tickets', tests);
} finally {
  await node.stop();
  listener.close();
  rmSync(home, { recursive: true, force: true });
}
process.exit(failed ? 1 : 0);
