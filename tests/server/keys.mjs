// SPDX-License-Identifier: Apache-2.0
// The node's keys replaced: what was signed before still holds, who knew the old key comes to the new one, the log still opens, and
// what was given up is worth nothing.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isFollowed, parseKey } from '../../web/src/proof.js';
import { Node, command, newDirectory, purpose, removeDirectory, runTests, startServer } from './node.mjs';

const node = await Node.start();
const outside = newDirectory();
const file = (name) => join(outside, name);
const keep = (name, text) => { writeFileSync(file(name), text); return file(name); };
const text = async (path, as = 'admin') => (await node.call('GET', path, undefined, { as })).text;
const again = async () => { node.running = await startServer(node.data, ['--rate', '0']); };
const search = async () => (await node.call('POST', '/v1/search', { text: 'nobody of this name', purpose }, { as: 'bureau' })).data.receipt;
const check = (proof, key) => command(node.data, ['audit', 'check', proof, '--key', key]);
async function prove(receipt, name) {
  const done = node.command(['audit', 'prove', receipt, '--out', file(name)]);
  assert.equal(done.code, 0, done.err);
  return file(name);
}
let receipt, proof, oldKey, newKey;

const failed = await runTests('keys', [
  ['they are listed with what each is for', async () => {
    const listed = node.command(['keys', 'list']);
    assert.equal(listed.code, 0, listed.err);
    for (const name of ['node.key', 'audit/reader.key', 'value.key']) assert.ok(listed.out.includes(name), listed.out);
  }],
  ['they are not replaced while the node runs', async () => {
    receipt = await search();
    proof = await prove(receipt, 'first.proof');
    oldKey = keep('old.key', await text('/v1/log/key'));
    assert.equal(await text('/v1/log/key-changes'), '');
    for (const words of [['node'], ['reader']]) {
      const done = node.command(['keys', 'replace', ...words]);
      assert.equal(done.code, 2);
      assert.match(done.err, /in use by process \d+ \(stop that process/);
    }
    assert.equal(check(proof, oldKey).code, 0);
  }],
  ['another key to sign with: what the old one signed holds, and it leads to the new one', async () => {
    await node.running.stop();
    const done = node.command(['keys', 'replace', 'node']);
    assert.equal(done.code, 0, done.err);
    await again();
    newKey = keep('new.key', await text('/v1/log/key'));
    assert.equal(readFileSync(newKey, 'utf8').trim().split('\n').length, 2, 'the present one and the one before');
    assert.equal(check(proof, newKey).code, 0, 'an old proof by the new keys');
    const second = await prove(await search(), 'second.proof');
    assert.equal(check(second, newKey).code, 0);
    assert.notEqual(check(second, oldKey).code, 0, 'the old key alone knows nothing of it');
    const changes = keep('changes', await text('/v1/log/key-changes', 'bureau'));
    const followed = command(node.data, ['keys', 'follow', changes, '--key', oldKey]);
    assert.equal(followed.code, 0, followed.err);
    assert.equal(followed.out.trim(), readFileSync(newKey, 'utf8').trim());
    assert.equal(check(second, keep('followed.key', followed.out)).code, 0);
    const [held, now] = [oldKey, newKey].map((name) => parseKey(readFileSync(name, 'utf8')));
    assert.ok(await isFollowed(readFileSync(changes, 'utf8'), held, now), 'the page follows it, too');
    assert.ok(!await isFollowed('', held, now));
    await assert.rejects(isFollowed(readFileSync(changes, 'utf8').replace(/^time 2/m, 'time 3'), held, now));
    const forged = keep('forged', readFileSync(changes, 'utf8').replace(/^time 2/m, 'time 3'));
    const refused = command(node.data, ['keys', 'follow', forged, '--key', oldKey]);
    assert.equal(refused.code, 2);
    assert.match(refused.err, /not signed by both/);
  }],
  ['another key to read the log with: everything in it opens as before', async () => {
    const before = readFileSync(join(node.data, 'audit/reader.key'));
    await node.running.stop();
    const done = node.command(['keys', 'replace', 'reader']);
    assert.equal(done.code, 0, done.err);
    assert.notDeepEqual(readFileSync(join(node.data, 'audit/reader.key')), before);
    await again();
    const entry = (await node.call('GET', `/v1/audit/${receipt}`)).data;
    assert.equal(entry.entry.officer, 'bureau');
    assert.match(node.command(['audit', 'verify']).out, /whole and in order/);
    const log = (await node.call('GET', '/v1/audit?max=200')).data.map((one) => one.entry?.verdict);
    for (const verdict of ['node key replaced', 'reader key replaced']) assert.ok(log.includes(verdict), verdict);
    await node.running.stop();
    writeFileSync(join(node.data, 'audit/reader.key'), before);
    await assert.rejects(startServer(node.data).then(async (running) => { // with the old one nothing opens
      const reply = await fetch(`http://127.0.0.1:${running.port}/v1/audit/${receipt}`, { headers: { Authorization: `Bearer ${node.tokens.auditor}` } });
      await running.stop();
      if (reply.status !== 200) throw new Error('closed');
    }));
  }],
  ['a replacement that was cut short goes on at the next opening', async () => {
    // as it is after a crash before the last step: the next key lies there, files of both
    removeDirectory(node.data);
    const fresh = await Node.start();
    Object.assign(node, fresh);
    receipt = await search();
    await node.running.stop();
    writeFileSync(join(node.data, 'audit/reader.key.next'), Buffer.alloc(32, 7));
    await again();
    assert.ok(!existsSync(join(node.data, 'audit/reader.key.next')));
    assert.deepEqual(readFileSync(join(node.data, 'audit/reader.key')), Buffer.alloc(32, 7));
    assert.equal((await node.call('GET', `/v1/audit/${receipt}`)).data.entry.officer, 'bureau');
  }],
  ['a key that was given up: its proofs hold no more, the log goes on', async () => {
    proof = await prove(receipt, 'third.proof');
    await node.running.stop();
    assert.equal(node.command(['keys', 'replace', 'node', '--given-up']).code, 0);
    await again();
    const key = keep('last.key', await text('/v1/log/key'));
    assert.equal(readFileSync(key, 'utf8').trim().split('\n').length, 1);
    assert.notEqual(check(proof, key).code, 0);
    assert.equal(check(await prove(receipt, 'fourth.proof'), key).code, 0, 'proven anew');
    assert.match(node.command(['audit', 'verify']).out, /whole and in order/);
  }],
  ['a backup is the node with its present keys', async () => {
    assert.equal(node.command(['backup', file('backup')]).code, 0);
    const restored = file('restored');
    assert.equal(command(restored, ['restore', file('backup')]).code, 0);
    const running = await startServer(restored);
    const reply = await fetch(`http://127.0.0.1:${running.port}/v1/log/key`, { headers: { Authorization: `Bearer ${node.tokens.admin}` } });
    assert.equal(await reply.text(), await text('/v1/log/key'));
    await running.stop();
  }],
]);
removeDirectory(outside);
await node.stop();
process.exit(failed ? 1 : 0);
