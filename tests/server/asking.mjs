// SPDX-License-Identifier: Apache-2.0
// Tickets for server tests: a home whose urgent clock runs out after a second, records of UTO that a gate of FRA is shown, questions
// about them, moves. Nothing names a database, a kind of ticket or a field: kinds and moves say what they need.
import { cpSync, mkdtempSync, readdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { completed, eventually } from './node.mjs';

export const border = { 'Bureau-Purpose': 'border-control' };

export function fastHome() {
  const base = realpathSync(process.env.BUREAU_HOME || '.');
  const home = mkdtempSync(join(tmpdir(), 'bureau-home-'));
  for (const name of readdirSync(base)) {
    if (['databases', 'tickets', 'system', 'formats', 'web'].includes(name)) symlinkSync(join(base, name), join(home, name));
  }
  cpSync(join(base, 'codes'), join(home, 'codes'), { recursive: true, dereference: true });
  const clocks = join(home, 'codes', 'clocks.csv');
  writeFileSync(clocks, readFileSync(clocks, 'utf8').replace(/^urgent,(.*),10min,1min,/m, 'urgent,$1,1s,1s,'));
  process.env.BUREAU_HOME = home;
  return home;
}

// `contract.check(method, path, reply)` sees each answer.
export async function deskOf(node, contract = { check: (method, path, reply) => reply }) {
  const call = async (method, path, body, as) => contract.check(method, path, await node.call(method, path, body, { as, headers: border }));
  const kinds = (await call('GET', '/v1/tickets/kinds', undefined, 'gate')).data;
  const kind = kinds.find((one) => one.needs.length);
  const databases = (await node.call('GET', '/v1/databases')).data;

  function valueOf(field) {
    if (field.type === 'moment') return new Date(Date.now() - 60e3).toISOString().slice(0, 19) + 'Z';
    return field.type === 'code' ? null : 'words of an officer';
  }
  async function fill(fields) {
    const values = {};
    for (const field of fields) {
      values[field.name] = valueOf(field) ?? (await call('GET', `/v1/codes/${field.list}`, undefined, 'gate')).data.codes[0].code;
    }
    return values;
  }

  function keysOf(fields, body) {
    for (const field of fields) {
      const value = body && body[field.name];
      if (value === undefined || field.fields) continue;
      if (field.pivot && field.meaning && typeof value === 'string') return [field.meaning, value];
    }
    return null;
  }

  // A record of UTO that others see masked at most, and how it is found.
  let made = 0;
  async function record(envelope = {}) {
    for (const { name } of databases) {
      const { data: database } = await node.call('GET', `/v1/databases/${name}`);
      for (const example of database.examples) {
        const key = keysOf(database.fields, example.body.fields);
        if (!key) continue;
        const body = completed(example.body);
        body.envelope = { ...body.envelope, owner: 'UTO', unit: 'UTO/ncb', test: false, disclose: 'masked', ref: `t-${++made}`, purposes: ['border-control', 'investigate', 'training'], ...envelope };
        const reply = await node.call('POST', `/v1/records/${name}`, body, { as: 'bureau' });
        if (reply.status === 201) return { id: reply.data.id, name, key };
      }
    }
    throw new Error('no record could be made');
  }
  async function hit(target, as = 'gate', purpose = 'border-control') {
    const { data } = await node.call('POST', '/v1/search', { purpose, fields: { [target.key[0]]: target.key[1] }, databases: [target.name], limit: 100 }, { as });
    return { receipt: data.receipt, hit: (data.hits || []).find((one) => one.id === target.id) };
  }
  async function ask(target, as = 'gate', more = {}) {
    const found = await hit(target, as);
    return call('POST', '/v1/tickets', { kind: kind.kind, record: target.id, receipt: found.receipt, fields: await fill(kind.needs), ...more }, as);
  }
  async function move(ticket, to, as, more = {}) {
    const read = (await call('GET', `/v1/tickets/${ticket.id}`, undefined, as)).data;
    const way = (read.moves || []).find((one) => one.to === to);
    return call('POST', `/v1/tickets/${ticket.id}/moves`, { to, version: read.version || ticket.version, fields: way ? await fill(way.needs) : {}, ...more }, as);
  }
  const get = (ticket, as) => call('GET', `/v1/tickets/${ticket.id}`, undefined, as);
  const list = async (as, query = 'open=all') => (await call('GET', `/v1/tickets?${query}`, undefined, as)).data.tickets;
  // Waits for the condition, through the long poll of the officer's list.
  async function until(as, condition) {
    let seen = '';
    return eventually(async () => {
      const { data } = await call('GET', `/v1/tickets?open=all&max=200${seen && `&wait=5&seen=${seen}`}`, undefined, as);
      seen = data.seen;
      return data.tickets.find(condition);
    }, `a ticket of ${as}`);
  }
  return { call, kind, databases, fill, record, hit, ask, move, get, list, until };
}
