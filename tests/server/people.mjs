// SPDX-License-Identifier: Apache-2.0
// People and systems: set-up, sign-in end to end, sessions and their ends, delegation, grants, emergencies, measures, systems that ask for officers.
import assert from 'node:assert/strict';
import { Browser as PlainBrowser, password } from './browser.mjs';
import { Contract } from './contract.mjs';
import { command, newDirectory, purpose, removeDirectory, runTests, startServer } from './node.mjs';
import { Codes } from './totp.mjs';

const data = newDirectory();
let running = await startServer(data, ['--rate', '0']);
const contract = new Contract(await (await fetch(`http://127.0.0.1:${running.port}/openapi.json`)).json());
const run = (...words) => command(data, [...words, '--json']);

class Browser extends PlainBrowser {
  constructor() { super(() => ({ port: running.port }), contract); }
}
const program = (token, headers = {}) => ({
  async call(method, path, body) {
    const reply = await fetch(`http://127.0.0.1:${running.port}${path}`, {
      method, body: body === undefined ? undefined : JSON.stringify(body), headers: { Authorization: `Bearer ${token}`, 'Bureau-Purpose': purpose, ...headers },
    });
    const text = await reply.text();
    let json = null;
    try { json = JSON.parse(text); } catch { /* nothing */ }
    return contract.check(method, path, { status: reply.status, data: json, text, headers: reply.headers });
  },
});
const soon = (hours) => `${new Date(Date.now() + hours * 3600e3).toISOString().slice(0, 19)}Z`;
const admin = new Browser();
const colleague = new Browser();
const patrol = new Browser();
const listed = new Browser();

const failed = await runTests('people', [
  ['the first administrator comes by a one-time link', async () => {
    assert.equal(run('unit', 'add', 'UTO/ncb', '--country', 'UTO', '--name', 'Bureau', '--level', 'national-bureau').code, 0);
    const made = run('setup', 'o-1', '--country', 'UTO', '--unit', 'UTO/ncb');
    assert.equal(made.code, 0, made.err);
    assert.match(made.json.link, /#enrol=[\w-]{43}$/);
    const again = run('setup', 'o-1', '--country', 'UTO', '--unit', 'UTO/ncb').json; // the first was lost: it is good no more
    assert.equal((await admin.call('POST', '/v1/enrolment/start', { secret: made.json.secret })).status, 404);
    const start = await admin.call('POST', '/v1/enrolment/start', { secret: again.secret });
    assert.match(start.data.totp.uri, /^otpauth:\/\/totp\/Bureau:o-1\?secret=[A-Z2-7]{32}&/);
    const codes = new Codes(start.data.totp.secret);
    assert.equal((await admin.call('POST', '/v1/enrolment', { secret: again.secret, password, code: codes.wrong() })).status, 422);
    assert.equal((await admin.call('POST', '/v1/enrolment', { secret: again.secret, password: 'short', code: codes.unused() })).status, 422);
    const common = await admin.call('POST', '/v1/enrolment', { secret: again.secret, password: 'Welcome2024!!', code: codes.unused() });
    assert.deepEqual([common.status, common.data.field], [422, 'password'], common.text);
    assert.match(common.text, /a common one/);
    assert.ok(!common.text.includes('Welcome2024'));
    await admin.enrol(again.secret);
    assert.equal((await admin.call('POST', '/v1/enrolment', { secret: again.secret, password, code: admin.codes.unused() })).status, 404, 'once');
    assert.equal(run('setup', 'o-2', '--country', 'UTO').code, 2, 'there is an administrator now');
    assert.equal((await admin.call('GET', '/v1/me')).data.officer, 'o-1');
    assert.deepEqual((await admin.call('GET', '/v1/me')).data.may, ['write', 'administer']);
  }],
  ['a session needs its proof for every change, and its cookie is all it needs to read', async () => {
    const session = (await admin.call('GET', '/v1/session')).data;
    assert.equal(session.officer, 'o-1');
    assert.ok(new Date(session.idle_until) - Date.now() <= 15 * 60e3 && new Date(session.until) - Date.now() <= 12 * 3600e3);
    const { proof } = admin;
    admin.proof = '';
    assert.equal((await admin.call('POST', '/v1/units', { id: 'UTO/x', country: 'UTO', name: 'X', parent: 'UTO/ncb', level: 'unit' })).status, 403);
    admin.proof = `${proof.slice(1)}A`;
    assert.equal((await admin.call('DELETE', '/v1/session')).status, 403);
    admin.proof = proof;
    const forged = new Browser();
    forged.cookies = { bureau: 'A'.repeat(43) };
    assert.equal((await forged.call('GET', '/v1/session')).status, 401);
    forged.cookies = { bureau: `${admin.cookies.bureau}; bureau=${'B'.repeat(43)}` }; // a second one was planted
    assert.equal((await forged.call('GET', '/v1/session')).status, 401);
  }],
  ['wrong in any part is refused in the same words', async () => {
    const stranger = new Browser();
    const tries = [{ officer: 'o-1', password: 'another pass phrase', code: admin.codes.unused() }, { officer: 'o-9', password, code: '123456' }, { officer: 'o-1', password, code: admin.codes.last },
      { officer: 'o-1', password, code: '' }];
    const words = new Set();
    for (const one of tries) {
      const reply = await stranger.call('POST', '/v1/session', one);
      assert.equal(reply.status, 401, reply.text);
      words.add(reply.text);
    }
    assert.equal(words.size, 1);
    assert.equal((await stranger.call('POST', '/v1/session', tries[0], { 'Sec-Fetch-Site': 'cross-site' })).status, 403);
  }],
  ['signing in gives a new cookie, and a code is good once', async () => {
    const before = admin.cookies.bureau;
    const code = await admin.codes.next();
    const reply = await admin.call('POST', '/v1/session', { officer: 'o-1', password, code });
    assert.equal(reply.status, 200, reply.text);
    assert.notEqual(admin.cookies.bureau, before);
    assert.equal(reply.data.tries, 3, 'what was tried in his name: the two passwords and the used code above');
    assert.equal((await admin.call('GET', '/v1/session')).data.tries, 3);
    assert.ok((await admin.call('GET', '/v1/me/sessions')).data.some((one) => one.here && one.id.length === 16));
    assert.ok(new Date(reply.data.before) < new Date(reply.data.signed_in) || reply.data.before === reply.data.signed_in);
    const old = new Browser();
    old.cookies = { bureau: before };
    assert.equal((await old.call('GET', '/v1/me')).status, 401, 'the one before is over');
    assert.equal((await new Browser().call('POST', '/v1/session', { officer: 'o-1', password, code })).status, 401, 'replayed');
  }],
  ['guessing is slowed down for the one who guesses, and locks nobody else out', async () => {
    const guesser = new Browser();
    let last;
    for (let i = 0; i < 20 && last?.status !== 429; i++) last = await guesser.call('POST', '/v1/session', { officer: 'o-1', password: `guess number ${i}`, code: '123456' });
    assert.equal(last.status, 429);
    assert.ok(Number(last.headers.get('retry-after')) >= 1);
    // The same address, but a device that has signed in: it is asked, and only its code is wrong.
    assert.equal((await admin.call('POST', '/v1/session', { officer: 'o-1', password, code: admin.codes.wrong() })).status, 401);
    assert.equal((await admin.call('GET', '/v1/me')).status, 200, 'the session goes on');
  }],
  ['an administrator founds units and enters officers of his own country, within what they may', async () => {
    const unit = { id: 'UTO/gate', country: 'UTO', name: 'Gate', parent: 'UTO/ncb', level: 'unit', purposes: ['border-control', purpose] };
    const made = await admin.call('POST', '/v1/units', unit);
    assert.equal(made.status, 201, made.text);
    assert.deepEqual(made.data.effective.purposes.sort(), ['border-control', purpose].sort());
    assert.equal((await admin.call('POST', '/v1/units', unit)).status, 409);
    assert.equal((await admin.call('POST', '/v1/units', { ...unit, id: 'FRA/gate', country: 'FRA' })).status, 403);
    assert.equal((await admin.call('POST', '/v1/units', { ...unit, id: 'UTO/ncb2', level: 'national-bureau' })).status, 403);
    assert.equal((await admin.call('POST', '/v1/units', { ...unit, id: 'UTO/lane', parent: 'UTO/gate', purposes: ['extradition'] })).status, 403, 'more than the unit above may');
    assert.equal((await admin.call('PUT', '/v1/units/UTO/ncb', { version: 1, name: 'Mine', level: 'national-bureau' })).status, 403, 'his own unit');
    const changed = await admin.call('PUT', '/v1/units/UTO/gate', { ...unit, version: 1, name: 'Gate 1' });
    assert.equal(changed.data.name, 'Gate 1', changed.text);
    assert.equal((await admin.call('PUT', '/v1/units/UTO/gate', { ...unit, version: 1 })).status, 412);
    const officer = { officer: 'o-10', country: 'UTO', unit: 'UTO/gate', role: 'frontline', purposes: ['border-control'], invite: true };
    const invited = await admin.call('POST', '/v1/officers', officer);
    assert.equal(invited.status, 201, invited.text);
    await patrol.enrol(invited.data.secret);
    assert.equal((await admin.call('POST', '/v1/officers', { ...officer, officer: 'f-1', country: 'FRA', unit: 'FRA/gate' })).status, 403);
    assert.equal((await admin.call('POST', '/v1/officers', { ...officer, officer: 'o-11', purposes: ['extradition'] })).status, 403);
    assert.equal((await admin.call('POST', '/v1/officers', { ...officer, officer: 'o-11', role: 'system' })).status, 403);
    assert.equal((await admin.call('POST', '/v1/officers', { ...officer, officer: 'o-11', may: ['administer', 'audit'] })).status, 403, 'his own auditor');
    assert.equal((await patrol.call('POST', '/v1/officers', { ...officer, officer: 'o-11' })).status, 403);
    assert.deepEqual((await admin.call('GET', '/v1/officers?unit=UTO/gate')).data.map((one) => [one.officer, one.signs_in_with.sort()]), [['o-10', ['password', 'totp']]]);
    assert.deepEqual((await admin.call('GET', '/v1/credentials/ending')).data, []);
    assert.ok((await admin.call('GET', '/v1/officers/o-10/credentials')).data.every((one) => !('hash' in one) && !('sealed' in one)));
    const second = await admin.call('POST', '/v1/officers', { officer: 'o-2', country: 'UTO', unit: 'UTO/ncb', role: 'administrator', invite: true });
    await colleague.enrol(second.data.secret);
  }],
  ['officers are found by a part of their id or unit, a page at a time, and one is shown with what he comes to', async () => {
    const ids = async (query) => (await admin.call('GET', `/v1/officers?${query}`)).data.map((one) => one.officer);
    assert.deepEqual(await ids('find=GATE'), ['o-10']);
    assert.deepEqual(await ids('kind=system'), []);
    const first = await admin.call('GET', '/v1/officers?max=1&kind=officer');
    assert.deepEqual([first.data.map((one) => one.officer), first.headers.get('bureau-officers-after')], [['o-1'], 'o-1']);
    const rest = await admin.call('GET', '/v1/officers?max=5&after=o-1');
    assert.deepEqual([rest.data.map((one) => one.officer), rest.headers.get('bureau-officers-after')], [['o-10', 'o-2'], null]);
    assert.equal((await admin.call('GET', '/v1/officers?kind=king')).data.field, 'kind');
    const one = (await admin.call('GET', '/v1/officers/o-10')).data;
    assert.deepEqual([one.officer, one.effective.roles, one.effective.purposes], ['o-10', ['frontline'], ['border-control']]);
    assert.equal((await admin.call('GET', '/v1/officers/o-99')).status, 404);
    assert.equal((await patrol.call('GET', '/v1/officers/o-10')).status, 403);
  }],
  ['what an officer may changes at once, and his session ends', async () => {
    assert.equal((await admin.call('PUT', '/v1/officers/o-1', { version: 1, may: ['audit'] })).status, 403, 'himself');
    assert.equal((await admin.call('POST', '/v1/grants', { officer: 'o-1', purposes: [purpose], until: soon(1), reason: 'for myself alone' })).status, 403);
    assert.deepEqual((await patrol.call('GET', '/v1/me')).data.purposes.map((one) => one.code), ['border-control']);
    const given = await admin.call('POST', '/v1/grants', { officer: 'o-10', purposes: [purpose], until: soon(1), reason: 'stands in for a colleague' });
    assert.equal(given.status, 201, given.text);
    assert.equal((await patrol.call('GET', '/v1/me')).status, 401, 'rights changed');
    assert.equal((await admin.call('POST', '/v1/grants', { officer: 'o-10', purposes: ['extradition'], until: soon(1), reason: 'more than the unit may' })).status, 403);
    assert.equal((await admin.call('POST', '/v1/grants', { officer: 'o-10', purposes: [purpose], until: soon(24 * 200), reason: 'for ever and a day' })).status, 422);
    assert.equal((await patrol.call('POST', '/v1/session', { officer: 'o-10', password, code: await patrol.codes.next() })).status, 200);
    assert.ok((await patrol.call('GET', '/v1/me')).data.purposes.some((one) => one.code === purpose));
    assert.equal((await patrol.call('GET', '/v1/grants')).data.length, 1, 'his own');
    assert.equal((await patrol.call('POST', `/v1/grants/${given.data.id}/review`, { review: 'fine' })).status, 409);
  }],
  ['in an emergency an officer takes access; others review it', async () => {
    assert.equal((await patrol.call('POST', '/v1/me/break-glass', { of: 'UTO', reason: 'why', purposes: ['search'] })).status, 422);
    assert.equal((await patrol.call('POST', '/v1/me/break-glass', { of: 'UTO', reason: 'a child is missing at the port', minutes: 600 })).status, 422);
    const before = patrol.cookies.bureau;
    const taken = await patrol.call('POST', '/v1/me/break-glass', { of: 'UTO', reason: 'a child is missing at the port', purposes: ['search'], minutes: 20 });
    assert.equal(taken.status, 201, taken.text);
    assert.notEqual(patrol.cookies.bureau, before, 'rotated');
    const session = (await patrol.call('GET', '/v1/session')).data;
    assert.equal(session.break_glass_of, 'UTO');
    assert.ok(session.purposes.some((one) => one.code === 'search'));
    assert.equal((await patrol.call('GET', '/v1/me')).data.break_glass_of, 'UTO');
    const open = (await admin.call('GET', '/v1/grants?open=yes&kind=break-glass')).data;
    assert.deepEqual(open.map((one) => [one.officer, one.of, one.in_force]), [['o-10', 'UTO', true]]);
    assert.equal((await patrol.call('POST', `/v1/grants/${taken.data.id}/review`, { review: 'all was well' })).status, 403);
    await patrol.call('GET', '/v1/session'); // its proof
    assert.equal((await patrol.call('DELETE', `/v1/grants/${taken.data.id}`)).status, 204);
    const after = (await patrol.call('GET', '/v1/session')).data;
    assert.deepEqual([after.officer, after.break_glass_of], ['o-10', undefined], 'ended by himself: his session goes on');
    const reviewed = await admin.call('POST', `/v1/grants/${taken.data.id}/review`, { review: 'the child was found' });
    assert.equal(reviewed.data.reviewed_by, 'o-1', reviewed.text);
    assert.equal((await admin.call('POST', `/v1/grants/${taken.data.id}/review`, { review: 'again' })).status, 409);
  }],
  ['tokens are no more than was listed, and revoked at once', async () => {
    assert.ok((await colleague.call('GET', '/v1/me/tokens')).data.length >= 2);
    assert.equal((await colleague.call('POST', '/v1/me/tokens', { label: 'x', days: 1000 })).status, 422);
    const made = await colleague.call('POST', '/v1/me/tokens', { label: 'nightly', days: 30, purposes: ['search'] });
    assert.equal(made.status, 201, made.text);
    const nightly = program(made.data.token);
    const me = (await nightly.call('GET', '/v1/me')).data;
    assert.deepEqual([me.purposes.map((one) => one.code), me.may], [['search'], []]);
    assert.equal((await nightly.call('GET', '/v1/officers')).status, 403, 'its officer may, the token may not');
    await colleague.call('GET', '/v1/session');
    const other = await colleague.call('POST', '/v1/me/tokens', { label: 'weekly', days: 30, purposes: ['search'] });
    await colleague.call('GET', '/v1/session');
    assert.equal((await colleague.call('DELETE', `/v1/credentials/${other.data.id}`)).status, 204);
    assert.equal((await colleague.call('GET', '/v1/session')).status, 200, 'by his own hand: the session goes on');
    assert.equal((await nightly.call('DELETE', `/v1/credentials/${made.data.id}`)).status, 204);
    assert.equal((await nightly.call('GET', '/v1/me')).status, 401);
    assert.equal((await colleague.call('GET', '/v1/me')).status, 401, 'a credential changed');
    assert.equal((await colleague.call('POST', '/v1/session', { officer: 'o-2', password, code: await colleague.codes.next() })).status, 200);
  }],
  ['a stream ends with the credential it was opened with', async () => {
    const { token } = (await admin.call('POST', '/v1/officers', { officer: 'o-30', country: 'UTO', unit: 'UTO/ncb', role: 'national-bureau', purposes: [purpose] })).data;
    const reply = await fetch(`http://127.0.0.1:${running.port}/v1/feed`, { headers: { Authorization: `Bearer ${token}`, Accept: 'text/event-stream' } });
    const reader = reply.body.getReader();
    assert.equal((await reader.read()).done, false);
    assert.equal((await admin.call('DELETE', '/v1/officers/o-30')).status, 204); // which is a change: the stream is looked at
    while (!(await reader.read()).done);
  }],
  ['a system asks for an officer it names, and both are on the record', async () => {
    const made = await admin.call('POST', '/v1/officers', { officer: 'gate-system', country: 'UTO', unit: 'UTO/gate', role: 'integrating-system', purposes: [purpose] });
    const search = { text: 'L898902C3', purpose };
    assert.equal((await program(made.data.token).call('POST', '/v1/search', search)).status, 403);
    assert.equal((await program(made.data.token).call('GET', '/v1/records/4D2KX9A-1F')).status, 403);
    assert.equal((await program(made.data.token, { 'Bureau-Officer': 'not an id' }).call('POST', '/v1/search', search)).status, 403);
    const answer = await program(made.data.token, { 'Bureau-Officer': 'n-4711' }).call('POST', '/v1/search', search);
    assert.equal(answer.status, 200, answer.text);
    const entry = run('audit', answer.data.receipt).json.entry;
    assert.deepEqual([entry.officer, entry.on_behalf_of], ['gate-system', 'n-4711']);
  }],
  ['a list of officers is entered whole or not at all', async () => {
    const list = 'officer;unit;country;role;purposes\no-20;UTO/gate;UTO;frontline;border-control\no-21;UTO/gate;UTO;frontline;border-control investigate\n';
    const bad = `${list}o-20;UTO/gate;UTO;frontline;border-control\nf-9;FRA/gate;FRA;frontline;border-control\no-22;UTO/gate;UTO;king;border-control\n`;
    const refused = await admin.call('POST', '/v1/officers/import', bad);
    assert.equal(refused.status, 200, refused.text);
    assert.deepEqual([refused.data.added, refused.data.refused.map((row) => row.row)], [0, [4, 5, 6]]);
    const done = await admin.call('POST', '/v1/officers/import', list);
    assert.deepEqual([done.data.added, done.data.refused], [2, []], done.text);
    await listed.enrol(done.data.invitations[1].secret);
    assert.equal((await admin.call('POST', '/v1/officers/import', 'nothing;here\n1;2\n')).status, 422);
  }],
  ['measures are the hub\'s, and seen by the member', async () => {
    const measure = { country: 'UTO', kind: 'rate-limit', rate: 1, reason: 'bulk searches not explained' };
    assert.equal((await admin.call('POST', '/v1/measures', measure)).status, 403);
    assert.equal((await admin.call('GET', '/v1/measures')).data.length, 0);
    const made = command(data, ['measure', 'add', 'UTO', '--kind', 'rate-limit', '--rate', '1', '--reason', measure.reason, '--json']);
    assert.equal(made.code, 0, made.err);
    assert.deepEqual((await admin.call('GET', '/v1/measures')).data.map((one) => [one.kind, one.rate, one.in_force]), [['rate-limit', 1, true]]);
    let refused = 0; // ten seconds' worth may come at once
    while (!refused) refused = (await Promise.all(Array.from({ length: 25 }, () => admin.call('GET', '/v1/me')))).filter((reply) => reply.status === 429).length;
    assert.equal(run('measure', 'lift', made.json.id).code, 0);
    assert.equal((await admin.call('GET', '/v1/me')).status, 200);
  }],
  ['a hub founds national bureaux, and leaves their units to them', async () => {
    assert.equal(run('unit', 'add', 'XPO/hub', '--country', 'XPO', '--name', 'Hub', '--level', 'hub').code, 0);
    const hub = program(run('officer', 'add', 'h-1', '--country', 'XPO', '--unit', 'XPO/hub', '--role', 'administrator').json.token);
    assert.equal((await hub.call('POST', '/v1/units', { id: 'FRA/ncb', country: 'FRA', name: 'Bureau', parent: 'XPO/hub', level: 'national-bureau', purposes: ['search'] })).status, 201);
    assert.equal((await hub.call('POST', '/v1/units', { id: 'FRA/gate', country: 'FRA', name: 'Gate', parent: 'FRA/ncb', level: 'unit' })).status, 403);
    assert.deepEqual([(await hub.call('GET', '/v1/me')).data.hub, (await admin.call('GET', '/v1/me')).data.hub], [true, undefined]);
    const french = program((await hub.call('POST', '/v1/officers', { officer: 'f-1', country: 'FRA', unit: 'FRA/ncb', role: 'administrator' })).data.token);
    assert.deepEqual((await french.call('GET', '/v1/me')).data.purposes.map((one) => one.code), ['search'], 'no more than the bureau may');
    const measure = await hub.call('POST', '/v1/measures', { country: 'FRA', kind: 'read-only', databases: [], reason: 'deletions not explained', until: soon(24) });
    assert.equal(measure.status, 201, measure.text);
    assert.equal((await hub.call('DELETE', `/v1/measures/${measure.data.id}`)).status, 204);
    assert.deepEqual((await french.call('GET', '/v1/units')).data.map((one) => one.id), ['FRA/ncb']);
    assert.ok((await french.call('GET', '/v1/officers')).data.every((one) => one.country === 'FRA'));
    assert.equal((await french.call('DELETE', '/v1/officers/o-10')).status, 404, 'there is none for him');
    assert.equal((await hub.call('DELETE', '/v1/officers/o-10')).status, 404);
    assert.equal((await hub.call('DELETE', '/v1/units/FRA/ncb')).status, 204);
    assert.equal((await french.call('GET', '/v1/me')).status, 401, 'its unit is closed');
  }],
  ['a changed password ends all other sessions', async () => {
    const code = await listed.codes.next();
    assert.equal((await listed.call('POST', '/v1/me/password', { password: 'not the one', code, new: 'another long phrase' })).status, 401);
    assert.equal((await listed.call('POST', '/v1/me/password', { password, code, new: 'short' })).status, 422);
    const common = await listed.call('POST', '/v1/me/password', { password, code, new: 'qwerty123456' });
    assert.deepEqual([common.status, common.data.field], [422, 'new'], common.text);
    const before = new Browser();
    before.cookies = { bureau: listed.cookies.bureau };
    const changed = await listed.call('POST', '/v1/me/password', { password, code, new: 'another long phrase' });
    assert.equal(changed.status, 200, changed.text);
    assert.equal((await before.call('GET', '/v1/me')).status, 401);
    assert.equal((await listed.call('GET', '/v1/me')).status, 200);
  }],
  ['whoever is suspended, invited anew, signed out or removed is out at once', async () => {
    const o21 = (await admin.call('GET', '/v1/officers')).data.find((one) => one.officer === 'o-21');
    const suspended = await admin.call('PUT', '/v1/officers/o-21', { version: o21.version, state: 'suspended' });
    assert.equal(suspended.data.state, 'suspended', suspended.text);
    assert.equal((await listed.call('GET', '/v1/me')).status, 401);
    const back = await admin.call('PUT', '/v1/officers/o-21', { version: suspended.data.version, state: 'active', purposes: ['border-control'] });
    assert.deepEqual(back.data.purposes, ['border-control']);
    assert.equal((await admin.call('PUT', '/v1/officers/o-21', { version: back.data.version, purposes: ['extradition'] })).status, 403);
    const link = await admin.call('POST', '/v1/officers/o-21/invitation');
    await listed.enrol(link.data.secret);
    assert.equal((await listed.call('DELETE', '/v1/session')).status, 204);
    assert.equal((await listed.call('GET', '/v1/session')).status, 401);
    assert.equal((await admin.call('DELETE', '/v1/officers/o-2')).status, 204);
    assert.equal((await colleague.call('GET', '/v1/me')).status, 401);
  }],
  ['what is kept of officers is in no other door', async () => {
    const id = (await admin.call('GET', '/v1/officers/o-10/credentials')).data[0].id;
    for (const path of [`/v1/records/${id}`, `/v1/records/${id}/history`]) assert.equal((await admin.call('GET', path)).status, 404, path);
    assert.equal((await admin.call('POST', '/v1/records/officer', { envelope: {}, fields: {} })).status, 404);
    const feed = await admin.call('GET', '/v1/feed');
    assert.ok(!/argon2|sealed/.test(feed.text));
    assert.ok(!/argon2|sealed/.test((await admin.call('GET', '/v1/export?owner=UTO')).text));
  }],
  ['sign-ins, failures and grants are on the record', async () => {
    const entries = run('audit', 'show', '--max', '500').json.map((item) => item.entry).filter((entry) => entry && entry.kind === 'admin');
    for (const verdict of ['signed in', 'sign-in failed', 'grant given', 'break-glass taken', 'break-glass reviewed', 'officer added', 'unit founded', 'token made', 'node set up'])
      assert.ok(entries.some((entry) => entry.verdict === verdict), verdict);
    assert.ok(entries.every((entry) => !JSON.stringify(entry).includes(password)));
  }],
  ['every route of people was checked against its description', () => {
    assert.deepEqual(contract.missed((path, key) => !/passkey|draft/.test(path) && /session|enrolment|\/me\/|officers|units|grants|measures/.test(path) && !/^DELETE/.test(key)), []);
  }],
  ['after a restart the officers are there, the sessions are not', async () => {
    await running.stop();
    running = await startServer(data, ['--rate', '0']);
    assert.equal((await admin.call('GET', '/v1/me')).status, 401);
    assert.equal(run('officer', 'list').json.length, 7);
  }],
]);
await running.stop();
removeDirectory(data);
process.exit(failed ? 1 : 0);
