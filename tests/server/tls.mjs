// SPDX-License-Identifier: Apache-2.0
// TLS, with and without client certificates. Certificates are made for the test by openssl.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { newDirectory, removeDirectory, runTests, startServer } from './node.mjs';

const place = newDirectory();
const file = (name) => join(place, name);
const openssl = (...words) => execFileSync('openssl', words, { stdio: 'ignore' });
openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=test CA', '-keyout', file('ca.key'), '-out', file('ca.pem'));
for (const name of ['server', 'client']) {
  openssl('req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', `/CN=${name === 'server' ? 'localhost' : name}`, '-keyout', file(`${name}.key`), '-out', file(`${name}.csr`));
  openssl('x509', '-req', '-in', file(`${name}.csr`), '-CA', file('ca.pem'), '-CAkey', file('ca.key'), '-CAcreateserial', '-days', '2', '-out', file(`${name}.pem`));
}

function ask(port, options = {}) {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', servername: 'localhost', port, path: '/healthz', ca: readFileSync(file('ca.pem')), ...options }, (reply) => {
      const protocol = reply.socket.getProtocol();
      reply.resume();
      reply.on('end', () => resolve({ status: reply.statusCode, protocol }));
    });
    sent.on('error', reject);
    sent.end();
  });
}
const own = ['--certificate', file('server.pem'), '--key', file('server.key')];
const client = { cert: readFileSync(file('client.pem')), key: readFileSync(file('client.key')) };

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
  ['a key that is not the certificate\'s is refused at the start', async () => {
    await assert.rejects(startServer(file('e'), ['--certificate', file('server.pem'), '--key', file('client.key')]), /private key/);
    await assert.rejects(startServer(file('e'), ['--certificate', file('none.pem'), '--key', file('client.key')]), /none\.pem/);
  }],
]);
removeDirectory(place);
process.exit(failed ? 1 : 0);
