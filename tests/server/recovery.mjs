// SPDX-License-Identifier: Apache-2.0
// Keys on paper: split at a terminal, a backup without a key in it, restored with enough shares and with nothing less; an
// administrator recovered by two holders, and by nobody alone.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Node, command, newDirectory, removeDirectory, runTests, startServer } from './node.mjs';

const program = join(process.cwd(), 'build/bureau');
const node = await Node.start();
const outside = newDirectory();
const backup = join(outside, 'backup');
const restored = join(outside, 'restored');

// The program at a terminal of its own (script(1)); answers what it asks.
function atTerminal(words, typed = []) {
  return new Promise((resolve) => {
    const child = spawn('script', ['-qec', [program, ...words, '--data', node.data].join(' '), '/dev/null']);
    const shares = [];
    let said = '';
    let from = 0;
    let lines = [];
    const left = [...typed];
    const ask = (pattern) => {
      const found = pattern.exec(said.slice(from));
      if (found) from += found.index + found[0].length;
      return found;
    };
    child.stdout.on('data', (chunk) => {
      said += chunk;
      for (let is = true; is;) {
        is = false;
        if (ask(/Press Enter when nobody else can see\./)) { child.stdin.write('\n'); is = true; }
        const shown = ask(/((?: {2}\d {2}[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{2}\s+){9})[^]*?Then press Enter\./);
        if (shown) {
          lines = shown[1].match(/[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{2}/g);
          shares.push(lines.join('\n'));
          child.stdin.write('\n');
          is = true;
        }
        const proof = ask(/From your paper, line (\d): /);
        if (proof) { child.stdin.write(`${lines[Number(proof[1]) - 1].toLowerCase()}\n`); is = true; }
        if (ask(/share of holder \d: its nine lines\s/)) { child.stdin.write(`${left.shift()}\n`); is = true; }
      }
    });
    child.on('close', (code) => resolve({ code, said, shares }));
  });
}
const typed = (words, input, data = node.data) => command(data, words, input);
function holders(directory, bytes) {
  return readdirSync(directory, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && readFileSync(join(entry.parentPath || entry.path, entry.name)).includes(bytes)).map((entry) => entry.name);
}
const soon = `${new Date(Date.now() + 3600e3).toISOString().slice(0, 19)}Z`;
let shares = [];
const failed = await runTests('recovery', [
  ['shares go to no file and no program', async () => {
    const done = typed(['recovery', 'split', '--of', '3', '--need', '2']);
    assert.equal(done.code, 2);
    assert.match(done.err, /at a terminal/);
    assert.equal(typed(['recovery', 'show']).code, 2, 'nothing was taken up');
    assert.equal(typed(['recovery', 'split', '--of', '3', '--need', '1']).code, 2);
    assert.equal(typed(['recovery', 'check'], 'x\n').code, 2);
  }],
  ['before, whoever is at the machine invites an administrator', async () => {
    assert.equal(typed(['officer', 'invite', 'admin']).code, 0);
  }],
  ['they are shown one at a time, and the screen is wiped', async () => {
    const done = await atTerminal(['recovery', 'split', '--of', '3', '--need', '2']);
    assert.equal(done.code, 0, done.said);
    assert.equal(done.shares.length, 3);
    shares = done.shares;
    assert.equal(done.said.split('\x1b[3J').length - 1, 9, 'before it is shown, after it, and after it was typed');
    const show = typed(['recovery', 'show', '--json']).json;
    assert.deepEqual([show.need, show.of, show.commitments.length], ['2', '3', 3]);
    for (const share of shares) for (const line of share.split('\n')) assert.deepEqual(holders(node.data, line), [], 'in no file');
  }],
  ['a holder tests his share; a slip is found in its line', async () => {
    for (const [i, share] of shares.entries()) {
      const done = typed(['recovery', 'check'], `${share}\n`);
      assert.equal(done.code, 0, done.err);
      assert.match(done.out, new RegExp(`share ${i + 1} of 3 is good`));
    }
    const lines = shares[0].split('\n');
    lines[4] = (lines[4][0] === 'A' ? 'B' : 'A') + lines[4].slice(1);
    const slip = typed(['recovery', 'check'], `${lines.join('\n')}\n`);
    assert.equal(slip.code, 2);
    assert.match(slip.err, /line 5 was mistyped/);
    assert.ok(!slip.err.includes(lines[4].slice(1)), 'and is not repeated');
  }],
  ['one person at the machine makes no administrator any more', async () => {
    for (const words of [['officer', 'invite', 'admin'], ['officer', 'add', 'a-2', '--country', 'UTO', '--role', 'administrator'], ['setup', 'a-3', '--country', 'UTO'],
      ['officer', 'add', 'a-4', '--country', 'UTO', '--role', 'investigator', '--may', 'administer', '--purpose', 'search'],
      ['grant', 'add', 'bureau', '--may', 'administer', '--until', soon, '--reason', 'while nobody looks']]) {
      const done = typed(words);
      assert.equal(done.code, 2, words.join(' '));
      assert.match(done.err, /alone|administrator/, words.join(' '));
    }
    assert.equal(typed(['officer', 'invite', 'patrol']).code, 0, 'others as before');
    const once = typed(['recover-administrator', 'admin', '--reason', 'lost his telephone'], `${shares[0]}\n`);
    assert.equal(once.code, 2);
    const twice = typed(['recover-administrator', 'admin', '--reason', 'lost his telephone'], `${shares[0]}\n${shares[0]}\n`);
    assert.equal(twice.code, 2);
    assert.match(twice.err, /two different holders/);
    assert.equal((await node.call('POST', '/v1/recovery/administrator', { officer: 'admin', reason: 'x', shares: [shares[0], shares[1]] })).status, 403, 'not over the network');
  }],
  ['two holders recover an administrator, with a link, on the record', async () => {
    const done = typed(['recover-administrator', 'admin', '--reason', 'lost his telephone', '--json'], `${shares[0]}\n${shares[2]}\n`);
    assert.equal(done.code, 0, done.err);
    assert.match(done.json.link, /#enrol=[\w-]{43}$/);
    const start = await fetch(`http://127.0.0.1:${node.running.port}/v1/enrolment/start`, { method: 'POST', body: JSON.stringify({ secret: done.json.secret }) });
    assert.equal((await start.json()).officer, 'admin');
    assert.equal(typed(['recover-administrator', 'bureau', '--reason', 'x'], `${shares[0]}\n${shares[2]}\n`).code, 2, 'he is none');
    const made = typed(['recover-administrator', 'a-5', '--country', 'UTO', '--unit', 'UTO/ncb', '--reason', 'nobody is left', '--json'], `${shares[1]}\n${shares[2]}\n`);
    assert.equal(made.code, 0, made.err);
    const log = (await node.call('GET', '/v1/audit?max=200')).data.map((one) => one.entry).filter((entry) => entry && entry.verdict === 'administrator recovered');
    assert.equal(log.length, 2);
    assert.match(JSON.stringify(log), /holders of shares 1 and 3/);
    for (const share of shares) assert.ok(!JSON.stringify(log).includes(share.split('\n')[5]));
  }],
  ['another splitting takes two shares of the one before', async () => {
    const refused = await atTerminal(['recovery', 'split', '--of', '2', '--need', '2'], [shares[0], shares[0]]);
    assert.notEqual(refused.code, 0);
    assert.match(refused.said, /destroy what was written down/);
    const again = await atTerminal(['recovery', 'split', '--of', '5', '--need', '3'], [shares[0], shares[1]]);
    assert.equal(again.code, 0, again.said);
    assert.equal(typed(['recovery', 'check'], `${shares[0]}\n`).code, 1, 'the old ones are none any more');
    shares = again.shares;
  }],
  ['a backup holds no key of the node', async () => {
    assert.equal(typed(['backup', backup]).code, 0);
    const keys = readdirSync(node.data).filter((name) => name.endsWith('.key')).map((name) => join(node.data, name));
    keys.push(...readdirSync(join(node.data, 'audit')).filter((name) => name.endsWith('.key')).map((name) => join(node.data, 'audit', name)));
    assert.ok(keys.length >= 5);
    for (const key of keys) assert.deepEqual(holders(backup, readFileSync(key)), [], key);
    assert.ok(existsSync(join(backup, 'keys.sealed')));
  }],
  ['restored, it does not open before enough shares are combined', async () => {
    assert.equal(typed(['restore', backup], '', restored).code, 0);
    const closed = typed(['officer', 'list'], '', restored);
    assert.equal(closed.code, 2);
    assert.match(closed.err, /keys of .* are sealed/);
    await assert.rejects(startServer(restored));
    assert.ok(!existsSync(join(restored, 'node.key')), 'and makes no new ones');
    const old = typed(['recovery', 'combine'], `${shares[0]}\n${shares[1]}\n`, restored);
    assert.equal(old.code, 2);
    const twice = typed(['recovery', 'combine'], `${shares[0]}\n${shares[1]}\n${shares[0]}\n`, restored);
    assert.equal(twice.code, 2);
    assert.match(twice.err, /these shares do not open the keys/);
    const done = typed(['recovery', 'combine'], `${shares[4]}\n${shares[1]}\n${shares[2]}\n`, restored);
    assert.equal(done.code, 0, done.err);
  }],
  ['and is then the node it was', async () => {
    const again = await startServer(restored);
    try {
      const ask = async (port, path, as) => (await fetch(`http://127.0.0.1:${port}${path}`, { headers: { Authorization: `Bearer ${node.tokens[as]}` } })).text();
      assert.equal(await ask(again.port, '/v1/log/key', 'bureau'), await ask(node.running.port, '/v1/log/key', 'bureau'));
      const entries = JSON.parse(await ask(again.port, '/v1/audit?max=50', 'auditor'));
      assert.ok(entries.some((one) => one.entry && one.entry.verdict === 'administrator recovered'), 'the log opens');
      assert.match(typed(['audit', 'verify'], '', restored).out, /whole and in order/);
    } finally { await again.stop(); }
  }],
]);
removeDirectory(outside);
await node.stop();
process.exit(failed ? 1 : 0);
