// SPDX-License-Identifier: Apache-2.0
// Shared terminals over TLS with client certificates: enrolled, taken over, bound to desk and certificate; unfinished work; never two persons in one entry.
import assert from 'node:assert/strict';
import { Authenticator } from './authenticator.mjs';
import { Browser, password } from './browser.mjs';
import { Certificates } from './certificates.mjs';
import { SteppedClock } from './clock.mjs';
import { Contract } from './contract.mjs';
import { command, newDirectory, removeDirectory, runTests, startServer } from './node.mjs';

const data = newDirectory();
const place = newDirectory();
const made = new Certificates(place);
made.authority('ca');
for (const name of ['server', 'gate7', 'gate8', 'desk', 'system']) made.make(name);
const ca = made.read('ca.pem');
const clock = new SteppedClock(place);
const running = await startServer(data, ['--rate', '0', '--certificate', made.file('server.pem'), '--key', made.file('server.key'), '--client-ca', made.file('ca.pem')], 0, clock.env);
const origin = `https://localhost:${running.port}`;
const run = (...words) => command(data, [...words, '--json']);
const own = { port: running.port, ca, servername: 'localhost' };
const described = await new Browser(own).call('GET', '/openapi.json');
const contract = new Contract(described.data);
// At a computer with this certificate, or none.
const at = (name) => new Browser(name ? { ...own, ...made.client(name) } : own, contract);
const people = {};
const searching = (text) => ['POST', '/v1/search', { text, purpose: 'border-control' }];
const entries = (count = 60) => run('audit', 'show', '--max', String(count)).json.map((item) => item.entry).filter(Boolean);

async function enter(id, unit, role, ...words) {
  const link = run('officer', 'add', id, '--country', unit.slice(0, 3), '--unit', unit, '--role', role, '--purpose', 'border-control', '--invite', ...words).json;
  const person = { id, home: at(), key: new Authenticator(origin, { counter: 1 }) };
  await person.home.enrol(link.secret);
  assert.equal((await person.home.makePasskey(person.key, 'key')).status, 201);
  people[id] = person;
}
const enrol = (id, certificate, ...words) => run('terminal', 'add', id, '--unit', 'UTO/gate', '--role', 'frontline', '--purpose', 'border-control', '--certificate', made.file(`${certificate}.pem`), ...words);

const failed = await runTests('terminals', [
  ['a terminal is enrolled by the key of its certificate, within what its desk may', async () => {
    assert.equal(run('unit', 'add', 'UTO/ncb', '--country', 'UTO', '--name', 'Bureau', '--level', 'national-bureau').code, 0);
    for (const name of ['gate', 'other']) assert.equal(run('unit', 'add', `UTO/${name}`, '--country', 'UTO', '--name', name, '--level', 'unit', '--parent', 'UTO/ncb', '--purpose', 'border-control', '--purpose', 'investigate').code, 0);
    assert.equal(enrol('gate-7', 'gate7', '--label', 'Gate 7', '--idle', '60').code, 0);
    assert.equal(enrol('gate-8', 'gate8').code, 0);
    assert.equal(run('officer', 'add', 'sys', '--country', 'UTO', '--unit', 'UTO/gate', '--role', 'frontline', '--purpose', 'border-control', '--certificate', made.file('system.pem')).code, 0);
    for (const [why, result] of Object.entries({
      'the id is taken': enrol('gate-7', 'desk'), 'the key is taken': enrol('gate-9', 'gate7'), 'the key is a system\'s': enrol('gate-9', 'system'), 'too long an idle time': enrol('gate-9', 'desk', '--idle', '4000'), 'too short': enrol('gate-9', 'desk', '--idle', '5'),
      'a bad id': enrol('gate/9', 'desk'),
      'no such unit': run('terminal', 'add', 'x', '--unit', 'UTO/none', '--role', 'frontline', '--purpose', 'border-control', '--certificate', made.file('desk.pem')),
      'an administrator\'s role': run('terminal', 'add', 'x', '--unit', 'UTO/gate', '--role', 'administrator', '--purpose', 'border-control', '--certificate', made.file('desk.pem')),
      'no purpose of the unit': run('terminal', 'add', 'x', '--unit', 'UTO/gate', '--role', 'frontline', '--purpose', 'extradition', '--certificate', made.file('desk.pem')) })) assert.equal(result.code, 2, why);
    assert.deepEqual(run('terminal', 'list').json.map((one) => [one.id, one.unit, one.role, one.purpose, one.idle_s]).sort(), [['gate-7', 'UTO/gate', 'frontline', 'border-control', 60], ['gate-8', 'UTO/gate', 'frontline', 'border-control', 120]]);
    await enter('o-1', 'UTO/gate', 'frontline', '--purpose', 'investigate', '--may', 'write');
    assert.equal(run('officer', 'change', 'o-1', '--version', '1', '--unit', 'UTO/gate', '--role', 'frontline', '--role', 'investigator', '--may', 'write', '--purpose', 'border-control', '--purpose', 'investigate').code, 0);
    await enter('o-2', 'UTO/gate', 'frontline');
    await enter('o-3', 'UTO/other', 'frontline');
    await enter('o-4', 'UTO/ncb', 'national-bureau');
    await enter('o-5', 'UTO/ncb', 'frontline');
    await enter('f-1', 'FRA/gate', 'frontline');
  }],
  ['the browser learns what it is at, and nothing of anybody', async () => {
    assert.deepEqual((await at().call('GET', '/v1/terminal')).data, { enrolled: false });
    const here = (await at('gate7').call('GET', '/v1/terminal')).data;
    assert.deepEqual([here.id, here.label, here.unit, here.role.code, here.purpose.code, here.idle_s], ['gate-7', 'Gate 7', 'UTO/gate', 'frontline', 'border-control', 60]);
    assert.deepEqual((await at('desk').call('GET', '/v1/terminal')).data, { enrolled: false });
  }],
  ['taken over with a passkey: role and purpose are the desk\'s, whatever else the officer may', async () => {
    const gate = at('gate7');
    const taken = await gate.signIn(people['o-1'].key);
    assert.equal(taken.status, 200, taken.text);
    assert.deepEqual([taken.data.officer, taken.data.role, taken.data.roles.map((r) => r.code), taken.data.purposes.map((p) => p.code), taken.data.may, taken.data.terminal.id], ['o-1', 'frontline', ['frontline'], ['border-control'], ['write'], 'gate-7']);
    assert.ok(new Date(taken.data.idle_until) - Date.now() < 61e3);
    assert.equal((await gate.call(...searching('Q12345678'))).status, 200);
    assert.equal((await gate.call('POST', '/v1/search', { text: 'Q12345678', purpose: 'investigate' })).status, 403);
    assert.equal((await gate.call('GET', '/v1/me', undefined, { 'Bureau-Role': 'investigator' })).status, 403);
    for (const [method, path, body] of [['POST', '/v1/me/passkeys/start'], ['POST', '/v1/me/tokens', { label: 'x', days: 1 }], ['POST', '/v1/me/password', { password, code: '000000', new: 'another long pass phrase' }], ['DELETE', '/v1/credentials/4D2KX9A-1F']]) {
      const reply = await gate.call(method, path, body);
      assert.deepEqual([reply.status, /shared terminal/.test(reply.text)], [403, true], `${path}: ${reply.text}`);
    }
    people['o-1'].home.proof = '';
    const home = at();
    assert.equal((await home.signIn(people['o-1'].key)).status, 200);
    assert.equal((await home.call('GET', '/v1/me')).data.purposes.length, 2, 'at his own desk he is all he is');
    assert.equal((await gate.call('GET', '/v1/me')).status, 200);
  }],
  ['the cookie is worthless elsewhere, and another\'s is worthless here', async () => {
    const gate = at('gate7');
    for (const [why, elsewhere] of Object.entries({ 'with a stranger\'s certificate': at('desk'), 'without a certificate': at(), 'at another terminal': at('gate8') })) {
      assert.equal((await gate.signIn(people['o-1'].key)).status, 200);
      Object.assign(elsewhere, { cookies: { ...gate.cookies }, proof: gate.proof });
      assert.equal((await elsewhere.call('GET', '/v1/me')).status, 401, why);
      if (!/stranger/.test(why)) assert.equal((await gate.call('GET', '/v1/me')).status, 401, 'it was stolen: it is over');
    }
    const home = at();
    assert.equal((await home.signIn(people['o-1'].key)).status, 200);
    const token = (await home.call('POST', '/v1/me/tokens', { label: 'x', days: 1 })).data.token;
    await home.call('GET', '/v1/session');
    const carried = at('gate7');
    Object.assign(carried, { cookies: { ...home.cookies }, proof: home.proof });
    assert.equal((await carried.call('GET', '/v1/me')).status, 401, 'a session made at his own desk');
    assert.equal((await at('gate7').call('GET', '/v1/me', undefined, { Authorization: `Bearer ${token}` })).status, 401, 'a token');
    assert.equal((await at('gate7').call('GET', '/v1/me')).status, 401, 'the certificate alone');
    const typed = await at('gate7').call('POST', '/v1/session', { officer: 'o-1', password, code: people['o-1'].home.codes.unused() });
    assert.deepEqual([typed.status, /passkey/.test(typed.text)], [403, true], 'a password');
  }],
  ['whoever is not of the desk, or has not its role, does not take over, and ends nobody\'s session', async () => {
    const gate = at('gate7');
    assert.equal((await gate.signIn(people['o-1'].key)).status, 200);
    for (const [id, why] of [['o-3', /not of this desk/], ['o-4', /has not the role/], ['f-1', /not of this desk/]]) {
      const reply = await at('gate7').signIn(people[id].key);
      assert.equal(reply.status, 403, reply.text);
      assert.match(reply.data.detail, why);
    }
    assert.equal((await gate.call('GET', '/v1/me')).data.officer, 'o-1');
    assert.equal((await at('gate7').signIn(people['o-5'].key)).status, 200, 'a unit above stands in for its own');
  }],
  ['taking over ends the session before at once; each has an entry of his own', async () => {
    const [one, two] = [at('gate7'), at('gate7')];
    assert.equal((await one.signIn(people['o-1'].key)).status, 200);
    const first = await one.call('GET', '/v1/tickets');
    const begun = one.call('GET', `/v1/tickets?wait=2&seen=${encodeURIComponent(first.data.seen)}`);
    assert.equal((await one.call('GET', '/v1/me')).status, 200); // by then the other is under way
    const taken = await two.signIn(people['o-2'].key);
    assert.equal(taken.status, 200, taken.text);
    assert.equal((await one.call('GET', '/v1/me')).status, 401);
    assert.equal((await begun).status, 401, 'asked by one, and there to be answered when the other sits here');
    const seen = entries(12);
    const left = seen.find((entry) => entry.verdict === 'terminal left to another');
    const took = seen.find((entry) => entry.verdict === 'terminal taken over' && entry.officer === 'o-2');
    assert.deepEqual([left.officer, left.terminal, took.terminal], ['o-1', 'gate-7', 'gate-7']);
    assert.ok(!JSON.stringify(took).includes('o-1') && !JSON.stringify(left).includes('o-2'), 'no entry speaks of two');
  }],
  ['unfinished work comes back to its officer, at his desk, and to nobody else', async () => {
    const text = JSON.stringify({ typed: 'ERIKSSON' });
    const one = at('gate7');
    assert.equal((await one.signIn(people['o-1'].key)).status, 200);
    assert.equal((await one.call('PUT', '/v1/me/draft', { text })).status, 204);
    assert.equal((await one.call('PUT', '/v1/me/draft', { text: 'x'.repeat(65537) })).status, 413);
    const two = at('gate7');
    await two.signIn(people['o-2'].key);
    assert.equal((await two.call('GET', '/v1/me/draft')).data.text, '');
    assert.equal((await two.call('PUT', '/v1/me/draft', { text: 'mine' })).status, 204);
    assert.equal((await one.call('PUT', '/v1/me/draft', { text: 'late' })).status, 401, 'what was kept is not overwritten from behind');
    const again = at('gate8');
    assert.equal((await again.signIn(people['o-1'].key)).status, 200);
    assert.equal((await again.call('GET', '/v1/me/draft')).data.text, text, 'at any terminal of the desk');
    const home = at();
    await home.signIn(people['o-1'].key);
    assert.equal((await home.call('GET', '/v1/me/draft')).status, 403);
    assert.equal((await home.call('PUT', '/v1/me/draft', { text })).status, 403);
    const export_ = await home.call('GET', '/v1/export?owner=UTO');
    assert.ok(!export_.text.includes('ERIKSSON'));
    assert.equal(run('grant', 'add', 'o-1', '--until', '2099-01-01T00:00:00Z', '--reason', 'too long').code, 2);
    const soon = `${new Date(Date.now() + 3600e3).toISOString().slice(0, 19)}Z`;
    assert.equal(run('grant', 'add', 'o-1', '--until', soon, '--reason', 'for an hour', '--role', 'analyst').code, 0);
    const changed = at('gate7');
    assert.equal((await changed.signIn(people['o-1'].key)).status, 200);
    assert.equal((await changed.call('GET', '/v1/me/draft')).data.text, '', 'his rights changed: it is gone');
    await changed.call('PUT', '/v1/me/draft', { text });
    clock.step(12 * 3600 + 60);
    const late = at('gate7');
    assert.equal((await late.signIn(people['o-1'].key)).status, 200);
    assert.equal((await late.call('GET', '/v1/me/draft')).data.text, '', 'after twelve hours');
  }],
  ['it locks after its idle time; what the page polls is no use of it', async () => {
    const gate = at('gate7');
    assert.equal((await gate.signIn(people['o-1'].key)).status, 200);
    clock.step(30);
    assert.equal((await gate.call('GET', '/v1/session')).status, 200);
    clock.step(40);
    assert.equal((await gate.call('GET', '/v1/tickets?wait=1')).status, 200);
    clock.step(25);
    assert.equal((await gate.call('GET', '/v1/session')).status, 401);
  }],
  ['many take turns, all asking at once: no answer and no entry mixes two', async () => {
    const turns = ['o-1', 'o-2', 'o-1', 'o-2', 'o-1', 'o-2'];
    const answered = [];
    const begun = [];
    for (const id of turns) {
      const mine = at('gate7');
      const taken = await mine.signIn(people[id].key);
      assert.equal(taken.status, 200, taken.text);
      const former = begun.at(-1);
      if (former) assert.equal((await former.browser.call(...searching('Q12345678'))).status, 401, 'asked after another took over');
      const asking = Array.from({ length: 12 }, (_, i) => mine.call(...searching(`Q1234567${i % 10}`)).then((reply) => answered.push([id, reply])));
      begun.push({ browser: mine, asking });
    }
    await Promise.all(begun.flatMap((one) => one.asking));
    const log = new Map(run('audit', 'show', '--max', '300').json.map((item) => [item.receipt, item.entry]));
    let good = 0;
    for (const [id, reply] of answered) {
      assert.ok([200, 401].includes(reply.status), reply.text);
      if (reply.status !== 200) continue;
      good++;
      const entry = log.get(reply.data.receipt);
      assert.deepEqual([entry.officer, entry.terminal], [id, 'gate-7']);
    }
    assert.ok(good >= 12, `${good} answered`);
    assert.ok([...log.values()].filter((entry) => entry?.kind === 'search' && entry.terminal).every((entry) => ['o-1', 'o-2'].includes(entry.officer)));
  }],
  ['in an emergency he stays at the terminal; administration has no place there', async () => {
    const gate = at('gate7');
    await gate.signIn(people['o-2'].key);
    const taken = await gate.call('POST', '/v1/me/break-glass', { of: 'UTO', reason: 'a child is missing at the port', minutes: 20 });
    assert.equal(taken.status, 201, taken.text);
    const session = (await gate.call('GET', '/v1/session')).data;
    assert.deepEqual([session.terminal.id, session.purposes.map((p) => p.code)], ['gate-7', ['border-control']]);
    assert.equal((await gate.call('GET', '/v1/terminals')).status, 403);
    assert.equal((await gate.call('DELETE', '/v1/session')).status, 204, 'signed out: locked');
    assert.equal((await gate.call('GET', '/v1/session')).status, 401);
  }],
  ['taken off the list, it is a stranger at once', async () => {
    const gate = at('gate8');
    assert.equal((await gate.signIn(people['o-1'].key)).status, 200);
    assert.equal(run('terminal', 'remove', 'gate-8').code, 0);
    assert.equal((await gate.call('GET', '/v1/me')).status, 401);
    assert.deepEqual((await gate.call('GET', '/v1/terminal')).data, { enrolled: false });
    assert.equal(run('terminal', 'remove', 'gate-8').code, 2);
    assert.equal(enrol('gate-8', 'gate8').code, 0, 'and may be enrolled anew');
    const verdicts = entries(60).map((entry) => entry.verdict);
    for (const verdict of ['terminal enrolled', 'terminal removed', 'terminal taken over']) assert.ok(verdicts.includes(verdict), verdict);
  }],
  ['administrators reach the terminals of their own units', async () => {
    const [uto, fra] = [['a-1', 'UTO', 'UTO/ncb'], ['a-2', 'FRA', 'FRA/ncb']].map(([id, country, unit]) => run('officer', 'add', id, '--country', country, '--unit', unit, '--role', 'administrator').json.token);
    const as = (token) => ({ Authorization: `Bearer ${token}` });
    const hash = 'ab'.repeat(32);
    const terminal = { id: 'gate-9', unit: 'UTO/gate', role: 'frontline', purpose: 'border-control', certificate_key: hash };
    assert.equal((await at().call('POST', '/v1/terminals', terminal, as(fra))).status, 404);
    const added = await at().call('POST', '/v1/terminals', terminal, as(uto));
    assert.equal(added.data.key, hash, added.text);
    assert.deepEqual((await at().call('GET', '/v1/terminals', undefined, as(fra))).data, []);
    assert.equal((await at().call('GET', '/v1/terminals', undefined, as(uto))).data.length, 3);
    assert.equal((await at().call('DELETE', '/v1/terminals/gate-9', undefined, as(fra))).status, 404);
    assert.equal((await at().call('DELETE', '/v1/terminals/gate-9', undefined, as(uto))).status, 204);
    assert.equal((await people['o-1'].home.call('GET', '/v1/terminals')).status, 401);
  }],
  ['every route of terminals was checked against its description', () => {
    assert.deepEqual(contract.missed((path, key) => /terminal|draft/.test(path) && !/^(DELETE|PUT Keep)/.test(key)), []);
  }],
]);
await running.stop();
removeDirectory(data);
removeDirectory(place);
process.exit(failed ? 1 : 0);
