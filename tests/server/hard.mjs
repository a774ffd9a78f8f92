// SPDX-License-Identifier: Apache-2.0
// What a running node leaves lying about: nothing others can read, no secret in a file, a log, an address or a command line.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { lstatSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Contract } from './contract.mjs';
import { Node, completed, purpose, removeDirectory, runTests } from './node.mjs';

const node = await Node.start({
  words: ['--rate', '0', '--review-share', '10000'],
  officers: {
    other: ['--country', 'FRA', '--role', 'national-bureau', '--unit', 'FRA/ncb', '--purpose', purpose, '--purpose', 'border-control'],
    third: ['--country', 'XPO', '--role', 'investigator', '--unit', 'XPO/a', '--purpose', purpose],
    fourth: ['--country', 'ZZZ', '--role', 'investigator', '--unit', 'ZZZ/a', '--purpose', purpose],
    supervisor: ['--country', 'UTO', '--role', 'national-bureau', '--unit', 'UTO/ncb', '--purpose', purpose],
    dpo: ['--country', 'UTO', '--role', 'data-protection', '--unit', 'UTO/dpo'],
    chief: ['--country', 'UTO', '--role', 'administrator', '--unit', 'UTO/ncb', '--may', 'administer'],
    watcher: ['--country', 'UTO', '--role', 'auditor', '--unit', 'UTO/audit', '--may', 'audit'],
  },
});
const data = node.data;
const contract = new Contract((await node.call('GET', '/openapi.json')).data);
const ask = node.call.bind(node);
node.call = async (method, path, ...rest) => contract.check(method, path, await ask(method, path, ...rest));
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
    const body = completed(example.body);
    writeFileSync(file, `${JSON.stringify({ database, ...body })}\n`);
    const done = node.command(['import', 'bureau-ndjson', file, '--json']);
    assert.ok(done.json, done.err);
    assert.deepEqual([done.json.state, done.json.rows], ['applied', 1]);
  }],
  ['the log is read by auditors and nobody else', async () => {
    for (const path of ['/v1/audit', '/v1/audit/verify', '/v1/audit/0000-0000'])
      for (const as of ['bureau', 'patrol', 'supervisor', 'other'])
        assert.equal((await node.call('GET', path, undefined, { as })).status, 403, `${path} as ${as}`);
    for (const path of ['/v1/audit/statistics', '/v1/audit/reviews']) assert.equal((await node.call('GET', path, undefined, { as: 'patrol' })).status, 403);
    assert.equal((await node.call('POST', '/v1/audit/searches', { value: 'X' }, { as: 'patrol' })).status, 403);
  }],
  ['statistics count, and hold no person, unit or value', async () => {
    await node.call('POST', '/v1/search', { text: 'Zoltrana Quimbydor', purpose }, { as: 'bureau' });
    await node.call('POST', '/v1/search', { text: 'Zoltrana Quimbydor', purpose }, { as: 'other' });
    const all = await node.call('GET', '/v1/audit/statistics', undefined, { as: 'dpo' });
    assert.equal(all.status, 200, all.text);
    assert.ok(!/officer|unit|Zoltrana|"bureau"|patrol/i.test(all.text), all.text);
    const searches = (rows, country) => rows.filter((row) => row.kind === 'search' && (!country || row.country === country)).reduce((sum, row) => sum + row.count, 0);
    assert.ok(searches(all.data, 'UTO') >= 2);
    assert.deepEqual([...new Set(all.data.map((row) => row.country))], ['UTO'], 'of its own country');
    const other = await node.call('GET', '/v1/audit/statistics?country=FRA', undefined, { as: 'dpo' });
    assert.deepEqual([...new Set(other.data.map((row) => row.country))], ['UTO'], 'whatever it asks for');
    const own = (await node.call('GET', '/v1/audit/statistics?country=UTO', undefined, { as: 'other' })).data;
    assert.deepEqual([...new Set(own.map((row) => row.country))], ['FRA'], 'a bureau sees its own country only');
    const national = (await node.call('GET', '/v1/audit/statistics?country=FRA', undefined, { as: 'admin' })).data;
    assert.deepEqual([...new Set(national.map((row) => row.country))], ['UTO'], 'and so does an administrator');
    const before = searches((await node.call('GET', '/v1/audit/statistics', undefined, { as: 'dpo' })).data);
    assert.equal(searches((await node.call('GET', '/v1/audit/statistics', undefined, { as: 'dpo' })).data), before, 'nothing is counted twice');
  }],
  ['who searched for a value is told within the own country, and the question is on the record', async () => {
    const asked = await node.call('POST', '/v1/audit/searches', { value: 'zoltrana QUIMBYDOR' }, { as: 'dpo' });
    assert.equal(asked.status, 200, asked.text);
    assert.deepEqual(asked.data.searches.map((one) => one.officer), ['bureau']);
    assert.equal(asked.data.whole, true);
    assert.deepEqual((await node.call('POST', '/v1/audit/searches', { value: 'Zoltrana Quimbydor' }, { as: 'other' })).data.searches.map((one) => one.officer), ['other']);
    const entry = (await node.call('GET', `/v1/audit/${asked.data.receipt}`, undefined, { as: 'watcher' })).data;
    assert.equal(entry.entry.officer, 'dpo');
    assert.ok(!JSON.stringify(entry).match(/zoltrana/i), 'the question does not quote the value');
  }],
  ['an owner learns to whom a record was shown: country and day, no person', async () => {
    let made = { status: 0 };
    for (const one of (await node.call('GET', '/v1/databases', undefined, { as: 'bureau' })).data)
      for (const shown of (await node.call('GET', `/v1/databases/${one.name}`, undefined, { as: 'bureau' })).data.examples || [])
        if (made.status !== 201) made = await node.call('POST', `/v1/records/${one.name}`, completed(shown.body), { as: 'bureau' });
    assert.equal(made.status, 201, made.text);
    const read = await node.call('GET', `/v1/records/${made.data.id}`, undefined, { as: 'other' });
    const shown = await node.call('GET', `/v1/records/${made.data.id}/shown`, undefined, { as: 'bureau' });
    assert.equal(shown.status, 200, shown.text);
    if (read.status === 200) assert.ok(shown.data.some((row) => row.country === 'FRA' && row.count >= 1), shown.text);
    for (const row of shown.data) assert.deepEqual(Object.keys(row), ['day', 'country', 'unit_kind', 'purpose', 'count']);
    assert.equal((await node.call('GET', `/v1/records/${made.data.id}/shown`, undefined, { as: 'dpo' })).text, shown.text, 'who watches over the records');
    for (const as of ['other', 'patrol'])
      assert.equal((await node.call('GET', `/v1/records/${made.data.id}/shown`, undefined, { as })).status, 404, as);
  }],
  ['a search drawn by lot is confirmed by a supervisor, not by its officer', async () => {
    const list = async (as) => (await node.call('GET', '/v1/audit/reviews?max=200', undefined, { as })).data;
    const mine = (await list('supervisor')).filter((one) => one.officer === 'bureau');
    assert.ok(mine.length >= 2, 'every search is drawn here');
    assert.ok(mine.every((one) => one.why === 'sample' && one.country === 'UTO' && one.query));
    assert.ok((await list('bureau')).every((one) => one.officer !== 'bureau'));
    assert.ok((await list('other')).every((one) => one.country === 'FRA'));
    const [first, second] = mine;
    assert.equal((await node.call('POST', `/v1/audit/reviews/${first.id}`, { outcome: 'confirmed' }, { as: 'bureau' })).status, 403);
    assert.equal((await node.call('POST', `/v1/audit/reviews/${first.id}`, { outcome: 'confirmed' }, { as: 'other' })).status, 404);
    assert.equal((await node.call('POST', `/v1/audit/reviews/${first.id}`, { outcome: 'confirmed' }, { as: 'supervisor' })).status, 200);
    assert.equal((await node.call('POST', `/v1/audit/reviews/${first.id}`, { outcome: 'confirmed' }, { as: 'supervisor' })).status, 404, 'once');
    assert.equal((await node.call('POST', `/v1/audit/reviews/${second.id}`, { outcome: 'not-confirmed' }, { as: 'supervisor' })).status, 422, 'with a reason');
    assert.equal((await node.call('POST', `/v1/audit/reviews/${second.id}`, { outcome: 'not-confirmed', reason: 'no case of this number' }, { as: 'supervisor' })).status, 200);
    assert.ok(!(await list('supervisor')).some((one) => one.id === first.id || one.id === second.id));
  }],
  ['one value asked for by four countries is flagged to the auditor, once', async () => {
    for (const as of ['bureau', 'other', 'third', 'fourth', 'bureau'])
      assert.equal((await node.call('POST', '/v1/search', { fields: { email: 'someone.wanted@example.org' }, purpose }, { as })).status, 200, as);
    const all = (await node.call('GET', '/v1/audit/reviews?max=200', undefined, { as: 'watcher' })).data;
    assert.ok(all.every((one) => one.country === 'UTO'), 'of the own country');
    await node.call('POST', '/v1/search', { fields: { email: 'someone.else@example.org' }, purpose }, { as: 'other' });
    await node.call('POST', '/v1/search', { fields: { email: 'someone.else@example.org' }, purpose }, { as: 'third' });
    await node.call('POST', '/v1/search', { fields: { email: 'someone.else@example.org' }, purpose }, { as: 'fourth' });
    await node.call('POST', '/v1/search', { fields: { email: 'someone.else@example.org' }, purpose }, { as: 'bureau' });
    const flagged = (await node.call('GET', '/v1/audit/reviews?max=200', undefined, { as: 'watcher' })).data.filter((one) => one.why === 'many-countries');
    assert.equal(flagged.length, 1, JSON.stringify(flagged));
    assert.ok(!(await node.call('GET', '/v1/audit/reviews?max=200', undefined, { as: 'supervisor' })).data.some((one) => one.why !== 'sample'), 'flags are for auditors');
  }],
  ['who asks for his own name or family is flagged to the auditor; the names are his administrator\'s to see', async () => {
    const officer = (await node.call('GET', '/v1/officers/supervisor', undefined, { as: 'chief' })).data;
    const { version } = officer;
    const put = await node.call('PUT', '/v1/officers/supervisor', { version, own_names: ['Wrzesniewska, Hannelore', 'Kavanagh-Obi, Tadhg'] }, { as: 'chief' });
    assert.equal(put.status, 200, put.text);
    assert.deepEqual((await node.call('GET', '/v1/officers/supervisor', undefined, { as: 'chief' })).data.own_names, ['Wrzesniewska, Hannelore', 'Kavanagh-Obi, Tadhg']);
    assert.equal((await node.call('PUT', '/v1/officers/supervisor', { version: version + 1, own_names: ['12'] }, { as: 'chief' })).status, 422);
    for (const as of ['supervisor', 'watcher', 'bureau', 'other']) {
      const told = await Promise.all(['/v1/officers/supervisor', '/v1/officers', '/v1/me', '/v1/audit?max=500', '/v1/feed'].map((path) => node.call('GET', path, undefined, { as })));
      assert.ok(told.every((reply) => !/Wrzesniewsk/.test(reply.text)), as);
    }
    const search = async (text, as) => assert.equal((await node.call('POST', '/v1/search', { text, purpose }, { as })).status, 200);
    await search('Wrzesniewski Piotr', 'supervisor');
    await search('Quimbydor Zoltrana', 'supervisor');
    await search('Wrzesniewski Piotr', 'bureau');
    const flagged = (await node.call('GET', '/v1/audit/reviews?max=200', undefined, { as: 'watcher' })).data.filter((one) => one.why === 'own-name');
    assert.deepEqual(flagged.map((one) => one.officer), ['supervisor'], JSON.stringify(flagged));
  }],
  ['reviews, statistics and who was shown a record were checked against their description', () => {
    assert.deepEqual(contract.missed((path) => /audit\/(reviews|searches|statistics)|\/shown/.test(path)), []);
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
