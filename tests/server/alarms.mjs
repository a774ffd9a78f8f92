// SPDX-License-Identifier: Apache-2.0
// What rings outside: letters through a mail server, and that nothing is lost when the node is killed while a clock is escalated.
import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createHttp } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { deskOf, fastHome } from './asking.mjs';
import { Node, completed, eventually, ownPort, runTests, startServer } from './node.mjs';

const home = fastHome();

// ---- a mail server of the smallest kind: it takes what it is given, once somebody signed in ----

const letters = [];
const logins = [];
const sink = createServer((socket) => {
  let letter = null;
  let rest = '';
  const say = (line) => socket.write(`${line}\r\n`);
  const hear = (line) => {
    if (letter?.isOpen) {
      if (line === '.') { letter.isOpen = false; letters.push(letter); say('250 taken'); } else letter.text += `${line}\n`;
    } else if (/^EHLO/i.test(line)) { socket.write('250-sink\r\n250 AUTH PLAIN\r\n'); } else if (/^AUTH PLAIN/i.test(line)) {
      const word = line.split(' ')[2];
      if (word) { logins.push(Buffer.from(word, 'base64').toString()); say('235 welcome'); } else say('334');
    } else if (/^[A-Za-z0-9+/=]+$/.test(line) && line.length > 8 && !/^(MAIL|RCPT|DATA|QUIT)/.test(line)) { logins.push(Buffer.from(line, 'base64').toString()); say('235 welcome'); } else if (/^MAIL FROM/i.test(line)) { letter = { from: line, to: '', text: '' }; say('250 ok'); } else if (/^RCPT TO/i.test(line)) { letter.to = /<(.*)>/.exec(line)[1]; say('250 ok'); } else if (/^DATA/i.test(line)) { letter.isOpen = true; say('354 go on'); } else if (/^QUIT/i.test(line)) { say('221 bye'); socket.end(); } else say('250 ok');
  };
  say('220 sink');
  socket.on('data', (chunk) => {
    const lines = (rest + chunk).split('\r\n');
    rest = lines.pop();
    lines.forEach(hear);
  });
  socket.on('error', () => {});
});
await new Promise((resolve) => { sink.listen(0, '127.0.0.1', resolve); });
const settings = join(home, 'mail.yaml');
const password = 'not on the command line';
writeFileSync(settings, `server: smtp://127.0.0.1:${sink.address().port}\nfrom: bureau@ncb.example\nuser: bureau\npassword: ${password}\n`, { mode: 0o600 });

// ---- a machine that takes webhooks while it is up ----

const posts = [];
let machine = null;
function machineUp(port) {
  machine = createHttp((request, reply) => {
    let body = '';
    request.on('data', (chunk) => { body += chunk; });
    request.on('end', () => { posts.push({ id: request.headers['webhook-id'], path: request.url, ...JSON.parse(body) }); reply.statusCode = 204; reply.end(); });
  });
  return new Promise((resolve, reject) => { machine.on('error', reject); machine.listen(port, '127.0.0.1', resolve); });
}
const port = await ownPort();

const words = ['--rate', '0', '--alarm-mail', settings];
const node = await Node.start({
  words,
  officers: {
    gate: ['--country', 'FRA', '--role', 'frontline', '--unit', 'FRA/gate', '--purpose', 'border-control'],
    hub: ['--country', 'XPO', '--role', 'hub', '--unit', 'XPO/ops', '--purpose', 'border-control'],
  },
});
const { record, ask, move, until, get } = await deskOf(node);
const envelope = { owner: 'UTO', purposes: ['search'], review_on: completed({ fields: {} }).envelope.review_on };
const add = async (definition, fields, more = {}) => {
  const reply = await node.call('POST', `/v1/records/${definition}`, { envelope: { ...envelope, ...more }, fields });
  assert.equal(reply.status, 201, reply.text);
};
const killed = async () => {
  node.running.server.kill('SIGKILL');
  await node.running.gone;
};
const lettersOf = (ticket, to) => letters.filter((letter) => letter.to === to && letter.text.includes(ticket.id));

const tests = [
  ['desk, deputy and head are written to; the letter names number, kind, clock and desk, and nothing of a person', async () => {
    await add('office', { unit: 'UTO/ncb', name: 'Bureau', languages: ['en'], deputy: 'o-deputy', head: 'o-head' });
    await add('mailbox', { unit: 'UTO/ncb', address: 'desk@ncb.example' });
    await add('mailbox', { unit: 'UTO/ncb', officer: 'o-deputy', address: 'deputy@ncb.example' });
    const target = await record();
    const ticket = (await ask(target)).data;
    await until('bureau', (one) => one.id === ticket.id && one.clock && one.clock.level >= 4);
    await eventually(() => lettersOf(ticket, 'deputy@ncb.example').length, 'the deputy');
    const toDeputy = lettersOf(ticket, 'deputy@ncb.example');
    assert.equal(toDeputy.length, 1, 'for the deputy only what asks for the deputy');
    assert.match(toDeputy[0].text, /step +deputy/);
    await eventually(() => lettersOf(ticket, 'desk@ncb.example').length >= 5, 'the desk');
    const toDesk = lettersOf(ticket, 'desk@ncb.example');
    assert.equal(toDesk.filter((letter) => /what +alarm/.test(letter.text)).length, 1, 'an alarm that goes on is one letter');
    const [name, value] = target.key;
    for (const { text, from } of letters) {
      assert.match(from, /<bureau@ncb.example>/);
      assert.ok(!text.includes(value) && !text.includes('words of an officer') && !text.includes(target.id), `${name} in ${text}`);
      assert.match(text, /^Auto-Submitted: auto-generated$/m);
      assert.match(text, /^Message-ID: <[0-9a-f]{32}@/m);
    }
    assert.ok(logins.some((login) => login === `\0bureau\0${password}`), JSON.stringify(logins));
    assert.ok(!readFileSync(`/proc/${node.running.server.pid}/cmdline`, 'utf8').includes(password));
    assert.ok(!node.running.said().includes(password));
    await move(ticket, 'refused', 'bureau');
  }],
  ['a file that others can read is refused, and so is a server without encryption far away', async () => {
    await killed();
    const open = join(home, 'open.yaml');
    writeFileSync(open, readFileSync(settings), { mode: 0o644 });
    await assert.rejects(startServer(node.data, ['--alarm-mail', open]), /can be read by others/);
    const bad = join(home, 'bad.yaml');
    writeFileSync(bad, 'server: http://mail.example\nfrom: bureau@ncb.example\n', { mode: 0o600 });
    await assert.rejects(startServer(node.data, ['--alarm-mail', bad]), /is no mail server/);
    node.running = await startServer(node.data, words);
  }],
  ['killed again and again while a clock is escalated: every step is told, under one id each', async () => {
    const address = `http://127.0.0.1:${port}/alarms`;
    await add('webhook', { unit: 'UTO/ncb', url: address, what: ['clock'] });
    await add('webhook', { hub: true, url: `${address}/hub`, what: ['clock'] });
    const ticket = (await ask(await record())).data;
    for (const level of [1, 2, 4]) { // nobody takes what is told
      await until('bureau', (one) => one.id === ticket.id && one.clock && one.clock.level >= level);
      await killed();
      node.running = await startServer(node.data, words);
    }
    await until('hub', (one) => one.id === ticket.id && one.clock.step === 'hub');
    await killed();
    assert.equal(posts.length, 0);
    await machineUp(port);
    node.running = await startServer(node.data, words);
    const mine = () => posts.filter((post) => post.data.ticket === ticket.id);
    await eventually(() => new Set(mine().map((post) => `${post.data.unit} ${post.data.level} ${post.data.step}`)).size >= 5, 'five steps');
    const steps = [...new Set(mine().map((post) => `${post.data.unit} ${post.data.level} ${post.data.step}`))].sort();
    assert.deepEqual(steps, [' 5 hub', 'UTO/ncb 1 ask-again', 'UTO/ncb 2 ask-again', 'UTO/ncb 3 deputy', 'UTO/ncb 4 head']);
    const ids = new Map();
    for (const post of mine()) {
      const key = `${post.path} ${post.data.unit} ${post.data.level}`;
      assert.equal(ids.get(key) || post.id, post.id, 'the same event keeps its id');
      ids.set(key, post.id);
    }
    assert.equal((await get(ticket, 'bureau')).data.clock.level, 5);
  }],
  ['what was taken is not told again after a start', async () => {
    const before = posts.length;
    assert.equal(await node.running.stop(), 0);
    node.running = await startServer(node.data, words);
    const ticket = (await ask(await record())).data;
    await eventually(() => posts.some((post) => post.data.ticket === ticket.id), 'the next');
    assert.ok(posts.slice(before).every((post) => post.data.ticket === ticket.id), JSON.stringify(posts.slice(before)));
  }],
];
let failed = 1;
try {
  failed = await runTests('alarms', tests);
} finally {
  await node.stop();
  sink.close();
  machine?.closeAllConnections();
  machine?.close();
  rmSync(home, { recursive: true, force: true });
}
process.exit(failed ? 1 : 0);
