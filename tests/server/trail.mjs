// SPDX-License-Identifier: Apache-2.0
// Whatever an administrator, an officer in an emergency, or whoever is at the machine does to rights, keys and other people's changes has
// its entry: a table of acts, each with what the log says of it and who did it. Officers from a list by the command line are in it.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Browser, password } from './browser.mjs';
import { command, completed, newDirectory, purpose, removeDirectory, runTests, startServer } from './node.mjs';

const data = newDirectory();
const outside = newDirectory();
const running = await startServer(data, ['--rate', '0']);
const run = (...words) => { const done = command(data, [...words, '--json']); assert.ok(done.code !== 2, `${words.join(' ')}: ${done.err}`); return done.json; };
const at = () => ({ port: running.port });
const admin = new Browser(at);
const patrol = new Browser(at);
const second = new Browser(at);
const ok = (reply, status = 200) => { assert.equal(reply.status, status, reply.text); return reply.data; };
const soon = (hours) => `${new Date(Date.now() + hours * 3600e3).toISOString().slice(0, 19)}Z`;
const file = (name, text) => { const path = join(outside, name); writeFileSync(path, text); return path; };
const kept = {};
const officer = { country: 'UTO', unit: 'UTO/gate', role: 'frontline', purposes: [purpose], invite: true };
mkdirSync(join(outside, 'backups'));

// What is done, what the entry says, by whom; in order, for each stands on those before.
const acts = [
  ['a unit is founded at the machine', () => run('unit', 'add', 'UTO/ncb', '--country', 'UTO', '--name', 'Bureau', '--level', 'national-bureau'), 'unit founded', 'local'],
  ['the node is set up', async () => { await admin.enrol(run('setup', 'o-1', '--country', 'UTO', '--unit', 'UTO/ncb').secret); }, 'node set up', 'local'],
  ['its first administrator sets a password', () => {}, 'password and codes set by a one-time link', 'o-1'],
  ['he founds a unit', async () => ok(await admin.call('POST', '/v1/units', { id: 'UTO/gate', country: 'UTO', name: 'Gate', parent: 'UTO/ncb', level: 'unit' }), 201), 'unit founded', 'o-1'],
  ['changes it', async () => ok(await admin.call('PUT', '/v1/units/UTO/gate', { version: 1, name: 'Gate 1', parent: 'UTO/ncb', level: 'unit' })), 'unit changed', 'o-1'],
  ['adds an officer', async () => { await patrol.enrol(ok(await admin.call('POST', '/v1/officers', { ...officer, officer: 'o-10' }), 201).secret); }, 'officer added', 'o-1'],
  ['adds officers from a list', async () => { await second.enrol(ok(await admin.call('POST', '/v1/officers/import', `officer;unit;country;role;purposes;rights\no-2;UTO/ncb;UTO;national-bureau;${purpose};write\n`)).invitations[0].secret); }, 'officers entered from a list', 'o-1'],
  ['the machine adds some from a file, in one step', () => {
    const list = file('officers.csv', `officer,country,unit,role,purposes\no-20,UTO,UTO/gate,frontline,${purpose}\no-21,UTO,UTO/gate,frontline,${purpose}\n`);
    const done = run('officer', 'import', list);
    assert.deepEqual([done.added, done.refused, done.invitations.map((one) => /#enrol=[\w-]{43}$/.test(one.link))], [2, [], [true, true]]);
    const bad = command(data, ['officer', 'import', file('bad.csv', `officer,country,unit,role,purposes\no-22,UTO,UTO/gate,frontline,${purpose}\no-21,UTO,UTO/gate,frontline,${purpose}\n`), '--json']);
    assert.deepEqual([bad.code, bad.json.added, bad.json.refused[0].officer], [1, 0, 'o-21'], 'all of it or nothing');
    const part = command(data, ['officer', 'import', join(outside, 'bad.csv'), '--partly', '--json']);
    assert.deepEqual([part.code, part.json.added], [1, 1]);
  }, 'officers entered from a list', 'local'],
  ['an officer is changed', async () => ok(await admin.call('PUT', '/v1/officers/o-20', { version: 1, unit: 'UTO/gate', roles: ['investigator'], purposes: [purpose] })), 'officer changed', 'o-1'],
  ['invited anew', async () => ok(await admin.call('POST', '/v1/officers/o-20/invitation'), 201), 'officer invited', 'o-1'],
  ['removed', async () => ok(await admin.call('DELETE', '/v1/officers/o-21'), 204), 'officer removed', 'o-1'],
  ['a grant is given', async () => { kept.grant = ok(await admin.call('POST', '/v1/grants', { officer: 'o-20', purposes: ['search'], until: soon(1), reason: 'stands in for a colleague' }), 201).id; }, 'grant given', 'o-1'],
  ['and ended', async () => ok(await admin.call('DELETE', `/v1/grants/${kept.grant}`), 204), 'grant ended', 'o-1'],
  ['access is taken in an emergency', async () => { kept.glass = ok(await patrol.call('POST', '/v1/me/break-glass', { of: 'UTO', reason: 'a child is missing at the port', purposes: ['search'] }), 201).id; }, 'break-glass taken', 'o-10'],
  ['and reviewed by another', async () => ok(await admin.call('POST', `/v1/grants/${kept.glass}/review`, { review: 'the child was found' })), 'break-glass reviewed', 'o-1'],
  ['a token is made', async () => { kept.token = ok(await second.call('POST', '/v1/me/tokens', { label: 'nightly', days: 3 }), 201); }, 'token made', 'o-2'],
  ['and revoked', async () => { ok(await second.call('GET', '/v1/session')); ok(await second.call('DELETE', `/v1/credentials/${kept.token.id}`), 204); }, 'credential revoked', 'o-2'],
  ['a sign-in fails', async () => { assert.equal((await new Browser(at).call('POST', '/v1/session', { officer: 'o-2', password: 'not this pass phrase', code: '000000' })).status, 401); }, 'sign-in failed', 'nobody'],
  ['and one does not', async () => { ok(await second.call('POST', '/v1/session', { officer: 'o-2', password, code: await second.codes.next() })); }, 'signed in', 'o-2'],
  ['a measure is decided', () => { kept.measure = run('measure', 'add', 'UTO', '--kind', 'pre-approval', '--reason', 'bulk deletions not explained').id; }, 'measure decided', 'local'],
  ['a change waits', async () => {
    for (const { name } of ok(await second.call('GET', '/v1/databases'))) {
      const shown = ok(await second.call('GET', `/v1/databases/${name}`)).examples[0];
      const reply = await second.call('POST', `/v1/records/${name}`, completed(shown.body));
      if (reply.status === 202) { kept.proposal = reply.data.waiting; return; }
    }
    assert.fail('nothing waits');
  }, 'proposed', 'o-2'],
  ['is looked at', async () => ok(await second.call('GET', `/v1/approvals/${kept.proposal}`)), 'proposal shown', 'o-2'],
  ['one who may not approve it tries', async () => { assert.equal((await second.call('POST', `/v1/approvals/${kept.proposal}/approve`)).status, 403); }, /entered it; another decides/, 'o-2'],
  ['is withdrawn', async () => ok(await second.call('DELETE', `/v1/approvals/${kept.proposal}`)), 'proposal withdrawn', 'o-2'],
  ['the measure is lifted', () => run('measure', 'lift', kept.measure), 'measure lifted', 'local'],
  ['a key of recovery is split', () => {
    const hash = (n) => String(n).padStart(64, '0');
    return post('/v1/recovery', { set: '04ZK9QWM', need: '2', of: '2', sealed_to: hash(1), commitments: [hash(2), hash(3)], made: '2026-11-22T10:00:00Z' });
  }, 'key of recovery split', 'local'],
  ['whoever is at the machine tries to make an administrator alone', () => { assert.equal(command(data, ['officer', 'invite', 'o-1']).code, 2); }, /nobody at the machine makes an administrator alone/, 'local'],
  ['the node is backed up', () => run('backup', join(outside, 'backups', 'one')), 'backup', 'local'],
  ['a unit is closed', async () => ok(await admin.call('DELETE', '/v1/units/UTO/gate'), 204), 'unit closed', 'o-1'],
];

// Over the control socket, as the commands do.
async function post(path, body) {
  const { request } = await import('node:http');
  return new Promise((resolve, reject) => {
    const sent = request({ socketPath: join(data, 'control'), path, method: 'POST' }, (reply) => {
      let text = '';
      reply.on('data', (chunk) => { text += chunk; });
      reply.on('end', () => { try { assert.equal(reply.statusCode, 201, text); resolve(JSON.parse(text)); } catch (failure) { reject(failure); } });
    });
    sent.on('error', reject);
    sent.end(JSON.stringify(body));
  });
}
const newest = () => run('audit', 'show', '--max', '30').map((one) => ({ number: one.number, ...one.entry }));

let before = 0;
const failed = await runTests('trail', [
  ...acts.map(([what, act, verdict, who]) => [what, async () => {
    await act();
    const found = newest().filter((entry) => entry.number > before && (verdict instanceof RegExp ? verdict.test(entry.verdict) : entry.verdict === verdict) && entry.officer === who);
    assert.ok(found.length > 0, `no entry "${verdict}" by ${who} among ${JSON.stringify(newest().filter((entry) => entry.number > before).map((entry) => [entry.verdict, entry.officer]))}`);
    if (what !== 'the node is set up') before = Math.max(...found.map((entry) => entry.number));
  }]),
  ['and none of them holds a secret', () => {
    const text = JSON.stringify(run('audit', 'show', '--max', '500'));
    for (const secret of [password, kept.token.token, patrol.codes.secret, ...Object.values(admin.cookies)]) assert.ok(!text.includes(secret));
  }],
]);
await running.stop();
removeDirectory(data);
removeDirectory(outside);
process.exit(failed ? 1 : 0);
