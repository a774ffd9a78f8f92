// SPDX-License-Identifier: Apache-2.0
// TLS, with and without client certificates. Certificates are made for the test by openssl.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:https';
import { connect } from 'node:net';
import { Certificates } from './certificates.mjs';
import { command, newDirectory, removeDirectory, runTests, startServer } from './node.mjs';

const place = newDirectory();
const made = new Certificates(place);
const file = (name) => made.file(name);
made.authority('ca');
made.authority('other');
for (const name of ['server', 'client', 'stranger']) made.make(name);
// The client's key under a certificate of a year later, and under one of a CA that is not ours.
made.sign('client', 'renewed', 'ca', 365);
made.sign('client', 'foreign', 'other', 2);

function ask(port, { body, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', servername: 'localhost', port, path: '/healthz', ca: readFileSync(file('ca.pem')), agent: false, ...options }, (reply) => {
      const protocol = reply.socket.getProtocol();
      const isResumed = reply.socket.isSessionReused();
      let text = '';
      reply.on('data', (chunk) => { text += chunk; });
      reply.on('end', () => {
        let data = null;
        try { data = JSON.parse(text); } catch { /* not JSON */ }
        resolve({ status: reply.statusCode, protocol, data, isResumed });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
const own = ['--certificate', file('server.pem'), '--key', file('server.key')];
const client = made.client('client');

const failed = await runTests('tls', [
  ['a request over TLS 1.3 and 1.2, nothing below', async () => {
    const running = await startServer(file('a'), own);
    try {
      assert.equal((await ask(running.port)).protocol, 'TLSv1.3');
      assert.equal((await ask(running.port, { maxVersion: 'TLSv1.2' })).status, 200);
      await assert.rejects(ask(running.port, { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1' }));
    } finally { assert.equal(await running.stop(), 0); }
  }],
  ['a plain request to a TLS port gets nothing', async () => {
    const running = await startServer(file('b'), own);
    try {
      const heard = await new Promise((resolve) => {
        let text = '';
        const socket = connect(running.port, '127.0.0.1', () => socket.write('GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n'));
        socket.on('data', (chunk) => { text += chunk.toString('latin1'); });
        socket.on('close', () => resolve(text));
        socket.on('error', () => resolve(text));
      });
      assert.ok(!heard.includes('HTTP/1.1 200'));
    } finally { assert.equal(await running.stop(), 0); }
  }],
  ['client certificates: asked for, or required', async () => {
    const asked = await startServer(file('c'), [...own, '--client-ca', file('ca.pem')]);
    try {
      assert.equal((await ask(asked.port)).status, 200);
      assert.equal((await ask(asked.port, client)).status, 200);
    } finally { assert.equal(await asked.stop(), 0); }
    const required = await startServer(file('d'), [...own, '--client-ca', file('ca.pem'), '--require-client-certificate']);
    try {
      await assert.rejects(ask(required.port));
      assert.equal((await ask(required.port, client)).status, 200);
    } finally { assert.equal(await required.stop(), 0); }
  }],
  ['a system signs in with its certificate, if its key is listed', async () => {
    const data = file('f');
    const role = ['--country', 'UTO', '--role', 'national-bureau', '--unit', 'UTO/gates'];
    const listed = command(data, ['officer', 'add', 'gate-7', ...role, '--purpose', 'border-control', '--certificate', file('client.pem'), '--json']);
    assert.deepEqual(listed.json, { officer: 'gate-7' });
    assert.equal(command(data, ['officer', 'add', 'gate-8', ...role, '--purpose', 'border-control', '--certificate', file('renewed.pem')]).code, 2, 'the key is gate-7\'s');
    assert.equal(command(data, ['officer', 'add', 'gate-8', ...role, '--purpose', 'border-control', '--certificate', file('client.key')]).code, 2, 'no certificate');
    const { token } = command(data, ['officer', 'add', 'o-1', ...role, '--purpose', 'border-control', '--json']).json;
    const running = await startServer(data, [...own, '--client-ca', file('ca.pem')]);
    const key = readFileSync(file('client.key'));
    const me = (options) => ask(running.port, { path: '/v1/me', ...options });
    try {
      assert.equal((await me(client)).data.officer, 'gate-7');
      const agent = new Agent({ keepAlive: false, maxCachedSessions: 10 });
      const again = [];
      for (let i = 0; i < 4; i++) again.push(await me({ ...client, agent }));
      assert.ok(again.every((one) => one.data.officer === 'gate-7') && again.some((one) => one.isResumed), 'a resumed session is still the same system\'s');
      assert.equal((await me({ ...client, cert: readFileSync(file('renewed.pem')) })).data.officer, 'gate-7', 'a renewed certificate has the same key');
      assert.equal((await me({ ...client, headers: { Authorization: `Bearer ${token}` } })).data.officer, 'o-1', 'a token goes first');
      assert.equal((await me({ ...client, headers: { Authorization: 'Bearer bureau_wrong' } })).status, 401, 'a wrong token is not made good');
      const stranger = await me({ cert: readFileSync(file('stranger.pem')), key: readFileSync(file('stranger.key')) });
      assert.equal(stranger.status, 401);
      assert.match(stranger.data.detail, /not listed/);
      assert.equal((await me({})).status, 401);
      await assert.rejects(me({ cert: readFileSync(file('foreign.pem')), key }), undefined, 'the key alone, under another CA');
      const answer = await ask(running.port, { ...client, method: 'POST', path: '/v1/search', body: JSON.stringify({ text: 'Q12345678', purpose: 'border-control' }) });
      assert.equal(answer.status, 200, JSON.stringify(answer.data));
      const entry = command(data, ['audit', answer.data.receipt, '--json']);
      assert.match(entry.out, /gate-7/);
      assert.equal(command(data, ['officer', 'remove', 'gate-7']).code, 0);
      assert.equal((await me(client)).status, 401, 'no longer listed');
    } finally { assert.equal(await running.stop(), 0); }
  }],
  ['a key that is not the certificate\'s is refused at the start', async () => {
    await assert.rejects(startServer(file('e'), ['--certificate', file('server.pem'), '--key', file('client.key')]), /private key/);
    await assert.rejects(startServer(file('e'), ['--certificate', file('none.pem'), '--key', file('client.key')]), /none\.pem/);
  }],
]);
removeDirectory(place);
process.exit(failed ? 1 : 0);
