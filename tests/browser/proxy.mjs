// SPDX-License-Identifier: Apache-2.0
// A computer's network as a test has it: what its browser asks of http://localhost:PORT goes on to the node over TLS, with the client
// certificate that the header X-Terminal names. Chromium without a head has no way to be given one.
import { createServer } from 'node:http';
import { request } from 'node:https';

export function openProxy(node, certificates) {
  const server = createServer((asked, answer) => {
    const { 'x-terminal': name, ...headers } = asked.headers;
    const sent = request({ host: '127.0.0.1', servername: 'localhost', port: node.port, ca: node.ca, agent: false, method: asked.method, path: asked.url, headers, ...(name ? certificates.client(name) : {}) }, (reply) => {
      answer.writeHead(reply.statusCode, reply.headers);
      reply.pipe(answer);
    });
    sent.on('error', () => answer.destroy());
    answer.on('close', () => sent.destroy());
    asked.pipe(sent);
  });
  return new Promise((resolve) => { server.listen(node.listen || 0, '127.0.0.1', () => resolve(server)); });
}
