// SPDX-License-Identifier: Apache-2.0
// What a running node leaves lying about: nothing others can read, no secret in a file, a log, an address or a command line.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { lstatSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Node, completed, purpose, removeDirectory, runTests } from './node.mjs';

const node = await Node.start();
const data = node.data;
const pid = node.running.server.pid;

function walk(directory, visit) {
  for (const name of readdirSync(directory)) {
    const path = join(directory, name);
    const about = lstatSync(path);
    visit(path, about);
    if (about.isDirectory()) walk(path, visit);
  }
}

const database = (await node.call('GET', '/v1/databases', undefined, { as: 'bureau' })).data[0].name;
const example = (await node.call('GET', `/v1/databases/${database}`)).data.examples[0];

const tests = [
  ['everything in the data directory is its user\'s alone', async () => {
    await node.call('POST', '/v1/search', { text: 'nobody at all', purpose }, { as: 'bureau' });
    const out = join(data, 'export.ndjson');
    assert.equal(node.command(['export', '--out', out]).code, 0);
    let files = 0;
    walk(data, (path, about) => {
      files++;
      assert.equal(about.mode & 0o077, 0, `${path} has mode ${(about.mode & 0o777).toString(8)}`);
    });
    assert.ok(files > 15, `${files} files only`);
    for (const key of ['node.key', 'value.key', 'cursor.key', 'audit/receipt.key', 'audit/reader.key'])
      assert.equal(lstatSync(join(data, key)).mode & 0o777, 0o600, key);
  }],
  ['no token is in a file, in what the server said, or in a command line', async () => {
    const tokens = Object.values(node.tokens).map((token) => Buffer.from(token.replace(/^bureau_/, '')));
    await node.call('GET', '/v1/me', undefined, { as: 'bureau' });
    await node.call('GET', '/v1/me', undefined, { as: node.tokens.patrol.slice(0, -2) + 'xx' });
    walk(data, (path, about) => {
      if (!about.isFile()) return;
      const bytes = readFileSync(path);
      for (const token of tokens) assert.ok(!bytes.includes(token), `a token lies in ${path}`);
    });
    for (const token of tokens) {
      assert.ok(!node.running.said().includes(token.toString()), 'the server printed a token');
      assert.ok(!readFileSync(`/proc/${pid}/cmdline`).includes(token));
      assert.ok(!readFileSync(`/proc/${pid}/environ`).includes(token));
    }
  }],
  ['no route takes a secret or a person in its address', async () => {
    const described = (await node.call('GET', '/openapi.json')).data;
    for (const [path, methods] of Object.entries(described.paths))
      for (const [method, one] of Object.entries(methods))
        for (const parameter of one.parameters || [])
          if (parameter.in === 'query')
            assert.ok(!/token|secret|password|key|text|name|query|value|number/i.test(parameter.name), `${method} ${path}?${parameter.name}`);
  }],
  ['what is asked is in no line the server prints', async () => {
    const asked = 'Quxodimbar Trelawnox';
    await node.call('POST', '/v1/search', { text: asked, purpose }, { as: 'bureau' });
    await node.call('POST', '/v1/search', { text: asked, purpose: 'no such purpose' }, { as: 'bureau' });
    await node.call('GET', '/v1/records/Quxodimbar', undefined, { as: 'bureau' });
    assert.ok(!/Quxodimbar/i.test(node.running.said()));
  }],
  ['the server leaves no core and nobody of its user looks into it', () => {
    const limits = readFileSync(`/proc/${pid}/limits`, 'utf8');
    assert.match(limits, /^Max core file size\s+0\s+0/m);
    assert.equal(lstatSync(`/proc/${pid}/fd`).uid, 0, 'the process can be looked into by its user');
  }],
  ['imports and photographs still work through the parsing child', async () => {
    const file = join(data, 'one.ndjson');
    const body = completed(example);
    writeFileSync(file, `${JSON.stringify({ database, ...body })}\n`);
    const done = node.command(['import', 'bureau-ndjson', file, '--json']);
    assert.ok(done.json, done.err);
    assert.deepEqual([done.json.state, done.json.rows], ['applied', 1]);
  }],
  ['the unit file scores well, where that can be computed', () => {
    const said = execFileSync('sh', ['tools/check-unit'], { encoding: 'utf8' });
    assert.match(said, /Overall exposure|skipped/);
    if (said.includes('skipped')) console.log(said.trim());
  }],
];

const failed = await runTests('hard', tests);
await node.running.stop();
removeDirectory(data);
process.exit(failed ? 1 : 0);
