// SPDX-License-Identifier: Apache-2.0
// The fictional world through the real server: made, loaded, its pictures attached, served as a demonstration.
// What is suggested finds something, links lead somewhere, and what careless people ask for is found. Nothing
// here names a database or a field.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { command, newDirectory, removeDirectory, runTests, startServer, purpose } from './node.mjs';

const PERSONS = 3000;
const data = newDirectory();
const world = join(data, 'world');

function make(out, persons, seed) {
  const made = command(data, ['sample', '--persons', String(persons), '--seed', String(seed), '--out', out, '--json']);
  assert.equal(made.code, 0, made.err);
  assert.equal(made.json.given_up, 0);
  return made.json;
}
function load() {
  make(world, PERSONS, 1923);
  for (const file of readdirSync(world).filter((name) => name.endsWith('.ndjson'))) {
    const done = command(data, ['import', 'bureau-ndjson', join(world, file)]);
    assert.equal(done.code, 0, `${file}: ${done.out} ${done.err}`);
  }
  const attached = command(data, ['photograph', join(world, 'photographs.tsv'), '--json']);
  assert.equal(attached.code, 0, attached.err);
  cpSync(join(world, 'try.tsv'), join(data, 'try.tsv'));
  return attached.json;
}
// What `make run` does when all is built: until it serves or ends, then it is stopped as with Ctrl-C.
function makeRun(directory, persons, listen = '127.0.0.1:0') {
  return new Promise((resolve) => {
    const shell = spawn('sh', ['tools/run'], { detached: true, env: { ...process.env, BUREAU_DATA: directory, PERSONS: String(persons), LISTEN: listen } });
    let said = '';
    const hear = (chunk) => {
      said += chunk;
      if (/^serving on /m.test(said)) { try { process.kill(-shell.pid, 'SIGINT'); } catch { /* it has ended */ } }
    };
    shell.stdout.on('data', hear);
    shell.stderr.on('data', hear);
    shell.on('close', (code) => resolve({ code, said }));
  });
}
const attached = load();
const running = await startServer(data, ['--demonstration', '--rate', '0']);
async function call(method, path, body) {
  const reply = await fetch(`http://127.0.0.1:${running.port}${path}`, {
    method, body: body && JSON.stringify(body), headers: { ...(token ? { Authorization: `Bearer ${token}` } : {}), 'Bureau-Purpose': purpose },
  });
  return { status: reply.status, type: reply.headers.get('content-type'), data: reply.headers.get('content-type').includes('json') ? await reply.json() : await reply.arrayBuffer() };
}
let token = '';
const session = (await call('GET', '/v1/demonstration')).data;
token = session.token;

const rows = (file) => readFileSync(join(world, file), 'utf8').split('\n').filter(Boolean).map((line) => line.split('\t'));
const search = async (text) => (await call('POST', '/v1/search', { text, purpose: session.purpose, limit: 10 })).data;
const record = async (reference) => call('GET', `/v1/references/${reference.split('/').map(encodeURIComponent).join('/')}`);
const suggestions = rows('try.tsv').map(([title, text, database, reference]) => ({ title, text, reference: `${database}:${reference}`, database }));

// Recall among the first ten by what was done to the query: floors that a few dozen queries a class can tell, and one
// for all together that is tighter.
const floorOfAll = 0.84;
const floors = {
  exact: 0.85, typo: 0.6, transliteration: 0.75, swapped: 0.8, 'missing-part': 0.75, initial: 0.65, 'day-month': 0.75, 'year-off': 0.8,
  'number-exact': 0.9, misread: 0.6, 'number-wrong': 0.8, 'number-missing': 0.55, 'number-swapped': 0.7,
};

const tests = [
  ['there are suggestions for every database and five scripts, both ways', async () => {
    const databases = (await call('GET', '/v1/databases')).data.filter((database) => database.count > 0);
    for (const database of databases) assert.ok(suggestions.some((s) => s.database === database.name), `nothing to try in ${database.name}`);
    for (const letters of ['Arabic', 'Cyrillic', 'Chinese', 'Greek', 'Hangul'])
      assert.equal(suggestions.filter((s) => s.title.includes(letters)).length, 2, letters);
    assert.equal(session.try.length, suggestions.length);
    assert.ok(suggestions.length >= 10);
    for (const one of session.try) assert.ok(running.said().includes(one.text), `${one.text} is not said at the start`);
  }],
  ['each of them gives a match', async () => {
    for (const one of session.try) {
      const answer = await search(one.text);
      assert.equal(answer.verdict, 'match', `${one.title}: ${one.text}: ${answer.verdict}`);
      const wanted = (await record(suggestions.find((s) => s.text === one.text).reference)).data;
      assert.ok(answer.hits.some((hit) => hit.id === wanted.id), `${one.title}: ${one.text} finds others only`);
    }
  }],
  ['a missing person comes with the picture', async () => {
    const missing = suggestions.find((s) => s.title.includes('missing'));
    const wanted = (await record(missing.reference)).data;
    const hit = (await search(missing.text)).hits.find((one) => one.id === wanted.id);
    assert.match(hit.photo, /^[0-9a-f]{64}$/);
    for (const size of ['full', 'thumb']) {
      const picture = await call('GET', `/v1/photographs/${hit.photo}?size=${size}`);
      assert.equal(picture.type, 'image/jpeg');
      assert.deepEqual([...new Uint8Array(picture.data).slice(0, 2)], [0xff, 0xd8]);
    }
  }],
  ['every picture of the list is attached, once', async () => {
    assert.equal(attached.refused, 0);
    assert.equal(attached.attached, rows('photographs.tsv').length);
    assert.ok(attached.attached > 20);
    const again = command(data, ['photograph', join(world, 'photographs.tsv'), '--json']);
    assert.deepEqual([again.json.attached, again.json.present], [0, attached.attached]);
  }],
  ['records lead to one another', async () => {
    let mates = 0;
    let ways = 0;
    for (const one of suggestions) {
      const from = (await record(one.reference)).data;
      for (const fact of from.facts.filter((f) => f.to)) {
        const other = await record(fact.to);
        assert.equal(other.status, 200, fact.to);
        const back = other.data.facts.filter((f) => f.to).map((f) => f.to);
        ways += back.includes(one.reference);
        if (!other.data.database) continue;
        for (const next of other.data.facts.filter((f) => f.to)) mates += next.to.split(':')[0] === other.data.database;
      }
    }
    assert.ok(ways >= 10, `${ways} links lead back`);
    assert.ok(mates >= 2, `${mates} links between persons`);
    assert.equal((await record('nothing:UTO/S-0000001')).status, 404);
    assert.equal((await record(`${suggestions[0].database}:UTO/none`)).status, 404);
  }],
  ['what careless people ask for is found', async () => {
    const tally = {};
    for (const [database, reference, kind, text, born] of rows('truth.tsv')) {
      const count = (tally[kind] ??= { asked: 0, found: 0 });
      const wanted = (await record(`${database}:${reference}`)).data.id;
      const answer = (await call('POST', '/v1/search', { text: born ? `${text} ${born}` : text, databases: [database], similar: 'yes', purpose, limit: 10 })).data;
      count.asked++;
      const isFound = [...(answer.hits || []), ...(answer.similar || [])].some((hit) => hit.id === wanted);
      count.found += isFound;
      if (!isFound && process.env.SHOW_RECALL) console.log(`${kind}: ${text} ${born} is not found: ${database}:${reference} (${answer.verdict}; ${answer.understood?.filter((r) => r.on).map((r) => r.type)})`);
    }
    const words = Object.entries(tally).map(([kind, { asked, found }]) => `${kind} ${found}/${asked}`).sort().join(', ');
    if (process.env.SHOW_RECALL) console.log(words);
    for (const [kind, floor] of Object.entries(floors)) {
      assert.ok(tally[kind]?.asked >= 3, `${kind} is hardly asked: ${words}`);
      assert.ok(tally[kind].found / tally[kind].asked >= floor, `${kind} below ${floor}: ${words}`);
    }
    const sum = (what) => Object.values(tally).reduce((all, one) => all + one[what], 0);
    assert.ok(sum('found') / sum('asked') >= floorOfAll, `below ${floorOfAll} of all: ${words}`);
    for (const kind of Object.keys(tally)) assert.ok(kind in floors, `${kind} has no floor`);
  }],
  ['the same seed gives the same bytes, another one others', () => {
    const [one, two, three] = ['one', 'two', 'three'].map((name) => join(data, name));
    make(one, 200, 7);
    make(two, 200, 7);
    make(three, 200, 8);
    const bytes = (directory) => readdirSync(directory, { recursive: true }).sort().filter((name) => name.includes('.')).map((name) => [name, readFileSync(join(directory, name), 'latin1')]);
    assert.deepEqual(bytes(one), bytes(two));
    assert.notDeepEqual(bytes(one), bytes(three));
  }],
  ['make run loads once, and starts again from what is there', async () => {
    const directory = join(data, 'run');
    const first = await makeRun(directory, 40);
    assert.match(first.said, /making a fictional world of 40 persons[^]*things to try:[^]*sign-in token: bureau_/);
    assert.equal(first.code, 0, first.said);
    const second = await makeRun(directory, 40);
    assert.doesNotMatch(second.said, /making|loading/);
    assert.match(second.said, /things to try:[^]*sign-in token: bureau_/);
    assert.match((await makeRun(directory, 50)).said, /holds a world of 40 persons/);
  }],
  ['a half-loaded world is taken up where it stopped', async () => {
    const directory = join(data, 'half');
    const half = join(directory, 'world');
    mkdirSync(directory);
    make(half, 60, 5);
    const files = readdirSync(half).filter((name) => name.endsWith('.ndjson'));
    assert.equal(command(directory, ['import', 'bureau-ndjson', join(half, files[0])]).code, 0);
    writeFileSync(join(half, 'made'), '60\n');
    const done = await makeRun(directory, 60);
    assert.match(done.said, /going on with a world[^]*serving on/);
    assert.doesNotMatch(done.said, /making/);
    assert.ok(existsSync(join(directory, 'loaded')) && !existsSync(half));
    const held = command(directory, ['export']).out.split('\n').filter((line) => line.includes('"S-0')).length;
    const files60 = join(data, 'sixty');
    make(files60, 60, 5);
    const wanted = files.map((name) => readFileSync(join(files60, name), 'utf8').split('\n').length - 1).reduce((a, b) => a + b);
    assert.equal(held, wanted);
  }],
  ['what stands in the way of make run is said before the work', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => { taken.on('listening', resolve); });
    const refused = await makeRun(join(data, 'port'), 40, `127.0.0.1:${taken.address().port}`);
    taken.close();
    assert.match(refused.said, /another program answers on 127\.0\.0\.1/);
    assert.doesNotMatch(refused.said, /making/);
    assert.match((await makeRun(join(data, 'port'), 'many')).said, /PERSONS=many is not a number/);
    const other = join(data, 'other');
    assert.equal(command(other, ['officer', 'list']).code, 0);
    assert.match((await makeRun(other, 40)).said, /not the demonstration's/);
  }],
  ['a world of one', () => {
    assert.ok(make(join(data, 'single'), 1, 1).records >= 1);
  }],
];

const failed = await runTests('world', tests);
await running.stop();
removeDirectory(data);
process.exit(failed ? 1 : 0);
