// SPDX-License-Identifier: Apache-2.0
// Weak lines and hostile ones, against the real server with its real limits: searches over 64 kbit/s, 1.5 s of round trip, 5%
// loss and silences of 20 s are all answered, once each; a thousand connections that waste its time are gone after seconds and
// disturb nobody. BUREAU_SOAK=1 is the long form (make soak): ten thousand idle connections, many border posts, longer.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Client, Line, numbers, parse } from './line.mjs';
import { Node, command, newDirectory, purpose, removeDirectory, runTests, startServer } from './node.mjs';

const soak = Boolean(process.env.BUREAU_SOAK);
const files = execFileSync('sh', ['-c', 'ulimit -n'], { encoding: 'utf8' }).trim();
const fileMax = files === 'unlimited' ? Infinity : Number(files);
const node = await Node.start({ officers: { post: ['--country', 'UTO', '--role', 'national-bureau', '--unit', 'UTO/post', '--purpose', purpose] } });
const port = node.running.port;
const pause = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
const metric = async (name) => Number(new RegExp(`^bureau_${name} (\\d+)`, 'm').exec((await node.call('GET', '/metrics', undefined, { as: null })).text)[1]);
const until = async (isTrue) => { while (!(await isTrue())) await pause(100); };
const jsonOf = (reply) => JSON.parse(reply.headers['content-encoding'] === 'gzip' ? gunzipSync(reply.body) : reply.body);

// How many searches of the audit log say what was asked.
async function entriesOf(officer) {
  const found = [];
  for (let before; ;) {
    const page = (await node.call('GET', `/v1/audit?max=500${before ? `&before=${before}` : ''}`)).data;
    found.push(...page.filter((item) => item.entry.kind === 'search' && item.entry.officer === officer));
    if (page.length < 500) return found;
    before = page[page.length - 1].number;
  }
}

// ---- who is honest ----

const silence = 20000;
const sample = new Client(port, node.tokens.post).request({ text: 'Q0000000', purpose, id: 'post-00-0' });
const whole = sample.head.length + sample.body.length;
// title, where the line falls silent, whether the first connection may be shed: the token was not there yet
const posts = [
  ['losses only', [], false],
  ['losses only, others', [], false],
  ['silent before the first byte', [{ direction: 'up', connection: 1, at: 0 }], true],
  ['silent within the first head', [{ direction: 'up', connection: 1, at: 60 }], true],
  ['silent between head and body', [{ direction: 'up', connection: 1, at: sample.head.length }], false],
  ['silent within the body', [{ direction: 'up', connection: 1, at: sample.head.length + 20 }], false],
  ['silent before the answer', [{ direction: 'down', connection: 1, at: 0 }], false],
  ['silent within the answer', [{ direction: 'down', connection: 1, at: 400 }], false],
  ['silent within the second head', [{ direction: 'up', connection: 1, at: whole + 60 }], false],
  ['silent within the second body', [{ direction: 'up', connection: 1, at: 2 * whole - 10 }], false],
  ['silent twice', [{ direction: 'up', connection: 1, at: sample.head.length + 5 }, { direction: 'down', connection: 1, at: 700 }], false],
];
if (soak) {
  const random = numbers(7);
  for (let i = 0; i < 100; i++) {
    const stalls = Array.from({ length: 3 }, (_, k) => ({ direction: random() < 0.5 ? 'up' : 'down', connection: 1 + Number(k > 1), at: Math.floor(random() * 8 * whole) }));
    posts.push([`post ${i}`, stalls, true]);
  }
}

async function beOnPost([title, stalls, mayRepeat], number, { token = node.tokens.post, ca, to = port } = {}) {
  const line = await Line.to(to, { seed: number + 1, stalls: stalls.map((one) => ({ ...one, ms: silence })) });
  const client = new Client(line.port, token, ca);
  const receipts = [];
  for (let i = 0; i < (soak ? 12 : 3); i++) {
    const text = `Q${1000000 + number * 100 + i}`;
    const reply = await client.search({ text, purpose, id: `post-${String(number).padStart(2, '0')}-${i}` });
    assert.equal(reply.status, 200, `${title}: ${reply.body}`);
    const answer = jsonOf(reply);
    assert.ok(answer.understood.some((chip) => chip.parts.some((part) => part.value.includes(text.slice(1)))), `${title}: the answer is another's`);
    if (!mayRepeat) assert.equal(reply.attempts, 1, `${title}: search ${i} was shed`);
    receipts.push(answer.receipt);
  }
  if (!soak) assert.equal(line.silences, stalls.length, `${title}: the line was not silent as meant`);
  client.close();
  line.close();
  return receipts;
}

// ---- who is not ----

const strange = 'bureau_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA';
const post = (headers) => `POST /v1/search HTTP/1.1\r\nHost: a\r\nContent-Length: 60000\r\n${headers}\r\n`;
const drip = (socket, text) => { socket.dripping = setInterval(() => { if (!socket.destroyed) socket.write(text); }, 1000); };
const hostile = [
  ['says nothing', () => {}],
  ['half a head', (socket) => socket.write('GET /healthz HTTP/1.1\r\nHos')],
  ['a head, a byte a second', (socket) => { socket.write('GET /healthz HTTP/1.1\r\nHost: a\r\nX-A: '); drip(socket, 'x'); }],
  ['empty lines, one a second', (socket) => drip(socket, '\r\n')],
  ['wakes late', (socket) => { socket.waking = setTimeout(() => { socket.write('GET /healthz HTTP/1.1\r\n'); drip(socket, 'x'); }, 9000); }],
  ['wakes late with a body', (socket) => { socket.waking = setTimeout(() => { socket.write(post('')); drip(socket, 'x'); }, 9000); }],
  ['a body without a token', (socket) => { socket.write(post('')); drip(socket, 'x'); }],
  ['a body with a wrong token', (socket) => { socket.write(post(`Authorization: Bearer ${strange}\r\n`)); drip(socket, 'x'); }],
  ['chunks of a byte', (socket) => { socket.write('POST /v1/search HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n'); drip(socket, '1\r\nx\r\n'); }],
  ['one good request, then a slow one', (socket) => { socket.write('GET /healthz HTTP/1.1\r\nHost: a\r\n\r\nGET /hea'); drip(socket, 'l'); }],
  ['asks much and reads nothing', (socket) => { socket.pause(); socket.write('GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(100)); }],
];

function besiege(count) {
  return Promise.all(Array.from({ length: count }, (_, i) => new Promise((resolve, reject) => {
    const [title, begin] = hostile[i % hostile.length];
    const socket = connect({ port, host: '127.0.0.1' });
    const opened = performance.now();
    socket.title = title;
    socket.gone = new Promise((over) => { socket.on('close', () => { clearInterval(socket.dripping); clearTimeout(socket.waking); over((performance.now() - opened) / 1000); }); });
    socket.on('error', () => {});
    socket.once('error', reject);
    socket.on('connect', () => { begin(socket); resolve(socket); });
    if (title !== 'asks much and reads nothing') socket.resume();
  })));
}

// Searches one after the other, as fast as they are answered, until told to stop.
function press(officer) {
  const state = { answered: 0, lost: [], isOver: false };
  state.done = (async () => {
    while (!state.isOver) {
      const reply = await node.call('POST', '/v1/search', { text: `Q${2000000 + state.answered}`, purpose }, { as: officer }).catch((failure) => ({ status: failure.message }));
      if (reply.status === 200 && reply.data.receipt) state.answered++;
      else state.lost.push(reply.status);
    }
  })();
  state.stop = () => { state.isOver = true; return state.done; };
  return state;
}

function idle(token) {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' });
    let heard = Buffer.alloc(0);
    socket.on('error', reject);
    socket.on('data', (bytes) => { heard = Buffer.concat([heard, bytes]); const reply = parse(heard); if (reply) resolve({ socket, status: reply.status }); });
    socket.write(`GET /v1/me HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\n\r\n`);
  });
}

// ---- malformed requests: the table of the unit tests, at the real server ----

function unescaped(text) {
  const rows = text.replace(/\\H70/g, Array.from({ length: 70 }, (_, i) => `X-${i}: 1\r\n`).join('')).replace(/\\R(\d+),(.)/g, (_, count, c) => c.repeat(Number(count)));
  return Buffer.concat(rows.split(/(\\x[0-9a-fA-F]{2}|\\[rnt])/).map((part) => {
    if (/^\\x/.test(part)) return Buffer.from([parseInt(part.slice(2), 16)]);
    return Buffer.from({ '\\r': '\r', '\\n': '\n', '\\t': '\t' }[part] ?? part, 'utf8');
  }));
}

function say(bytes) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.write(bytes));
    let heard = Buffer.alloc(0);
    socket.on('data', (more) => { heard = Buffer.concat([heard, more]); });
    socket.on('error', () => {});
    socket.on('close', () => resolve(heard.toString('latin1')));
  });
}

// ---- the same over TLS: a server of its own ----

async function startTls() {
  const data = newDirectory();
  const [certificate, key] = ['server.pem', 'server.key'].map((name) => join(data, name));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', certificate], { stdio: 'ignore' });
  const { token } = command(data, ['officer', 'add', 'post', '--country', 'UTO', '--role', 'national-bureau', '--purpose', purpose, '--json']).json;
  return { data, token, ca: readFileSync(certificate), running: await startServer(data, ['--rate', '0', '--certificate', certificate, '--key', key]) };
}

async function tlsStory() {
  const tls = await startTls();
  const stalled = (direction, at) => [{ direction, connection: 1, at }];
  const over = [['losses only', [], false], ['silent within the handshake', stalled('up', 100), true], ['silent within the server\'s handshake', stalled('down', 200), true],
    ['silent before the answer', stalled('down', 1600), false], ['silent within the second request', stalled('up', 900), false]];
  const half = Buffer.from('160301020001000', 'hex');
  try {
    const honest = Promise.allSettled(over.map((one, number) => beOnPost(one, number, { token: tls.token, ca: tls.ca, to: tls.running.port })));
    await Promise.all(Array.from({ length: 100 }, (_, i) => new Promise((resolve) => {
      const socket = connect({ port: tls.running.port, host: '127.0.0.1' }, () => { if (i % 2) socket.write(half); });
      socket.on('error', () => {});
      socket.on('close', resolve);
      socket.resume();
    })));
    assert.deepEqual((await honest).filter((one) => one.status === 'rejected').map((one) => one.reason.message), []);
  } finally {
    await tls.running.stop();
    removeDirectory(tls.data);
  }
}

const figures = [];
let overTls = null; // beside the next test: both are mostly silence
const tests = [
  ['malformed requests are refused, each with its status', async () => {
    const table = readFileSync('tests/cases/http-requests.txt', 'utf8').split('\n').filter((line) => line && !line.startsWith('#')).map((line) => /^([^|]*) \| ([^|]*) \| (.*)$/.exec(line));
    const refused = table.filter((row) => /^(400|401|413|417|431|501|505)$/.test(row[1]));
    assert.ok(refused.length >= 32, `${refused.length} rows`);
    const heard = await Promise.all(refused.map((row) => say(unescaped(row[3]))));
    refused.forEach((row, i) => assert.match(heard[i], new RegExp(`^HTTP/1\\.1 ${row[1]} `), row[2]));
    assert.equal((await node.call('GET', '/healthz', undefined, { as: null })).status, 200);
    figures.push(`${refused.length} malformed requests refused`);
  }],
  ['what a search costs: at most 2 KB up and 4 KB down', async () => {
    const world = join(node.data, 'sample');
    assert.equal(command(node.data, ['sample', '--persons', '6000', '--seed', '5', '--out', world]).code, 0);
    for (const database of ['person', 'travel-document']) assert.equal(command(node.data, ['import', 'bureau-ndjson', join(world, `${database}.ndjson`)]).code, 0, database);
    const names = new Map();
    for (const line of readFileSync(join(world, 'person.ndjson'), 'utf8').trim().split('\n')) {
      const name = JSON.parse(line).fields.names[0].full_name;
      const text = typeof name === 'string' ? name : `${name.given} ${name.family}`;
      names.set(text, (names.get(text) || 0) + 1);
    }
    const common = [...names].sort((a, b) => b[1] - a[1]).slice(0, 8).map(([name]) => name);
    const numbersHeld = readFileSync(join(world, 'travel-document.ndjson'), 'utf8').trim().split('\n').map((line) => JSON.parse(line).fields.doc_no).filter(Boolean).slice(0, 8);
    const measure = async (title, body, bounded = true) => {
      const client = new Client(port, node.tokens.post);
      const answer = jsonOf(await client.search({ purpose, id: `cost-${figures.length}-${title}`.slice(0, 60), ...body }));
      client.close();
      if (bounded) assert.ok(client.up <= 2048 && client.down <= 4096, `${title}: ${client.up} up, ${client.down} down`);
      return { up: client.up, down: client.down, hits: answer.hits.length };
    };
    const kinds = [
      ['a document, nothing found', ['Q1234567', 'ZX9912345', 'L898902C36UTO7408122F1204159ZE184226B<<<<<10'].map((text) => ({ text })), 0],
      ['a document, found', numbersHeld.map((text) => ({ text })), 1],
      ['a name, ten hits, brief', common.map((text) => ({ text, form: 'brief', limit: 10 })), 10],
      ['a name, a page of hits in full', common.map((text) => ({ text })), 5],
      ['a name, ten hits in full (no bound)', common.map((text) => ({ text, limit: 10 })), 10],
    ];
    for (const [title, bodies, hits] of kinds) {
      const costs = [];
      for (const [i, body] of bodies.entries()) costs.push(await measure(`${title} ${i}`, body, !title.includes('no bound')));
      assert.ok(Math.max(...costs.map((cost) => cost.hits)) >= hits, `${title}: ${costs.map((cost) => cost.hits)} hits`);
      figures.push(`${title}: ${Math.max(...costs.map((cost) => cost.up))} bytes up, ${Math.max(...costs.map((cost) => cost.down))} down at most`);
    }
  }],
  ['weak lines are answered, a thousand hostile connections are gone, a fast client notices neither', async () => {
    const before = (await entriesOf('post')).length;
    overTls = tlsStory();
    overTls.catch(() => {});
    const pressing = press('bureau');
    const honest = Promise.allSettled(posts.map((one, number) => beOnPost(one, number)));
    const rounds = soak ? 5 : 1;
    for (let round = 0; round < rounds; round++) {
      const count = Math.min(1000, Math.floor((fileMax - 500) / 2));
      const sockets = await besiege(count);
      const during = pressing.answered;
      await until(() => pressing.answered > during + 100);
      // Who reads nothing does not see his end: the server's own count tells.
      const gone = await Promise.all(sockets.filter((socket) => !socket.isPaused()).map((socket) => socket.gone.then((seconds) => [socket.title, seconds])));
      const slowest = gone.sort((a, b) => b[1] - a[1])[0];
      assert.ok(slowest[1] < 110, `${slowest[0]}: gone after ${slowest[1]} s`); // 15 s, and what a busy machine adds; who signed in has two minutes
      await until(async () => (await metric('connections_open')) < posts.length + 40);
      sockets.forEach((socket) => socket.destroy());
      figures.push(`${count} hostile connections: the last was gone after ${slowest[1].toFixed(1)} s`);
    }
    const results = await honest;
    await until(() => pressing.answered + pressing.lost.length >= 500);
    await pressing.stop();
    assert.deepEqual(results.filter((one) => one.status === 'rejected').map((one) => one.reason.message), []);
    const receipts = results.flatMap((one) => one.value);
    assert.equal(new Set(receipts).size, receipts.length);
    assert.equal((await entriesOf('post')).length - before, receipts.length, 'one entry for each search, however often it was sent');
    assert.deepEqual(pressing.lost, []);
    figures.push(`${receipts.length} searches over ${posts.length} weak lines, all answered; ${pressing.answered} of the fast client meanwhile, none lost`);
  }],
  ['the same over TLS: silent in the handshake, the request, the answer; half a handshake is shed', () => overTls],
  ['an answer that was lost is given again: same receipt, one entry', async () => {
    const before = await entriesOf('post');
    const broken = async (title, cut, number) => {
      const body = { text: `Q${3000000 + number}`, purpose, id: `lost-${number}` };
      const { head, body: text } = new Client(0, node.tokens.post).request(body);
      const sent = Math.floor((head.length + text.length) * cut.part);
      const line = await Line.to(port, { rtt: 200, loss: 0, cuts: [{ connection: 1, ...cut, sent }] });
      const client = new Client(line.port, node.tokens.post);
      const reply = await client.search(body);
      const again = await client.search(body);
      client.close();
      line.close();
      assert.equal(reply.status, 200, title);
      assert.equal(reply.attempts, 2, `${title}: the connection did not break`);
      assert.equal(line.connections, 2);
      assert.equal(jsonOf(again).receipt, jsonOf(reply).receipt);
      assert.equal(again.headers['bureau-repeated'], 'true');
      return { reply, lost: line.lostAnswers.join('') };
    };
    const cuts = [
      ['the answer was on its way', { answered: true }],
      ['the request had just come', { part: 1 }],
      ['the request had just come, and a moment passed', { part: 1, afterMs: 5 }],
      ['half of the request had come', { part: 0.5 }],
    ];
    const done = await Promise.all(cuts.map(([title, cut], i) => broken(title, cut, i)));
    const [first] = done;
    assert.equal(first.reply.headers['bureau-repeated'], 'true');
    const lost = parse(Buffer.from(first.lost, 'latin1'));
    assert.equal(jsonOf(lost).receipt, jsonOf(first.reply).receipt, 'the answer that never came, and the one that did');
    assert.deepEqual(lost.body, first.reply.body);
    assert.equal((await entriesOf('post')).length - before.length, cuts.length);
  }],
  ['idle connections leave the service as it is', async () => {
    const wanted = soak ? 10000 : 2000;
    if (fileMax < wanted + 500) {
      console.log(`skipped: ${wanted} idle connections need ulimit -n ${wanted + 500}, it is ${fileMax}`);
      return;
    }
    const sockets = [];
    while (sockets.length < wanted) {
      const more = await Promise.all(Array.from({ length: 500 }, () => idle(node.tokens.bureau)));
      assert.ok(more.every((one) => one.status === 200));
      sockets.push(...more.map((one) => one.socket));
    }
    assert.ok(await metric('connections_open') >= wanted);
    const pressing = press('admin');
    await until(() => pressing.answered + pressing.lost.length >= (soak ? 5000 : 500));
    await pressing.stop();
    assert.deepEqual(pressing.lost, []);
    assert.equal(sockets.filter((socket) => socket.destroyed || socket.readableEnded).length, 0, 'who signed in may be idle');
    sockets.forEach((socket) => socket.destroy());
    await until(async () => (await metric('connections_open')) < 50);
    figures.push(`${pressing.answered} searches beside ${wanted} idle connections, none lost`);
  }],
];
const failed = await runTests('slow', tests);
for (const figure of figures) console.log(`  ${figure}`);
await node.stop();
process.exit(failed ? 1 : 0);
