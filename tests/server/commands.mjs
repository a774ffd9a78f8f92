// SPDX-License-Identifier: Apache-2.0
// Every command both ways: through a running server's control socket, and alone in its own process.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { command, completed, eventually, newDirectory, purpose, removeDirectory, runTests, startServer } from './node.mjs';

function keyOf(fields, body) {
  for (const field of fields) {
    const value = body[field.name];
    if (value === undefined) continue;
    if (field.fields) {
      const inner = keyOf(field.fields, Array.isArray(value) ? value[0] : value);
      if (inner) return inner;
    } else if (field.pivot && field.meaning) {
      const one = Array.isArray(value) ? value[0] : value;
      if (typeof one === 'string') return [field.meaning, one];
    }
  }
  return null;
}

// The steps of one story, run on a data directory; what they gave is returned for comparison.
function story(data, files) {
  const told = [];
  const run = (code, words, input) => {
    const done = command(data, words, input);
    assert.equal(done.code, code, `bureau ${words.join(' ')}: ${done.code}\n${done.out}\n${done.err}`);
    told.push([words[0], done.code]);
    return done;
  };
  const added = run(0, ['officer', 'add', 'o-1', '--country', 'UTO', '--role', 'administrator', '--json']);
  assert.match(added.json.token, /^bureau_[\w-]{43}$/);
  assert.match(run(0, ['officer', 'list']).out, /o-1/);
  run(2, ['officer', 'add', 'o-1', '--country', 'UTO', '--role', 'administrator']);

  const made = run(0, ['put', files.database, files.record, '--json']).json;
  assert.match(run(0, ['put', files.database, files.record, '--check', '--json']).json.values.length.toString(), /[1-9]/);
  assert.equal(run(1, ['put', files.database, files.bad, '--check', '--json']).json.faults.length > 0, true);
  run(2, ['put', files.database, files.bad]);
  const [meaning, value] = files.key;
  const hit = run(0, ['search', '--field', `${meaning}=${value}`, '--json']).json;
  assert.ok(hit.hits.some((one) => one.id === made.id));
  assert.match(run(0, ['search', '--field', `${meaning}=${value}`]).out, /^(MATCH|POSSIBLE)/);
  assert.equal(run(1, ['search', '--field', `${meaning}=QQQQ0000111`, '--similar', 'no', '--json']).json.verdict, 'nothing-found');
  assert.match(run(0, ['why', '--record', made.id, '--field', `${meaning}=${value}`]).out, /^It is in the answer[^]*reached by +a number/);
  assert.equal(run(1, ['why', '--record', made.id, '--field', `${meaning}=QQQQ0000111`, '--json']).json.by_key, false);
  run(2, ['why', '--field', `${meaning}=${value}`]);
  const twice = run(1, ['duplicates', '--database', files.database, '--json']).json;
  assert.deepEqual([twice.examined, twice.cut, twice.pairs], [1, false, []]);
  run(2, ['duplicates']);
  run(2, ['search', '--field', 'none-such=1']);
  run(2, ['search']);
  const batch = run(0, ['search', '--batch', '-'], `{"fields":{"${meaning}":"${value}"}}\n{"fields":{"${meaning}":"QQQQ0000111"}}\n`);
  assert.equal(batch.out.trim().split('\n').length, 2);

  assert.equal(run(0, ['get', made.id, '--json']).json.version, 1);
  assert.match(run(0, ['get', made.id]).out, /receipt/);
  assert.equal(run(0, ['put', made.id, files.record, '--version', '1', '--json']).json.version, 2);
  run(2, ['put', made.id, files.record, '--version', '1']);
  assert.equal(run(0, ['get', made.id, '--history', '--json']).json.length, 2);
  run(0, ['state', made.id, 'suspended', '--reason', 'found']);
  run(2, ['state', made.id, 'gone']);

  const shown = run(0, ['audit', 'show', '--record', made.id, '--json']).json;
  assert.ok(shown.length >= 4);
  assert.equal(run(0, ['audit', hit.receipt, '--json']).json.entry.kind, 'search');
  assert.equal(run(0, ['audit', 'verify', '--json']).json.ok, true);
  const key = run(0, ['audit', 'key']).out.trim();
  const proof = join(data, '..', `answer-${files.tag}.tlog-proof`);
  assert.match(run(0, ['audit', 'checkpoint']).out, new RegExp(`^${key.split('+')[0]}\\n`));
  run(0, ['audit', 'prove', hit.receipt, '--content', '--out', proof]);
  assert.match(run(0, ['audit', 'check', proof, '--key', key]).out, /^proven: entry/);
  const text = readFileSync(proof, 'utf8');
  writeFileSync(proof, text.replace(/^(extra .*)(.)(.{40})$/m, (_, start, one, end) => `${start}${one === 'A' ? 'B' : 'A'}${end}`));
  run(1, ['audit', 'check', proof, '--key', key]);
  run(2, ['audit', 'check', proof]);
  assert.match(run(0, ['audit', 'check', data, '--key', key]).out, /is of this log/);
  const copy = join(data, '..', `copy-${files.tag}`);
  run(0, ['audit', 'copy', copy]);
  run(2, ['audit', 'copy', copy]);
  assert.match(run(0, ['audit', 'check', copy, '--key', join(copy, 'log.key')]).out, /is of this log/);
  removeDirectory(copy);
  run(0, ['audit', 'trust', key]);
  const asked = join(data, '..', `asked-${files.tag}`);
  writeFileSync(asked, `old 0\n\n${run(0, ['audit', 'checkpoint']).out}`);
  assert.match(run(0, ['audit', 'witness', asked]).out, /^— /);
  run(2, ['audit', 'witness', asked]);

  assert.equal(run(0, ['export', '--owner', 'UTO']).out.trim().split('\n').length, 1);
  const exported = join(data, '..', `export-${files.tag}.ndjson`);
  run(0, ['export', '--owner', 'UTO', '--out', exported]);
  assert.match(run(0, ['template', files.database]).out, /^#/);
  run(2, ['template', 'none-such']);
  run(0, ['index', 'show']);
  run(0, ['index', 'merge']);
  run(0, ['index', 'rebuild']);
  run(0, ['import', 'formats']);
  run(0, ['import', 'list']);
  run(2, ['import', 'none-such', files.record]);
  const looked = (name, content, words = []) => {
    const path = join(data, '..', `${files.tag}-${name}`);
    writeFileSync(path, content);
    return run(0, ['import', ...(words.length ? [...words, path, '--preview'] : ['preview', path]), '--json']).json;
  };
  const table = looked('a.csv', Buffer.from('\ufeffa;b\n\u041f;2\n', 'utf16le'));
  assert.deepEqual([table.type, table.encoding, table.separator, table.rows[1]], ['csv', 'utf-16le', ';', ['\u041f', '2']]);
  const zipped = looked('b.json.gz', gzipSync('{"all":{"of":[{"x":1},{"x":2}]}}'));
  assert.deepEqual([zipped.type, zipped.packing, zipped.items, zipped.rows.length], ['json', 'gzip', 'all.of', 2]);
  const xml = looked('c.xml', '<?xml version="1.0" encoding="iso-8859-1"?><l><p n="1"/><p n="2"/></l>');
  assert.deepEqual([xml.type, xml.encoding.toLowerCase(), xml.items, xml.rows[1]], ['xml', 'iso-8859-1', 'l/p', { '@n': '2' }]);
  const template = run(0, ['template', files.database]).out;
  const columns = looked('d.csv', template, [files.database]).columns;
  assert.ok(columns.length > 3 && columns.some((one) => one.use === 'read' && one.to[0].startsWith(`${files.database}: `)));
  assert.ok(columns.every((one) => one.use !== 'not mapped'));
  run(2, ['import', 'none-such', files.record, '--preview']);
  run(2, ['import', 'preview', join(data, 'none-such')]);

  const backup = join(data, '..', `backup-${files.tag}`);
  run(0, ['backup', backup]);
  const restored = join(data, '..', `restored-${files.tag}`);
  const back = command(restored, ['restore', backup, '--json']);
  assert.equal(back.code, 0, back.err);
  assert.ok(back.json.changes >= 3);
  assert.equal(command(restored, ['get', made.id, '--json']).json.version, 3);
  assert.equal(command(restored, ['restore', backup]).code, 2, 'a directory with something in it is not restored into');

  run(0, ['erase', made.id, '--version', '3']);
  run(2, ['get', made.id]);
  assert.match(run(0, ['doctor']).out, /ok/);
  assert.ok(run(0, ['doctor', '--json']).json.every((check) => check.ok));
  run(0, ['officer', 'remove', 'o-1']);
  run(2, ['officer', 'remove', 'o-1']);
  run(0, ['bench', '--seconds', '0', '--json']);
  for (const path of [exported]) assert.ok(existsSync(path) && readFileSync(path, 'utf8').includes('"fields"'));
  return told;
}

const place = newDirectory();
const probe = join(place, 'probe');
const server = await startServer(probe);
const added = command(probe, ['officer', 'add', 'o-0', '--country', 'UTO', '--role', 'administrator', '--json']).json;
async function get(path) {
  const reply = await fetch(`http://127.0.0.1:${server.port}${path}`, { headers: { Authorization: `Bearer ${added.token}` } });
  return reply.json();
}
let files = null;
for (const { name } of await get('/v1/databases')) {
  const database = await get(`/v1/databases/${name}`);
  const body = database.examples[0] && completed(database.examples[0].body);
  const key = body && keyOf(database.fields, body.fields);
  if (!key || key[0] !== 'document-number') continue; // a meaning; its values are easy to vary
  files = { database: name, key, record: join(place, 'record.json'), bad: join(place, 'bad.json') };
  writeFileSync(files.record, JSON.stringify(body));
  writeFileSync(files.bad, '{"envelope":{},"fields":{}}');
  break;
}

let alone = null;
const tests = [
  ['words that make no sense', () => {
    for (const words of [['none-such'], ['search', '--none'], ['get'], ['index', 'eat'], ['serve', '--rate', 'many'], ['audit', 'show', '--max', 'x'], ['officer']]) {
      const done = command(place, words);
      assert.equal(done.code, 2, words.join(' '));
      assert.match(done.err, /^bureau: [a-z-]/);
    }
  }],
  ['help, version, check need no data', () => {
    assert.match(command(place, ['--help']).out, /bureau search/);
    assert.match(command(place, ['search', '--help']).out, /--batch/);
    assert.match(command(place, ['version']).out, /^bureau \d/);
    assert.match(command(place, ['version', '--json']).json.version, /^\d/);
    assert.equal(command(place, ['check']).code, 0);
  }],
  ['every command alone', () => { alone = story(join(place, 'alone'), { ...files, tag: 'alone' }); }],
  ['every command through a running server', async () => {
    const data = join(place, 'served');
    const running = await startServer(data);
    try {
      assert.deepEqual(story(data, { ...files, tag: 'served' }), alone);
    } finally {
      assert.equal(await running.stop(), 0);
    }
  }],
  ['upgrade looks at a directory nobody serves', () => {
    assert.equal(command(join(place, 'alone'), ['upgrade', '--check']).code, 0);
    assert.equal(command(join(place, 'alone'), ['upgrade']).code, 0);
  }],
  ['a second server on the same data is refused', async () => {
    const done = command(probe, ['serve', '--listen', '127.0.0.1:0']);
    assert.equal(done.code, 2);
    assert.match(done.err, new RegExp(String(server.server.pid)));
  }],
  ['the control socket is its owner\'s alone', async () => {
    const { statSync } = await import('node:fs');
    assert.equal(statSync(join(probe, 'control')).mode & 0o777, 0o600);
  }],
  ['a listening address that is none', () => {
    for (const listen of ['nowhere', '127.0.0.1:99999', '256.1.1.1:80']) assert.equal(command(join(place, 'x'), ['serve', '--listen', listen]).code, 2);
  }],
  ['SIGTERM under load drops no accepted request', async () => {
    const data = join(place, 'alone');
    const running = await startServer(data, ['--rate', '0']);
    const token = command(data, ['officer', 'add', 'o-9', '--country', 'UTO', '--role', 'administrator', '--json']).json.token;
    let answered = 0;
    let lost = 0;
    let stopping = false;
    const press = async () => {
      for (;;) {
        try {
          const reply = await fetch(`http://127.0.0.1:${running.port}/v1/search`, { method: 'POST', headers: { Authorization: `Bearer ${token}` }, body: JSON.stringify({ text: 'Q1', purpose }) });
          const answer = await reply.json();
          if (reply.status !== 200 || !answer.receipt) lost++;
          answered++;
        } catch (failure) {
          const cause = failure.cause && failure.cause.code;
          if (!stopping || !['ECONNREFUSED', 'UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'].includes(cause)) lost++;
          return;
        }
      }
    };
    const pressing = Array.from({ length: 16 }, press);
    await eventually(() => answered >= 300);
    stopping = true;
    assert.equal(await running.stop(), 0);
    await Promise.all(pressing);
    assert.equal(lost, 0);
    const entries = command(data, ['audit', 'verify', '--json']).json.entries;
    assert.ok(entries >= answered, `${answered} answers, ${entries} entries`);
  }],
];
const failed = await runTests('commands', tests);
await server.stop();
removeDirectory(place);
process.exit(failed ? 1 : 0);
