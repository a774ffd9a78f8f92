// SPDX-License-Identifier: Apache-2.0
// Proofs with contents as the page opens them: what the node packed is unpacked by the page's own reader, byte for byte what the node
// says of the entry, for short and long questions and such as do not pack; and whatever bytes it is given, it refuses or comes to an end.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkProof } from '../../web/src/proof.js';
import { readDictionary, unpack } from '../../web/src/unpack.js';
import { Node, runTests } from './node.mjs';

const node = await Node.start();
let seed = 20261122;
const random = (below) => { seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0; return Math.floor((seed / 2 ** 32) * below); };
const letters = (count, of) => Array.from({ length: count }, () => of[random(of.length)]).join('');

const latin = 'abcdefghijklmnopqrstuvwxyz';
const references = [
  'case 1', '', 'a'.repeat(200), letters(120, latin), letters(60, '0123456789'), 'référence à vérifier', 'مرجع القضية', letters(60, '你好世界案件编号'),
];
const texts = ['L898902C3', 'Ana Maria Example 1974-08-12', 'Х. Пример', letters(40, latin), 'مثال', 'IMO 9074729'];

async function ask(text, reference) {
  const { status, data, text: said } = await node.call('POST', '/v1/search', { text, purpose: 'border-control', ...(reference && { reference }) }, { as: 'patrol' });
  assert.equal(status, 200, said);
  return data.receipt;
}

const proofs = [];
const tests = [
  ['what the page reads in a proof is what the node says of the entry', async () => {
    const key = (await node.call('GET', '/v1/log/key')).text;
    for (const [i, reference] of references.entries()) {
      const receipt = await ask(texts[i % texts.length], reference);
      const entry = (await node.call('GET', `/v1/audit/${receipt}`)).data.entry;
      const file = (await node.call('GET', `/v1/log/proof/${receipt}?content=yes`, undefined, { as: 'auditor' })).text;
      const proof = await checkProof(file, key);
      assert.deepEqual(JSON.parse(proof.body), entry);
      assert.equal(entry.reference ?? '', reference);
      proofs.push(file);
    }
  }],
  ['a proof carries the dictionary, and with another it proves nothing', async () => {
    const key = (await node.call('GET', '/v1/log/key')).text;
    const lines = proofs[0].split('\n');
    const extra = Buffer.from(lines[1].slice(6), 'base64');
    assert.equal(extra[0], 0x44);
    for (const at of [1, 5, 40, 400, 5 + extra.readUInt32LE(1) - 1]) {
      const other = Buffer.from(extra);
      other[at] ^= 1;
      await assert.rejects(checkProof([lines[0], `extra ${other.toString('base64')}`, ...lines.slice(2)].join('\n'), key), /log\.bad/);
    }
  }],
  ['the dictionaries lie beside the log, the program\'s own first', async () => {
    const own = readFileSync('src/audit/dictionary.zdict');
    const first = readFileSync(join(node.data, 'audit', 'dictionary-1'));
    assert.ok(first.subarray(32).equals(own));
    const second = readFileSync(join(node.data, 'audit', 'dictionary-2'));
    assert.ok(second.subarray(32, 32 + own.length).equals(own));
    assert.match(second.subarray(32 + own.length).toString(), /^,"verdict":"nothing-found","catalog":"[0-9a-f]{32}","took_us":$/);
  }],
  ['bytes of anybody are refused, or come to an end within bounds', async () => {
    const own = new Uint8Array(readFileSync('src/audit/dictionary.zdict'));
    const dictionary = readDictionary(own);
    let refused = 0;
    for (let i = 0; i < 3000; i++) {
      const bytes = Uint8Array.from({ length: 3 + random(200) }, () => random(256));
      if (i % 2) bytes.set([0x60, random(256), random(4), 5 | (bytes.length - 6) << 3, (bytes.length - 6) >> 5, 0].slice(0, bytes.length));
      try { assert.ok(unpack(bytes, dictionary).length <= 65536 + 256); } catch (problem) { assert.notEqual(problem.code, 'ERR_ASSERTION', problem.message); refused++; }
    }
    assert.ok(refused > 2000, `${refused} refused`);
    for (let i = 0; i < 300; i++) {
      const altered = own.slice(0, random(4) ? own.length : random(own.length));
      for (let k = 0; k < 3 && altered.length; k++) altered[random(Math.min(altered.length, 160))] ^= 1 << random(8);
      try { readDictionary(altered); } catch (problem) { assert.ok(problem instanceof Error); }
    }
  }],
];

const failed = await runTests('packed', tests);
await node.stop();
process.exit(failed ? 1 : 0);
