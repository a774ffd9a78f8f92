// SPDX-License-Identifier: Apache-2.0
// Passkeys over the real server: made, used, renamed, revoked; expired, replayed, forged, of another site, of another node, copied.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Authenticator, url } from './authenticator.mjs';
import { Browser } from './browser.mjs';
import { SteppedClock } from './clock.mjs';
import { Contract } from './contract.mjs';
import { command, newDirectory, removeDirectory, runTests, startServer } from './node.mjs';

const data = newDirectory();
let running = await startServer(data, ['--rate', '0']);
const origin = `http://localhost:${running.port}`;
const at = () => ({ port: running.port });
const contract = new Contract(await (await fetch(`${origin}/openapi.json`)).json());
const run = (...words) => command(data, [...words, '--json']);
const browser = () => new Browser(at, contract);
const officer = browser();
const other = browser();
const key = new Authenticator(origin, { counter: 7 });
const refusedWords = new Set();
let made;

// What is refused is refused in the same words, whatever was wrong.
async function refused(promise, why) {
  const reply = await promise;
  assert.equal(reply.status, 401, `${why}: ${reply.text}`);
  refusedWords.add(reply.text);
}
// A good one in between: who succeeds is forgiven what was tried in his name.
const good = async () => assert.equal((await browser().signIn(key)).status, 200);

const failed = await runTests('passkeys', [
  ['an officer who is signed in makes one, and it lets him in alone', async () => {
    assert.equal(run('unit', 'add', 'UTO/ncb', '--country', 'UTO', '--name', 'Bureau', '--level', 'national-bureau').code, 0);
    for (const [id, who] of [['o-1', officer], ['o-2', other]]) {
      const link = run('officer', 'add', id, '--country', 'UTO', '--unit', 'UTO/ncb', '--role', 'national-bureau', '--purpose', 'border-control', '--invite').json;
      await who.enrol(link.secret);
    }
    made = await officer.makePasskey(key, 'My key');
    assert.equal(made.status, 201, made.text);
    assert.deepEqual([made.data.kind, made.data.label, made.data.officer], ['passkey', 'My key', 'o-1']);
    assert.equal((await officer.call('GET', '/v1/me')).status, 200, 'the session goes on');
    const fresh = browser();
    const reply = await fresh.signIn(key);
    assert.equal(reply.status, 200, reply.text);
    assert.equal(reply.data.officer, 'o-1');
    assert.ok(!('bureau-passkey' in fresh.cookies));
    assert.equal((await fresh.call('GET', '/v1/me')).data.officer, 'o-1');
    const named = await browser().signIn(key, { officer: 'o-1', user: null });
    assert.equal(named.status, 200, 'by name an authenticator need not know whose it is');
  }],
  ['an officer sees where he is signed in, and ends what is not his', async () => {
    const here = browser(), there = browser();
    for (const one of [here, there]) assert.equal((await one.signIn(key)).status, 200);
    const list = (await here.call('GET', '/v1/me/sessions')).data;
    assert.ok(list.length >= 3 && list.filter((one) => one.here).length === 1, JSON.stringify(list));
    const [its] = (await there.call('GET', '/v1/me/sessions')).data.filter((one) => one.here);
    assert.match(its.id, /^[0-9a-f]{16}$/);
    assert.equal((await other.call('DELETE', `/v1/me/sessions/${its.id}`)).status, 404, 'another officer\'s');
    assert.equal((await there.call('GET', '/v1/me')).status, 200);
    assert.equal((await here.call('DELETE', `/v1/me/sessions/${its.id}`)).status, 204);
    assert.equal((await there.call('GET', '/v1/me')).status, 401, 'over at once');
    assert.equal((await here.call('GET', '/v1/me')).status, 200);
  }],
  ['Ed25519, RSA; attested by itself, by a certificate', async () => {
    const place = newDirectory();
    const file = (name) => join(place, name);
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/C=UT/O=Maker/OU=Authenticator Attestation/CN=key', '-keyout', file('a.key'), '-out', file('a.pem')], { stdio: 'ignore' });
    const certificate = { certificate: readFileSync(file('a.pem')), key: readFileSync(file('a.key')) };
    removeDirectory(place);
    for (const [kind, attest] of [['eddsa', 'none'], ['rs256', 'none'], ['es256', 'self'], ['eddsa', 'self'], ['es256', certificate]]) {
      const one = new Authenticator(origin, { kind });
      const reply = await officer.makePasskey(one, `${kind} key`, { attest });
      assert.equal(reply.status, 201, `${kind}: ${reply.text}`);
      const signed = await browser().signIn(one);
      assert.equal(signed.data.officer, 'o-1', `${kind}: ${signed.text}`);
      if (attest !== 'none') assert.equal((await officer.makePasskey(new Authenticator(origin, { kind }), 'forged', { attest, forged: true })).status, 403);
      assert.equal((await officer.call('DELETE', `/v1/credentials/${reply.data.id}`)).status, 204);
      await officer.call('GET', '/v1/session');
    }
  }],
  ['what is no answer to this session is no passkey', async () => {
    const one = () => new Authenticator(origin);
    for (const [why, bent] of Object.entries({
      'another site': { client: { origin: 'https://bureau.example.evil' } }, 'a frame': { client: { crossOrigin: true } }, 'within another page': { client: { topOrigin: 'https://evil.example' } },
      'a sign-in': { type: 'webauthn.get' }, 'another node': { party: 'evil.example' }, 'nobody was recognised': { flags: 0x41 }, 'nobody was there': { flags: 0x44 }, 'no key': { flags: 0x05 },
      'an unknown form': { format: 'magic' }, 'a short id': { id: randomBytes(8) } })) {
      const reply = await officer.makePasskey(one(), 'bent', bent);
      assert.ok([400, 403, 422].includes(reply.status), `${why}: ${reply.status} ${reply.text}`);
    }
    assert.equal((await officer.makePasskey(key, 'the same again')).status, 409);
    const { user } = key;
    assert.equal((await other.makePasskey(key, 'somebody else\'s')).status, 409);
    key.user = user;
    const offer = (await officer.call('POST', '/v1/me/passkeys/start')).data;
    assert.ok(offer.ids.includes(url(key.id)));
    assert.equal((await other.call('POST', '/v1/me/passkeys', { label: 'x', ...one().create(offer) })).status, 403, 'another\'s challenge');
    const question = await officer.question();
    assert.equal((await officer.call('POST', '/v1/me/passkeys', { label: 'x', ...one().create({ ...offer, challenge: question.challenge }) })).status, 403, 'the challenge of a sign-in');
    const answer = one().create(offer);
    assert.equal((await officer.call('POST', '/v1/me/passkeys', { label: '', ...answer })).status, 422, 'a label is needed');
    assert.equal((await officer.call('POST', '/v1/me/passkeys', { label: 'second', ...answer })).status, 201);
    assert.equal((await officer.call('GET', '/v1/session')).status, 200);
    assert.equal((await officer.call('POST', '/v1/me/passkeys', { label: 'replayed', ...answer })).status, 403);
    assert.equal((await officer.call('POST', '/v1/me/passkeys', { label: 'x', client_data: '!!', attestation: 'AA' })).status, 422);
    const token = (await officer.call('POST', '/v1/me/tokens', { label: 'program', days: 1 })).data.token;
    const program = browser();
    assert.equal((await program.call('POST', '/v1/me/passkeys/start', undefined, { Authorization: `Bearer ${token}` })).status, 403, 'a token makes none');
    await officer.call('GET', '/v1/session');
  }],
  ['forged, of another site, of another node, without its person: not accepted, in the same words', async () => {
    const stranger = new Authenticator(origin);
    stranger.user = key.user;
    for (const [why, bent] of Object.entries({
      forged: { forged: true }, 'another site': { client: { origin: `${origin}.evil.example` } }, 'the same host without its port': { client: { origin: 'http://localhost' } }, 'another node': { party: 'evil.example' },
      'a frame': { client: { crossOrigin: true } }, 'nobody was recognised': { flags: 0x01 }, 'nobody was there': { flags: 0x04 }, 'a registration': { type: 'webauthn.create' },
      'somebody else\'s handle': { user: url(randomBytes(32)) }, 'no handle': { user: null }, 'an unknown id': { id: randomBytes(32) } })) {
      await refused(browser().signIn(key, bent), why);
      await good();
    }
    await refused(browser().signIn(stranger), 'an unknown key');
    await refused(browser().signIn(stranger, { id: key.id }), 'another\'s key under a known id');
    await refused(browser().signIn(key, { officer: 'o-2' }), 'named another');
    assert.equal((await browser().call('POST', '/v1/session/passkey', { id: url(key.id), client_data: '!', authenticator_data: 'AA', signature: 'AA' })).status, 422);
    assert.equal(refusedWords.size, 1, [...refusedWords].join('\n'));
    await good();
  }],
  ['a challenge is good once, for the browser that asked, and for what it asked', async () => {
    const mine = browser();
    const question = await mine.question();
    const answer = key.get(question);
    const stolen = browser();
    await refused(stolen.call('POST', '/v1/session/passkey', answer), 'a challenge of another browser');
    const thief = browser();
    await thief.question();
    await refused(thief.call('POST', '/v1/session/passkey', answer), 'under another mark');
    await good();
    const question2 = await mine.question();
    const answer2 = key.get(question2);
    const mark = { ...mine.cookies };
    assert.equal((await mine.call('POST', '/v1/session/passkey', answer2)).status, 200);
    const replay = browser();
    replay.cookies = mark;
    await refused(replay.call('POST', '/v1/session/passkey', answer2), 'replayed');
    await good();
    const made1 = browser();
    const question3 = await made1.question();
    const marked = { ...made1.cookies };
    await refused(made1.call('POST', '/v1/session/passkey', key.get(question3, { forged: true })), 'forged');
    made1.cookies = marked;
    await refused(made1.call('POST', '/v1/session/passkey', key.get(question3)), 'taken by a forgery');
    await good();
    const named = browser();
    const question4 = await named.question('o-1');
    await refused(named.call('POST', '/v1/session/passkey', key.get(question4)), 'asked by name, answered without');
    const own = browser();
    await own.question();
    await refused(own.call('POST', '/v1/session/passkey', key.get({ party: 'localhost', challenge: url(randomBytes(56)) })), 'a challenge of nobody');
    assert.equal(refusedWords.size, 1);
  }],
  ['who is named and has none looks like one who has', async () => {
    const known = await browser().question('o-1');
    const none = await browser().question('o-2');
    const nobody = await browser().question('o-99');
    assert.ok(known.ids.includes(url(key.id)));
    for (const one of [known, none, nobody]) assert.deepEqual(one.ids, [...one.ids].sort(), 'the order tells nothing');
    for (const one of [none, nobody]) assert.ok(one.ids.length === known.ids.length && one.ids.every((id) => Buffer.from(id, 'base64url').length >= 16));
    assert.deepEqual((await browser().question('o-99')).ids, nobody.ids, 'the same each time');
    assert.notDeepEqual(none.ids, nobody.ids);
    const stranger = new Authenticator(origin);
    stranger.user = url(randomBytes(32));
    await refused(browser().signIn(stranger, { officer: 'o-99', id: Buffer.from(nobody.ids[0], 'base64url') }), 'of nobody');
    assert.equal(refusedWords.size, 1);
  }],
  ['a counter that goes back: refused, flagged, and refused from then on', async () => {
    assert.equal((await officer.signIn(key)).status, 200); // sixteen sessions at once, and the first gave way
    const copy = new Authenticator(origin, { counter: 40 });
    const reply = await officer.makePasskey(copy, 'Copied');
    assert.equal(reply.status, 201, reply.text);
    assert.equal((await browser().signIn(copy)).status, 200);
    const session = browser();
    assert.equal((await session.signIn(copy)).status, 200);
    assert.equal((await officer.call('GET', '/v1/me')).status, 200, 'counting on ends no session');
    await good();
    await refused(browser().signIn(copy, { counter: copy.counter }), 'the same count again');
    await refused(browser().signIn(copy, { counter: copy.counter + 100 }), 'the other of the two');
    const seen = browser();
    await seen.signIn(key);
    const held = (await seen.call('GET', '/v1/me/tokens')).data.find((one) => one.id === reply.data.id);
    assert.ok(held.suspect, 'its officer is shown');
    assert.ok(run('audit', 'show', '--max', '50').json.some(({ entry }) => /counter went back/.test(entry?.verdict)));
    assert.equal((await seen.call('DELETE', `/v1/credentials/${reply.data.id}`)).status, 204);
    assert.equal(refusedWords.size, 1);
  }],
  ['named anew, and revoked at once', async () => {
    const mine = browser();
    await mine.signIn(key);
    const named = await mine.call('PUT', `/v1/me/passkeys/${made.data.id}`, { label: 'On my ring' });
    assert.equal(named.data?.label, 'On my ring', named.text);
    assert.equal((await mine.call('GET', '/v1/me')).status, 200);
    assert.equal((await other.call('PUT', `/v1/me/passkeys/${made.data.id}`, { label: 'mine' })).status, 404);
    const second = browser();
    await second.signIn(key);
    assert.equal((await mine.call('DELETE', `/v1/credentials/${made.data.id}`)).status, 204);
    assert.equal((await second.call('GET', '/v1/me')).status, 401, 'other sessions end');
    await refused(browser().signIn(key), 'revoked');
    assert.equal(refusedWords.size, 1);
  }],
  ['guessing is slowed, for the one who guesses', async () => {
    const guesser = new Authenticator(origin);
    guesser.user = url(randomBytes(32));
    let last;
    for (let i = 0; i < 80 && last?.status !== 429; i++) last = await browser().signIn(guesser);
    assert.equal(last.status, 429);
    assert.ok(Number(last.headers.get('retry-after')) >= 1);
  }],
  ['sign-ins with passkeys, failures and new ones are on the record, without keys', async () => {
    const entries = run('audit', 'show', '--max', '500').json.map((item) => item.entry).filter((entry) => entry?.kind === 'admin');
    for (const verdict of ['signed in with a passkey', 'passkey refused', 'passkey made', 'passkey named', 'credential revoked']) assert.ok(entries.some((entry) => entry.verdict === verdict), verdict);
    assert.ok(entries.every((entry) => !JSON.stringify(entry).includes(url(key.id))));
    const feed = await other.call('GET', '/v1/export?owner=UTO');
    assert.ok(!feed.text.includes(url(key.id)));
  }],
  ['after minutes a challenge is over, and so is what counts as a recent sign-in; a clock set back revives neither', async () => {
    const last = new Authenticator(origin);
    assert.equal((await other.makePasskey(last, 'Of the evening')).status, 201);
    await running.stop();
    const clock = new SteppedClock(data);
    running = await startServer(data, ['--rate', '0'], 0, clock.env);
    last.origin = `http://localhost:${running.port}`;
    const late = browser();
    const question = await late.question();
    clock.set(301);
    await refused(late.call('POST', '/v1/session/passkey', last.get(question)), 'after five minutes');
    const early = browser();
    const next = await early.question();
    clock.set(100);
    await refused(early.call('POST', '/v1/session/passkey', last.get(next)), 'of the future');
    const mine = browser();
    assert.equal((await mine.signIn(last)).status, 200);
    assert.equal((await mine.call('POST', '/v1/me/passkeys/start')).status, 200);
    clock.step(480);
    assert.equal((await mine.call('POST', '/v1/me/passkeys/start')).status, 200);
    clock.step(122);
    const stale = await mine.call('POST', '/v1/me/passkeys/start');
    assert.deepEqual([stale.status, stale.data.field], [403, 'signed_in']);
    assert.equal((await mine.call('GET', '/v1/me')).status, 200, 'the session itself goes on');
    assert.equal((await mine.signIn(last)).status, 200);
    assert.equal((await mine.call('POST', '/v1/me/passkeys/start')).status, 200);
    assert.equal(refusedWords.size, 1);
  }],
  ['every route of passkeys was checked against its description', () => {
    assert.deepEqual(contract.missed((path, key) => /passkey/.test(path) && !/^DELETE/.test(key)), []);
  }],
]);
await running.stop();
removeDirectory(data);
process.exit(failed ? 1 : 0);
