// SPDX-License-Identifier: Apache-2.0
// A desk from one shift to the next, over the network and on the command line.
import assert from 'node:assert/strict';
import { Contract } from './contract.mjs';
import { deskOf } from './asking.mjs';
import { Node, command, runTests } from './node.mjs';

const bureau = ['--country', 'UTO', '--role', 'national-bureau', '--unit', 'UTO/ncb', '--may', 'write', '--purpose', 'border-control'];
const node = await Node.start({
  officers: {
    gate: ['--country', 'FRA', '--role', 'frontline', '--unit', 'FRA/gate', '--purpose', 'border-control'],
    night: bureau,
    third: bureau,
    away: ['--country', 'UTO', '--role', 'national-bureau', '--unit', 'UTO/hq', '--purpose', 'border-control'],
  },
});
const contract = new Contract((await node.call('GET', '/openapi.json', undefined, { as: null })).data);
const { call, kind, fill, record, hit } = await deskOf(node, contract);
const look = async (as) => (await call('GET', '/v1/handover', undefined, as)).data;
const leave = (as, body) => call('POST', '/v1/handover', body, as);
const take = (as, last, more = {}) => call('POST', `/v1/handover/${last.id}`, { version: last.version, digest: last.digest, ...more }, as);
// Asked with each of the codes that the first field knows: the clocks.
async function askAt(code) {
  const target = await record();
  const { receipt } = await hit(target);
  const fields = await fill(kind.needs);
  const clock = kind.needs.find((field) => field.type === 'code');
  return (await call('POST', '/v1/tickets', { kind: kind.kind, record: target.id, receipt, fields: { ...fields, [clock.name]: code } }, 'gate')).data;
}

const tests = [
  ['the leaving officer signs, once every urgent ticket has a taker of the desk', async () => {
    const urgent = await askAt('urgent');
    await askAt('routine');
    const desk = await look('bureau');
    assert.equal(desk.tickets.length, 2);
    assert.deepEqual(desk.tickets.map((one) => one.urgent), [true, false]);
    assert.ok(desk.officers.includes('night') && !desk.officers.includes('bureau') && !desk.officers.includes('away'));
    const refused = await leave('bureau', { digest: desk.digest });
    assert.equal(refused.status, 409, refused.text);
    assert.match(refused.data.detail, new RegExp(`1 urgent ticket has no taker: ${urgent.id}`));
    assert.equal(refused.data.field, 'takers');
    for (const taker of ['away', 'gate', 'nobody']) {
      const wrong = await leave('bureau', { digest: desk.digest, takers: { [urgent.id]: taker } });
      assert.equal(wrong.status, 422, wrong.text);
      assert.match(wrong.data.detail, /is no officer of this desk/);
    }
    assert.equal((await leave('bureau', { digest: 'x', takers: { [urgent.id]: 'night' } })).status, 412);
    assert.equal((await leave('bureau', { takers: {} })).data.field, 'digest');
    assert.equal((await leave('bureau', { digest: desk.digest, takers: { '???': 'night' } })).data.field, 'takers');
    const left = await leave('bureau', { digest: desk.digest, takers: { [urgent.id]: 'night' }, note: 'one urgent' });
    assert.equal(left.status, 201, left.text);
    assert.equal(left.data.last.left_by, 'bureau');
    assert.equal(left.data.last.taken_by, undefined);
    const read = (await call('GET', `/v1/tickets/${urgent.id}`, undefined, 'night')).data;
    assert.equal(read.taker, 'night');
    assert.equal((await call('GET', `/v1/tickets/${urgent.id}`, undefined, 'gate')).data.taker, undefined, 'not the other side’s business');
  }],
  ['the coming officer signs the same list, and who takes what has come since', async () => {
    const { last } = await look('night');
    assert.equal(last.note, 'one urgent');
    assert.equal((await take('bureau', last)).status, 403, 'not from oneself');
    assert.equal((await take('away', last)).status, 409, 'not of another desk');
    const since = await askAt('urgent');
    const blocked = await take('night', last);
    assert.equal(blocked.status, 409);
    assert.match(blocked.data.detail, new RegExp(since.id));
    assert.equal((await take('night', { ...last, version: 9 }, { takers: { [since.id]: 'night' } })).status, 412);
    const taken = await take('night', last, { takers: { [since.id]: 'third' }, note: 'all well' });
    assert.equal(taken.status, 200, taken.text);
    assert.equal(taken.data.last.taken_by, 'night');
    assert.equal(taken.data.last.digest, last.digest, 'the same list');
    assert.equal((await take('third', taken.data.last)).status, 409, 'once');
    const entry = (await node.call('GET', `/v1/audit/${taken.data.receipt}`)).data.entry;
    assert.equal(entry.officer, 'night');
    assert.equal(entry.verdict, 'desk taken over');
    assert.match(JSON.stringify(entry.query), new RegExp(last.id));
  }],
  ['it is a record with its history, and nobody writes it by hand', async () => {
    const { last } = await look('third');
    const history = (await node.call('GET', `/v1/records/${last.id}/history`)).data;
    assert.deepEqual((history.versions || history).map((one) => one.version).sort(), [1, 2]);
    const body = (await node.call('GET', `/v1/records/${last.id}`)).data;
    assert.match(JSON.stringify(body), /all well/);
    for (const [method, path, sent] of [['POST', '/v1/records/handover', {}], ['PUT', `/v1/records/${last.id}`, {}], ['POST', `/v1/records/${last.id}/state`, { state: 'cancelled', reason: 'x' }], ['DELETE', `/v1/records/${last.id}`]]) {
      const reply = await node.call(method, path, sent, { headers: { 'If-Match': '"2"' } });
      assert.equal(reply.status, 403, `${method} ${reply.text}`);
    }
  }],
  ['on the command line', async () => {
    const as = (officer, words) => {
      process.env.BUREAU_TOKEN = node.tokens[officer];
      try { return command(node.data, ['ticket', 'handover', ...words]); } finally { delete process.env.BUREAU_TOKEN; }
    };
    const shown = as('third', []);
    assert.match(shown.out, /URGENT {2}taken by third/);
    assert.match(shown.out, /left by bureau .* taken over by night/);
    const blocked = as('third', ['leave']);
    assert.notEqual(blocked.code, 0);
    assert.match(blocked.err, /urgent ticket has no taker/);
    const own = (await look('third')).tickets.filter((one) => one.taker === 'third').map((one) => one.ticket.id);
    const left = as('third', ['leave', ...own.flatMap((id) => ['--taker', `${id}=bureau`]), '--note', 'late shift']);
    assert.equal(left.code, 0, left.err);
    assert.match(left.out, /not taken over yet/);
    assert.equal(as('bureau', ['take', '--json']).json.last.taken_by, 'bureau');
    assert.notEqual(as('bureau', ['take']).code, 0);
    assert.notEqual(as('bureau', ['elsewhere']).code, 0);
  }],
  ['every route was checked against its description', () => {
    assert.deepEqual(contract.missed((path) => /handover/.test(path)), []);
  }],
];
let failed = 1;
try {
  failed = await runTests('handover', tests);
} finally {
  await node.stop();
}
process.exit(failed ? 1 : 0);
