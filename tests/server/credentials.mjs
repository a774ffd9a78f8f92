// SPDX-License-Identifier: Apache-2.0
// One table of credentials that must open nothing - forged, replayed, expired, revoked, of the wrong kind - held against the real
// server, and what a clock that is set forward by a day or back by an hour does to sessions, codes, clocks of tickets and the log.
// The node's clock is stepped while it runs (tests/server/clock.c).
import assert from 'node:assert/strict';
import { SteppedClock } from './clock.mjs';
import { Node, eventually, newDirectory, removeDirectory, runTests } from './node.mjs';
import { Codes, STEP_MS, codeOf } from './totp.mjs';

const outside = newDirectory();
const clock = new SteppedClock(outside);
const now = () => clock.now();
const HOUR = 3600;
const DAY = 86400;

const node = await Node.start({
  env: clock.env,
  officers: {
    chief: ['--country', 'UTO', '--role', 'administrator', '--unit', 'UTO/ncb'],
    asker: ['--country', 'FRA', '--role', 'national-bureau', '--unit', 'FRA/ncb', '--purpose', 'border-control', '--purpose', 'investigate'],
    gone: ['--country', 'UTO', '--role', 'frontline', '--unit', 'UTO/patrol', '--purpose', 'border-control'],
    idle: ['--country', 'UTO', '--role', 'frontline', '--unit', 'UTO/patrol', '--purpose', 'border-control'],
  },
});
const base = `http://127.0.0.1:${node.running.port}`;

async function send(method, path, headers = {}, body = undefined) {
  const reply = await fetch(base + path, { method, headers: { 'Bureau-Purpose': 'border-control', ...headers }, body: body && JSON.stringify(body) });
  const text = await reply.text();
  let data = null;
  try { data = JSON.parse(text); } catch { /* no JSON */ }
  return { status: reply.status, text, data, cookies: reply.headers.getSetCookie().map((line) => line.split(';')[0]) };
}
const bearer = (token) => ({ Authorization: `Bearer ${token}` });
const search = { text: 'L898902C3', purpose: 'border-control' };

// ---- people who sign in ----

const password = 'a long pass phrase';
async function invited(officer) {
  const made = await node.call('POST', '/v1/officers', { officer, country: 'UTO', unit: 'UTO/ncb', role: 'national-bureau', purposes: ['border-control', 'investigate'], may: ['write'], invite: true });
  assert.equal(made.status, 201, made.text);
  return made.data.secret;
}
// The next code; the clock is set on where it would have to be waited for.
async function freshCode({ codes }) {
  if (codes.step + 1 < codes.coming()) clock.step(STEP_MS / 1000);
  return codes.next();
}
function take(person, reply) {
  person.cookie = reply.cookies.find((line) => /^bureau=./.test(line)) || person.cookie;
  person.proof = reply.data?.proof || person.proof;
  person.session = { Cookie: person.cookie };
  person.whole = { Cookie: person.cookie, 'Bureau-Session-Proof': person.proof };
  return person;
}
async function enrolled(officer) {
  const secret = await invited(officer);
  const person = { officer, secret, codes: new Codes((await send('POST', '/v1/enrolment/start', {}, { secret })).data.totp.secret, now) };
  const done = await send('POST', '/v1/enrolment', {}, { secret, password, code: await freshCode(person) });
  assert.equal(done.status, 200, done.text);
  return take(person, done);
}
async function signIn(person, code) {
  return send('POST', '/v1/session', {}, { officer: person.officer, password, code: code ?? await freshCode(person) });
}
async function token(person, days = 30, more = {}) {
  const made = await send('POST', '/v1/me/tokens', person.whole, { label: 'test', days, ...more });
  assert.equal(made.status, 201, made.text);
  take(person, { cookies: made.cookies, data: null }); // what one changes of one's own gives a new session
  take(person, { cookies: [], data: (await send('GET', '/v1/session', person.session)).data });
  return made.data;
}

const ada = await enrolled('ada');
const ben = await enrolled('ben');
const unusedLink = await invited('cleo');
const whole = await token(ada);
const narrow = await token(ada, 30, { purposes: ['investigate'], rights: [] });
const short = await token(ada, 1);
const revoked = await token(ada);
const changed = (text, at) => text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
const openedBefore = [];

// Every row is a credential, how it came to be bad, and what it must get for reading and for asking.
const rows = [
  ['none', () => ({})],
  ['an empty token', () => bearer('')],
  ['a token of the right form that nobody was given', () => bearer(`bureau_${'A'.repeat(43)}`)],
  ['a token with its last character changed', () => bearer(changed(whole.token, whole.token.length - 2))],
  ['a token with its first character changed', () => bearer(changed(whole.token, 8))],
  ['a token cut short', () => bearer(whole.token.slice(0, -1))],
  ['a token and more', () => bearer(`${whole.token}A`)],
  ['the hash of nothing', () => bearer('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855')],
  ['a token sent as a cookie', () => ({ Cookie: ada.cookie.replace(/=.*/, `=${whole.token}`) })],
  ['a cookie sent as a token', () => bearer(ada.cookie.replace(/.*=/, ''))],
  ['a one-time link sent as a token', () => bearer(unusedLink)],
  ['a code of the right form', () => bearer(codeOf(ada.codes.secret, ada.codes.step))],
  ['a cookie of the right form that nobody was given', () => ({ Cookie: ada.cookie.replace(/=.*/, `=${'A'.repeat(43)}`) })],
  ['a cookie with one character changed', () => ({ Cookie: changed(ada.cookie, ada.cookie.length - 3) })],
  ['a cookie under another name', () => ({ Cookie: ada.cookie.replace(/^[^=]*/, 'session') })],
  ['two cookies, one planted', () => ({ Cookie: `${ada.cookie}; ${ada.cookie.replace(/=.*/, `=${'B'.repeat(43)}`)}` })],
  ['a token that was revoked', () => bearer(revoked.token), async () => assert.equal((await send('DELETE', `/v1/credentials/${revoked.id}`, ada.whole)).status, 204)],
  ['the token of an officer who was removed', () => bearer(node.tokens.gone), async () => assert.equal((await node.call('DELETE', '/v1/officers/gone')).status, 204)],
  ['the token of an officer who is suspended', () => bearer(node.tokens.idle), async () => {
    const { version } = (await node.call('GET', '/v1/officers')).data.find((one) => one.officer === 'idle');
    assert.equal((await node.call('PUT', '/v1/officers/idle', { version, state: 'suspended' })).status, 200);
  }],
  ['a session that was left', () => ben.session, async () => assert.equal((await send('DELETE', '/v1/session', ben.whole)).status, 204)],
];

const table = rows.map(([name, credential, spoil]) => [`${name}: opens nothing`, async () => {
  if (spoil) {
    assert.equal((await send('GET', '/v1/me', credential())).status, 200, 'it was good before');
    await spoil();
  }
  for (const [method, path, body] of [['GET', '/v1/me'], ['POST', '/v1/search', search], ['GET', '/v1/officers'], ['GET', '/v1/log/checkpoint'], ['GET', '/v1/feed']]) {
    const reply = await send(method, path, credential(), body);
    assert.equal(reply.status, 401, `${method} ${path}: ${reply.text}`);
    assert.doesNotMatch(reply.text, /\b(ada|ben|revoked|expired|suspended|removed)\b/, 'why is told to nobody');
  }
}]);

const kinds = [
  ['a change of rights ended the session of before; signed in again it serves', async () => {
    if ((await send('GET', '/v1/me', ada.session)).status === 401) take(ada, await signIn(ada));
    assert.equal((await send('GET', '/v1/me', ada.session)).status, 200);
    assert.equal((await send('GET', '/v1/me', bearer(whole.token))).status, 200);
  }],
  ['a session without its proof, or with that of another, changes nothing', async () => {
    take(ben, await signIn(ben));
    for (const proof of [undefined, '', 'A'.repeat(43), ben.proof, changed(ada.proof, 3)])
      for (const [method, path, body] of [['POST', '/v1/search', search], ['POST', '/v1/me/tokens', { label: 'x', days: 1 }], ['DELETE', '/v1/session']])
        assert.equal((await send(method, path, { ...ada.session, ...(proof === undefined ? {} : { 'Bureau-Session-Proof': proof }) }, body)).status, 403, `${proof} ${method} ${path}`);
    assert.equal((await send('POST', '/v1/search', ada.whole, search)).status, 200);
  }],
  ['a narrow token is refused what it does not list, and makes no token', async () => {
    assert.equal((await send('POST', '/v1/search', bearer(narrow.token), search)).status, 403);
    assert.equal((await send('POST', '/v1/search', bearer(narrow.token), { ...search, purpose: 'investigate' })).status, 200);
    assert.equal((await send('POST', '/v1/me/tokens', bearer(whole.token), { label: 'x', days: 1 })).status, 403);
  }],
  ['a code is good once; an old one, one of tomorrow, another’s and the right one with a wrong password are refused alike', async () => {
    const good = await freshCode(ben);
    const first = await signIn(ben, good);
    assert.equal(first.status, 200, first.text);
    take(ben, first);
    const tries = [[ben, good], [ben, codeOf(ben.codes.secret, ben.codes.step - 10)], [ben, codeOf(ben.codes.secret, ben.codes.step + 2880)], [ben, ada.codes.unused()]];
    const said = [];
    for (const [person, code] of tries) said.push((await signIn(person, code)).text);
    const wrong = await send('POST', '/v1/session', {}, { officer: 'ben', password: 'another pass phrase', code: ben.codes.unused() });
    assert.equal(wrong.status, 401, wrong.text);
    for (const text of said) assert.equal(text, wrong.text);
  }],
  ['a one-time link is good once; a forged one never', async () => {
    for (const secret of [ada.secret, ben.secret, changed(unusedLink, 5), '', 'A'.repeat(43)]) assert.ok([404, 422].includes((await send('POST', '/v1/enrolment/start', {}, { secret })).status), secret);
    assert.equal((await send('POST', '/v1/enrolment', {}, { secret: ada.secret, password, code: ada.codes.unused() })).status, 404);
  }],
  ['what one officer was given serves no other: cursors, receipts, query ids', async () => {
    const next = encodeURIComponent((await send('GET', '/v1/feed', bearer(node.tokens.bureau))).data.next);
    assert.notEqual((await send('GET', `/v1/feed?after=${next}`, bearer(node.tokens.asker))).status, 200);
    const first = await send('POST', '/v1/search', bearer(node.tokens.bureau), { ...search, id: 'c0ffee' });
    const second = await send('POST', '/v1/search', bearer(node.tokens.asker), { ...search, id: 'c0ffee' });
    assert.notEqual(first.data.receipt, second.data?.receipt);
    assert.equal((await send('GET', `/v1/log/proof/${first.data.receipt}?content=yes`, bearer(node.tokens.asker))).status, 403);
    openedBefore.push(first.data.receipt);
  }],
];

// ---- the clock is stepped ----

async function prepareTicket() {
  for (const one of (await node.call('GET', '/v1/databases', undefined, { as: 'bureau' })).data) {
    const { examples } = (await node.call('GET', `/v1/databases/${one.name}`, undefined, { as: 'bureau' })).data;
    const value = (examples[0].find || [])[0];
    const body = { envelope: { owner: 'UTO', unit: 'UTO/ncb', purposes: ['border-control', 'investigate'], review_on: new Date(now() + 300 * DAY * 1000).toISOString().slice(0, 10) }, fields: examples[0].body.fields };
    const made = await node.call('POST', `/v1/records/${one.name}`, body, { as: 'bureau' });
    if (made.status !== 201) continue;
    const read = await send('GET', `/v1/records/${made.data.id}`, bearer(node.tokens.asker));
    const kinds_ = (await send('GET', '/v1/tickets/kinds', bearer(node.tokens.asker))).data;
    if (read.status !== 200) continue;
    const fields = {};
    for (const field of kinds_[0].needs) fields[field.name] = field.type === 'code' ? 'urgent' : 'as described';
    const asked = await send('POST', '/v1/tickets', bearer(node.tokens.asker), { kind: kinds_[0].kind, record: made.data.id, receipt: read.data.receipt, fields });
    if (asked.status === 201) return asked.data.id;
    assert.ok(value === undefined || asked.status < 500, asked.text);
  }
  throw new Error('no ticket could be opened');
}
const ticketNow = async (id) => (await send('GET', `/v1/tickets/${id}`, bearer(node.tokens.asker))).data;
let ticket = '';
const timeOf = async (receipt) => (await node.call('GET', `/v1/audit/${receipt}`, undefined, { as: 'auditor' })).data.entry.time_us / 1000;

const steps = [
  ['back an hour: no session is younger for it, no code is good again, no clock of a ticket runs out or stands still for ever', async () => {
    ticket = await prepareTicket();
    const due = (await ticketNow(ticket)).clock.due;
    const before = await freshCode(ben);
    assert.equal((await signIn(ben, before)).status, 200);
    clock.step(-HOUR);
    assert.equal((await send('GET', '/v1/me', ada.session)).status, 401, 'begun at a time that has not come');
    assert.equal((await send('GET', '/v1/me', bearer(whole.token))).status, 200);
    assert.equal((await signIn(ben, before)).status, 401, 'replayed');
    assert.equal((await signIn(ben, codeOf(ben.codes.secret, ben.codes.step))).status, 401, 'of an hour that was before');
    assert.equal((await ticketNow(ticket)).clock.due, due);
    assert.equal((await ticketNow(ticket)).clock.level, 0);
  }],
  ['entries made while the clock is back stand behind those before, and the log is sound', async () => {
    const reply = await send('POST', '/v1/search', bearer(node.tokens.bureau), search);
    assert.equal(reply.status, 200, reply.text);
    assert.ok(Math.abs(await timeOf(reply.data.receipt) - now()) < 60000, 'the time is that of the clock');
    const verified = await node.call('GET', '/v1/audit/verify', undefined, { as: 'auditor' });
    assert.equal(verified.data.ok, true, verified.text);
    clock.step(HOUR);
  }],
  ['sixteen minutes on: an idle session is over, a token is not', async () => {
    take(ada, await signIn(ada));
    clock.step(16 * 60);
    assert.equal((await send('GET', '/v1/me', ada.session)).status, 401);
    assert.equal((await send('GET', '/v1/me', bearer(whole.token))).status, 200);
    await eventually(async () => (await ticketNow(ticket)).clock.level >= 1, 'the owner asked again, after ten minutes');
  }],
  ['a session in use ends after twelve hours all the same', async () => {
    take(ada, await signIn(ada));
    let last = 200;
    let minutes = 0;
    for (; last === 200 && minutes <= 13 * 60; minutes += 14) {
      clock.step(14 * 60);
      last = (await send('GET', '/v1/me', ada.session)).status;
    }
    assert.equal(last, 401);
    assert.ok(minutes > 11 * 60 && minutes <= 12 * 60 + 28, `${minutes} minutes`);
  }],
  ['forward a day: a token for a day has ended, one for thirty has not; links last three days', async () => {
    clock.step(DAY);
    assert.equal((await send('GET', '/v1/me', bearer(short.token))).status, 401);
    assert.equal((await send('GET', '/v1/me', bearer(whole.token))).status, 200);
    assert.equal((await send('POST', '/v1/enrolment/start', {}, { secret: unusedLink })).status, 200);
    take(ada, await signIn(ada));
    assert.equal((await send('POST', '/v1/search', ada.whole, search)).status, 200);
    clock.step(2 * DAY);
    assert.equal((await send('POST', '/v1/enrolment/start', {}, { secret: unusedLink })).status, 404);
    assert.equal((await send('GET', '/v1/me', ada.session)).status, 401);
  }],
  ['a token with a week left: its holder and his administrator see it, and its desk has a ticket that rings', async () => {
    clock.step(20 * DAY);
    const ending = async (as) => (await send('GET', '/v1/credentials/ending', as)).data.map((one) => one.id);
    assert.ok((await ending(bearer(whole.token))).includes(whole.id));
    assert.ok((await ending(bearer(node.tokens.chief))).includes(whole.id));
    assert.ok(!(await ending(bearer(node.tokens.asker))).includes(whole.id));
    const told = async (as) => (await send('GET', '/v1/tickets?open=yes&max=200', as)).data.tickets.filter((one) => one.title === 'A credential ends');
    let tickets = [];
    await eventually(async () => { tickets = await told(bearer(whole.token)); return tickets.length > 0; }, 'the desk is told');
    assert.ok(tickets[0].alarm && tickets[0].yours, JSON.stringify(tickets[0]));
    assert.deepEqual(await told(bearer(node.tokens.asker)), []);
    const one = (await send('GET', `/v1/tickets/${tickets[0].id}`, bearer(whole.token))).data;
    assert.ok(JSON.stringify(one.facts).includes('ada') && !JSON.stringify(one).includes(whole.token));
  }],
  ['forward a month: no contents of the log are destroyed at once for it; back again, all is as it was', async () => {
    clock.step(40 * DAY);
    assert.equal((await send('GET', '/v1/me', bearer(whole.token))).status, 401, 'thirty days have passed');
    assert.equal((await send('POST', '/v1/search', bearer(node.tokens.bureau), search)).status, 200);
    for (const receipt of openedBefore) assert.equal((await node.call('GET', `/v1/audit/${receipt}`, undefined, { as: 'auditor' })).data.destroyed, false);
    clock.set(0);
    assert.equal((await node.call('GET', '/v1/audit/verify', undefined, { as: 'auditor' })).data.ok, true);
    assert.equal((await send('POST', '/v1/search', bearer(node.tokens.bureau), search)).status, 200);
  }],
];

const failed = await runTests('credentials', [...table, ...kinds, ...steps]);
await node.stop();
clock.close();
removeDirectory(outside);
process.exit(failed ? 1 : 0);
