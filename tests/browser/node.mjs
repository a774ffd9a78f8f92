// SPDX-License-Identifier: Apache-2.0
// A node made for a test: a directory, an officer, a server on a free port; gone at the end.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const program = process.env.BUREAU || 'build/bureau';

export async function startNode({ demonstration = false } = {}) {
  const data = mkdtempSync(join(tmpdir(), 'bureau-'));
  const added = JSON.parse(execFileSync(program, ['officer', 'add', 'o-1', '--unit', 'UTO/ncb', '--country', 'UTO', '--role', 'administrator', '--data', data, '--json']));
  const server = spawn(program, ['serve', '--data', data, '--listen', '127.0.0.1:0', ...(demonstration ? ['--demonstration'] : [])], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  const port = await new Promise((resolve, reject) => {
    const hear = (chunk) => {
      said += chunk;
      const found = /http:\/\/127\.0\.0\.1:(\d+)/.exec(said);
      if (found) resolve(Number(found[1]));
    };
    server.stdout.on('data', hear);
    server.stderr.on('data', hear);
    server.on('exit', (code) => reject(new Error(`the server ended with ${code}: ${said}`)));
  });
  const base = `http://127.0.0.1:${port}`;
  async function call(method, path, body, headers = {}) {
    const reply = await fetch(base + path, {
      method, body: body && JSON.stringify(body),
      headers: { Authorization: `Bearer ${added.token}`, 'Content-Type': 'application/json', 'Bureau-Purpose': 'investigate', ...headers },
    });
    const text = await reply.text();
    return { status: reply.status, data: text ? JSON.parse(text) : null, headers: reply.headers };
  }
  async function stop() {
    server.removeAllListeners('exit');
    const gone = new Promise((resolve) => server.on('exit', resolve));
    server.kill('SIGTERM');
    await gone;
    rmSync(data, { recursive: true, force: true });
  }
  return { base, token: added.token, call, stop, data };
}

// Collects tests, runs them in order, prints a line each and the count.
export async function runTests(tests) {
  let passed = 0;
  let failed = 0;
  for (const [name, work] of tests) {
    try {
      await work();
      passed++;
    } catch (failure) {
      failed++;
      console.log(`not ok: ${name}\n${failure.stack}`);
    }
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed;
}
