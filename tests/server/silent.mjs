// SPDX-License-Identifier: Apache-2.0
// What the node itself tells an owner's desk: a silent hit, where the searching country lets it, and access taken in an emergency.
import assert from 'node:assert/strict';
import { Contract } from './contract.mjs';
import { deskOf } from './asking.mjs';
import { Browser } from './browser.mjs';
import { ahead } from './clock.mjs';
import { Node, completed, runTests, startServer } from './node.mjs';

const officers = {
  gate: ['--country', 'FRA', '--role', 'frontline', '--unit', 'FRA/gate', '--purpose', 'border-control', '--purpose', 'investigate'],
  fadmin: ['--country', 'FRA', '--role', 'administrator', '--unit', 'FRA/it'],
  paris: ['--country', 'FRA', '--role', 'national-bureau', '--unit', 'FRA/ncb', '--purpose', 'border-control'],
  fauditor: ['--country', 'FRA', '--role', 'auditor', '--unit', 'FRA/audit', '--may', 'audit'],
  rescuer: ['--country', 'FRA', '--role', 'frontline', '--unit', 'FRA/gate', '--purpose', 'border-control'],
  far: ['--country', 'DEU', '--role', 'frontline', '--unit', 'DEU/gate', '--purpose', 'border-control'],
};
const silent = { notify: 'silent', legal_basis: 'national-law' };
const node = await Node.start({ officers });
const plain = await Node.start({ officers }); // where nobody asks for anything
const contract = new Contract((await node.call('GET', '/openapi.json', undefined, { as: null })).data);
const { call, record, hit, until, list } = await deskOf(node, contract);
const there = await deskOf(plain);
async function restart(seconds) {
  assert.equal(await node.running.stop(), 0);
  node.running = await startServer(node.data, ['--rate', '0'], 0, ahead(seconds));
}
const told = async (target) => (await list('bureau')).filter((one) => one.record === target.id);
let target = null;

const tests = [
  ['who wants to be told names the law that allows it', async () => {
    target = await record(silent);
    const [database] = (await node.call('GET', '/v1/databases')).data;
    const body = (await node.call('GET', `/v1/databases/${database.name}`)).data.examples[0].body;
    for (const [more, field] of [[{ notify: 'silent' }, 'envelope.legal_basis'], [{ notify: 'loud', legal_basis: 'x' }, 'envelope.notify']]) {
      const sent = completed(body);
      const reply = await node.call('POST', `/v1/records/${database.name}`, { ...sent, envelope: { ...sent.envelope, ...more, ref: 'never' } }, { as: 'bureau' });
      assert.equal(reply.status, 422, reply.text);
      assert.equal(reply.data.field, field);
    }
  }],
  ['access taken in an emergency rings at the owner’s desk until it is reviewed', async () => {
    const invited = await node.call('POST', '/v1/officers/rescuer/invitation', undefined, { as: 'fadmin' });
    const patrol = new Browser(() => ({ port: node.running.port }));
    await patrol.enrol(invited.data.secret);
    const taken = await patrol.call('POST', '/v1/me/break-glass', { of: 'UTO', minutes: 15, reason: 'a child is missing and nobody answers', purposes: ['search'] });
    assert.equal(taken.status, 201, taken.text);
    const ticket = await until('bureau', (one) => one.record === taken.data.id);
    assert.equal(ticket.alarm, true);
    assert.ok(ticket.clock.due);
    assert.deepEqual(await list('gate'), []);
    const reviewed = await node.call('POST', `/v1/grants/${taken.data.id}/review`, { review: 'in order' }, { as: 'bureau' });
    assert.equal(reviewed.status, 200, reviewed.text);
    await until('bureau', (one) => one.id === ticket.id && !one.open);
  }],
  ['the officer’s answer is the same to the byte, whether the owner is told or not', async () => {
    const policy = { envelope: { ...completed({ fields: {} }).envelope, owner: 'FRA', unit: 'FRA/it' }, fields: { purposes: ['border-control'], owners: ['UTO'] } };
    assert.equal((await node.call('POST', '/v1/records/notification-policy', policy, { as: 'bureau' })).status, 403, 'not another country’s');
    const added = await node.call('POST', '/v1/records/notification-policy', policy, { as: 'fadmin' });
    assert.equal(added.status, 201, added.text);
    const twin = await there.record();
    const search = (on, what, id) => on.call('POST', '/v1/search', { purpose: 'border-control', fields: { [what.key[0]]: what.key[1] }, databases: [what.name], limit: 1 }, { as: 'gate' })
      .then((reply) => reply.text.replaceAll(id, 'ID').replace(/"receipt":"[^"]*"/, '').replace(/"as_of":"[^"]*"/, '').replace(/"feed":\d+/, '').replace(/"took_us":\d+/, '').replace(/"(entered|updated)":"[^"]*"/g, ''));
    const [one, other] = [await search(node, target, target.id), await search(plain, twin, twin.id)];
    assert.ok(one.includes('ID'), 'it is found');
    assert.equal(one, other);
    assert.ok(!/\bsilent\b|\bnotify\b/.test(one));
    const read = await node.call('GET', `/v1/records/${target.id}`, undefined, { as: 'gate', headers: { 'Bureau-Purpose': 'border-control' } });
    assert.ok(!/\bnotify\b|\bsilent\b/.test(read.text), 'nor does the record say so');
    await hit(target, 'gate', 'investigate'); // not a purpose of the policy
    await hit(target, 'far'); // of a country without one
    await hit(target, 'bureau'); // the owner himself
    assert.deepEqual(await told(target), [], 'not before the hour has passed');
  }],
  ['the owner’s desk is told country, purpose and day, once; nobody there is', async () => {
    await restart(3700);
    const ticket = await until('bureau', (one) => one.record === target.id);
    await restart(3710);
    await node.call('GET', '/healthz', undefined, { as: null });
    assert.equal((await told(target)).length, 1);
    assert.equal(ticket.side, 'owner');
    assert.equal(ticket.alarm, true);
    const read = await call('GET', `/v1/tickets/${ticket.id}`, undefined, 'bureau');
    assert.deepEqual(Object.values(read.data.fields).sort(), ['FRA', new Date().toISOString().slice(0, 10), 'border-control'].sort());
    assert.ok(!/\bgate\b|\bFRA\//.test(read.text), 'no person, no place');
    for (const as of ['gate', 'paris', 'fadmin', 'far']) {
      assert.equal((await call('GET', `/v1/tickets/${ticket.id}`, undefined, as)).status, 404, as);
      assert.deepEqual(await list(as), [], as);
    }
    assert.deepEqual((await call('GET', '/v1/tickets/figures', undefined, 'bureau')).data.owners, [], 'nobody asked anything');
    assert.ok(!(await call('GET', '/v1/tickets/kinds', undefined, 'gate')).data.some((kind) => kind.kind === ticket.kind), 'nor can it be opened by hand');
    const seen = await call('POST', `/v1/tickets/${ticket.id}/moves`, { to: read.data.moves[0].to, version: read.data.version, fields: {} }, 'bureau');
    assert.equal(seen.data.open, false, seen.text);
  }],
  ['told again and again of one record: the searching country’s auditor looks at it', async () => {
    for (let day = 2; day <= 5; day++) {
      await restart(day * 86400);
      await hit(target);
      await restart(day * 86400 + 3700);
      await until('bureau', (one) => one.record === target.id && one.opened.slice(0, 10) >= new Date(Date.now() + day * 86400e3).toISOString().slice(0, 10));
    }
    const flagged = (await node.call('GET', '/v1/audit/reviews?max=200', undefined, { as: 'fauditor' })).data.filter((one) => one.why === 'many-notifications');
    assert.equal(flagged.length, 1);
    assert.equal(flagged[0].country, 'FRA');
  }],
];
let failed = 1;
try {
  failed = await runTests('silent', tests);
} finally {
  await node.stop();
  await plain.stop();
}
process.exit(failed ? 1 : 0);
