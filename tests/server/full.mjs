// SPDX-License-Identifier: Apache-2.0
// A disk that gets full: imports stop first, searches go on from the room kept for the audit log, and when that is used up
// they are refused rather than answered unrecorded. On a small disk of its own, where this user may mount one.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { command, newDirectory, purpose, removeDirectory, runTests, startServer } from './node.mjs';

const disk = process.env.SMALL_DISK;
if (!disk) {
  const place = newDirectory();
  const script = 'mount --make-rprivate / && mount -t tmpfs -o size=96m none "$SMALL_DISK" && exec node tests/server/full.mjs';
  const tries = [['-m'], ['-rm']].map((how) => () => spawnSync('unshare', [...how, 'sh', '-c', script], { env: { ...process.env, SMALL_DISK: place }, encoding: 'utf8', timeout: 120000 }));
  let done = spawnSync('unshare', ['-m', 'true']);
  done = done.status === 0 ? tries[0]() : spawnSync('unshare', ['-rm', 'true']).status === 0 ? tries[1]() : null;
  removeDirectory(place);
  console.log(done ? `${done.stdout}${done.stderr}`.trim() : 'skipped: this user may not mount a small disk of its own\n0 passed, 0 failed');
  process.exit(done?.status ?? 0);
}

const data = join(disk, 'data');
const token = command(data, ['officer', 'add', 'bureau', '--country', 'UTO', '--role', 'national-bureau', '--may', 'write', '--purpose', purpose, '--json']).json.token;
command(data, ['unit', 'add', 'XPO/hub', '--country', 'XPO', '--name', 'Hub', '--level', 'hub']);
const admin = command(data, ['officer', 'add', 'admin', '--country', 'XPO', '--role', 'administrator', '--unit', 'XPO/hub', '--json']).json.token;
const running = await startServer(data, ['--rate', '0']);
async function call(method, path, body, { as = token, type = 'application/json' } = {}) {
  const reply = await fetch(`http://127.0.0.1:${running.port}${path}`, { method, body: body && (typeof body === 'string' ? body : JSON.stringify(body)), headers: { Authorization: `Bearer ${as}`, 'Content-Type': type, 'Bureau-Purpose': purpose } });
  const text = await reply.text();
  let json = null;
  try { json = JSON.parse(text); } catch { /* lines */ }
  return { status: reply.status, text, json };
}
const metric = async (name) => Number(new RegExp(`^bureau_${name} (\\d+)`, 'm').exec((await call('GET', '/metrics', undefined, { as: admin })).text)[1]);
const others = join(disk, 'others');
function fill() {
  const file = openSync(others, 'w', 0o600);
  for (let size = 1 << 20; size >= 4096;) {
    try { writeSync(file, Buffer.alloc(size, 1)); } catch { size >>= 1; }
  }
  closeSync(file);
}
const rows = join(disk, 'rows.ndjson');
writeFileSync(rows, '{}\n');
const search = (what) => call('POST', '/v1/search', { ...(typeof what === 'string' ? { text: what } : { fields: what }), purpose });
// Some kilobytes of question: addresses of nobody.
const long = (i) => ({ email: Array.from({ length: 16 }, (_, k) => `${'x'.repeat(50)}${i}.${k}@${'y'.repeat(60)}.${'z'.repeat(60)}.example.org`) });
let answered = 0;

const tests = [
  ['with room there is no alarm', async () => {
    assert.equal((await search('nobody')).status, 200);
    assert.equal(await metric('audit_room_alarm'), 0);
    assert.ok(await metric('audit_room_kept_bytes') >= 8 << 20);
    assert.ok(!JSON.stringify((await call('GET', '/v1/doctor', undefined, { as: admin })).json.find((one) => one.what === 'audit room')).includes('"ok":false'));
  }],
  ['others fill the disk: imports stop, searches go on', async () => {
    fill();
    const refused = command(data, ['import', 'bureau-ndjson', rows, '--json']);
    assert.equal(refused.code, 2, refused.out + refused.err);
    assert.match(refused.err, /kept for the audit log/);
    const answer = await search('somebody');
    assert.equal(answer.status, 200);
    assert.match(answer.json.receipt, /^[0-9A-Z]{4}-[0-9A-Z]{4}$/);
    assert.equal(await metric('audit_room_alarm'), 7);
    assert.equal((await call('GET', '/v1/doctor', undefined, { as: admin })).json.find((one) => one.what === 'audit room').ok, false);
  }],
  ['at the very end searches are refused, and say why', async () => {
    let last = { status: 200 };
    for (let i = 0; i < 400 && last.status === 200; i++) {
      const all = await Promise.all(Array.from({ length: 32 }, (_, k) => search(long(i * 32 + k))));
      answered += all.filter((one) => one.status === 200).length;
      last = all.find((one) => one.status !== 200) || last;
    }
    assert.ok(last.status >= 500, `${answered} searches were answered, the last with ${last.status} ${last.text}`);
    assert.match(last.text, /audit log|no space|cannot/i);
    assert.ok(!/"hits"|"verdict"/.test(last.text));
  }],
  ['with room again they are answered, and the log holds all that were', async () => {
    rmSync(others);
    assert.equal((await search('everybody')).status, 200);
    const verified = command(data, ['audit', 'verify', '--json']);
    assert.equal(verified.code, 0, verified.err);
    assert.ok(await metric('audit_entries') >= answered + 3);
  }],
];
const failed = await runTests('full', tests);
await running.stop();
process.exit(failed ? 1 : 0);
