// SPDX-License-Identifier: Apache-2.0
// A node for the server tests: a directory of its own, officers, a server on a free port, commands.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const program = process.env.BUREAU || 'build/bureau';
export const purpose = 'investigate';

// One command; the exit code, what it printed, and that read as JSON where it is JSON.
export function command(data, words, input) {
  const done = spawnSync(program, [...words, '--data', data], { input, encoding: 'utf8', maxBuffer: 1 << 28, env: { ...process.env, BUREAU_PURPOSE: purpose } });
  let json = null;
  try { json = JSON.parse(done.stdout); } catch { /* words for people */ }
  return { code: done.status, out: done.stdout, err: done.stderr, json };
}

export function newDirectory() {
  return mkdtempSync(join(tmpdir(), 'bureau-'));
}

// Looks until it is so. A busy machine takes its time, and nothing is said about how long that may be.
export async function eventually(isSo, what = 'what was waited for') {
  const end = performance.now() + 120000;
  for (;;) {
    const found = await isSo();
    if (found) return found;
    if (performance.now() > end) throw new Error(`not in two minutes: ${what}`);
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
}

// A port to come back to: none of those the system hands out to others meanwhile.
export async function ownPort() {
  let above = 32768;
  try { above = Number(readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').split(/\s/)[0]); } catch { /* as most have it */ }
  for (let port = above - 1 - (process.pid % 10000); ; port--) {
    const server = createServer();
    const isFree = await new Promise((resolve) => { server.on('error', () => resolve(false)); server.listen(port, '127.0.0.1', () => resolve(true)); });
    if (isFree) return new Promise((resolve) => { server.close(() => resolve(port)); });
  }
}

export async function startServer(data, words = [], listenOn = 0, env = {}) {
  const server = spawn(program, ['serve', '--data', data, '--listen', `127.0.0.1:${listenOn}`, ...words], { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  let said = '';
  const port = await new Promise((resolve, reject) => {
    const hear = (chunk) => {
      said += chunk;
      const found = /serving on https?:\/\/127\.0\.0\.1:(\d+)\s/.exec(said);
      if (found) resolve(Number(found[1]));
    };
    server.stdout.on('data', hear);
    server.stderr.on('data', hear);
    server.on('exit', (code) => reject(new Error(`the server ended with ${code}: ${said}`)));
  });
  const gone = new Promise((resolve) => { server.removeAllListeners('exit'); server.on('exit', (code) => resolve(code)); });
  return { port, server, gone, said: () => said, async stop() { server.kill('SIGTERM'); return gone; } };
}

export class Node {
  // `before` is given the directory before it is served: a world to put into it
  static async start({ words = ['--rate', '0'], officers = {}, env = {}, port = 0, before } = {}) {
    const node = new Node();
    node.data = newDirectory();
    node.tokens = {};
    const wanted = {
      admin: ['--country', 'UTO', '--role', 'administrator', '--unit', 'UTO/ncb'],
      auditor: ['--country', 'UTO', '--role', 'auditor', '--unit', 'UTO/ncb'],
      bureau: ['--country', 'UTO', '--role', 'national-bureau', '--unit', 'UTO/ncb', '--may', 'write', '--purpose', purpose, '--purpose', 'border-control'],
      patrol: ['--country', 'UTO', '--role', 'frontline', '--unit', 'UTO/patrol', '--purpose', 'border-control'],
      ...officers,
    };
    for (const [id, options] of Object.entries(wanted)) {
      const added = command(node.data, ['officer', 'add', id, ...options, '--json']);
      if (!added.json) throw new Error(added.err);
      node.tokens[id] = added.json.token;
    }
    before?.(node.data);
    node.running = await startServer(node.data, words, port, env);
    return node;
  }

  // fetch() with the officer's token; the answer's text read as JSON where it is.
  async call(method, path, body, { as = path.startsWith('/v1/audit') ? 'auditor' : 'admin', headers = {} } = {}) { // nobody administers and audits
    const token = as && (this.tokens[as] || as);
    const reply = await fetch(`http://127.0.0.1:${this.running.port}${path}`, {
      method,
      body: body === undefined ? undefined : typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body),
      headers: { ...(token ? { Authorization: `Bearer ${token}` } : { Connection: 'close' }), 'Bureau-Purpose': purpose, ...headers }, // a stranger's connection is not waited for
    });
    const text = await reply.text();
    let data = text;
    try { data = JSON.parse(text); } catch { /* not JSON */ }
    return { status: reply.status, data, headers: reply.headers, text };
  }

  command(words, input) { return command(this.data, words, input); }

  // A stream of server-sent events; resolves with the first event that has data.
  firstEvent(path, as = 'admin') {
    return new Promise((resolve, reject) => {
      const sent = request({ port: this.running.port, path, headers: { Authorization: `Bearer ${this.tokens[as]}`, Accept: 'text/event-stream' } }, (reply) => {
        let text = '';
        reply.on('data', (chunk) => {
          text += chunk;
          const found = /^data: (.*)$/m.exec(text);
          if (found) { sent.destroy(); resolve({ type: reply.headers['content-type'], data: JSON.parse(found[1]) }); }
        });
      });
      sent.on('error', reject);
      sent.end();
    });
  }

  async stop() {
    const code = await this.running.stop();
    rmSync(this.data, { recursive: true, force: true });
    return code;
  }
}

export function* filesBelow(directory) {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (entry.isFile()) yield path;
  }
}

// Nothing, when it was replaced meanwhile.
export function readIfThere(path) {
  try { return readFileSync(path); } catch { return Buffer.alloc(0); }
}

export function removeDirectory(path) { rmSync(path, { recursive: true, force: true }); }

export async function runTests(title, tests) {
  let passed = 0;
  let failed = 0;
  for (const [name, work] of tests) {
    const begun = performance.now();
    try {
      await work();
      passed++;
    } catch (failure) {
      failed++;
      console.log(`not ok: ${title}: ${name}\n${failure.stack}`);
    }
    if (process.env.BUREAU_TIMES) console.log(`${((performance.now() - begun) / 1000).toFixed(2).padStart(7)} s  ${title}: ${name}`);
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed;
}

// What every record needs beside its fields.
export function completed(example) {
  return { envelope: { owner: 'UTO', unit: 'UTO/ncb', purposes: ['investigate', 'border-control', 'search', 'identify'], review_on: reviewOn(), ...(example.envelope || {}) }, fields: example.fields };
}

function reviewOn() {
  const day = new Date(Date.now() + 300 * 86400e3);
  return day.toISOString().slice(0, 10);
}

export { execFileSync };
