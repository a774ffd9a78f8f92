// SPDX-License-Identifier: Apache-2.0
// The auditor's page: who asked what; the log verified in the page, proofs kept and checked again; whatever has one byte changed is
// refused. Two countries: an auditor reads what his own officers asked, and of others only that they did.
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { completed, runTests } from '../server/node.mjs';
import { Stage } from './stage.mjs';

const stage = await Stage.open({ officers: {
  auditor: ['--country', 'UTO', '--role', 'auditor', '--unit', 'UTO/audit', '--may', 'audit', '--purpose', 'audit'],
  paris: ['--country', 'FRA', '--role', 'national-bureau', '--unit', 'FRA/ncb', '--purpose', 'investigate', '--purpose', 'border-control'],
} });
let { page } = stage;
const { node } = stage;
const documents = stage.database('document-class');
const files = mkdtempSync(join(tmpdir(), 'audit-'));
let receipt = '';
let record = '';

async function prepare() {
  const fields = {};
  for (const [meaning, value] of [['document-class', 'travel'], ['document-type', 'passport'], ['issuer', 'UTO'], ['document-number', 'L898902C3'], ['fraud-kind', 'stolen'], ['theft-country', 'UTO']])
    fields[documents.fields.find((f) => f.meaning === meaning).name] = value;
  record = (await node.call('POST', `/v1/records/${documents.name}`, completed({ fields }), { as: 'bureau' })).data.id;
  const ask = (as, reference) => node.call('POST', '/v1/search', { text: 'L898902C3', purpose: 'border-control', reference }, { as });
  receipt = (await ask('patrol', 'case 1923')).data.receipt;
  await ask('paris', 'affaire 17');
  for (let i = 0; i < 300; i++) await node.call('POST', '/v1/search', { text: `Q${1000000 + i}`, purpose: 'border-control' }, { as: 'patrol' }); // more than one tile
}

const result = async (section) => {
  const at = page.locator(`section[aria-labelledby=${section}] .checked[data-result]:not([data-result=""])`);
  await at.waitFor();
  return [await at.getAttribute('data-result'), await at.innerText()];
};
async function download(click) {
  const [file] = await Promise.all([page.waitForEvent('download'), click()]);
  return readFileSync(await file.path());
}
async function checkFiles(paths) {
  await page.goto(`${stage.base}/#/audit`);
  await page.goto(`${stage.base}/#/audit/check`);
  await page.waitForFunction(() => document.getElementById('log-key')?.value.includes('+'));
  await page.locator('#log-files').setInputFiles(paths);
  return result('check-files');
}
function changed(path, at, name) {
  const bytes = readFileSync(path);
  bytes[at < 0 ? bytes.length + at : at] ^= 1;
  const to = join(files, name);
  writeFileSync(to, bytes);
  return to;
}
const kept = (name, bytes) => { const path = join(files, name); writeFileSync(path, bytes); return path; };

const reading = [
  ['an auditor begins at the log, sees no search, and is offered no record', async () => {
    await prepare();
    await stage.signIn('auditor');
    page = stage.page;
    await page.waitForSelector('table.list tbody tr');
    assert.equal(await page.locator('#query').count(), 0);
    assert.deepEqual(await page.locator('.views a').allInnerTexts(), ['Audit', 'Hits and tickets', 'My desk', 'Retention', 'Rights of persons', 'Supervision']);
    assert.equal(await page.locator('a[href="#/desk"]').count(), 0);
  }],
  ['by receipt: who, why, what was shown', async () => {
    await page.fill('#audit-receipt', receipt.toLowerCase());
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.querySelectorAll('table.list tbody tr').length === 1);
    await page.locator('table.list button[aria-expanded]').focus();
    await page.keyboard.press('Enter');
    const said = await page.locator('.detail').innerText();
    for (const part of [/patrol/, /UTO\/patrol/, /Border control/, /case 1923/, new RegExp(record), /L898902C3/]) assert.match(said, part);
  }],
  ['by officer, record, kind and day; older entries on demand', async () => {
    await page.fill('#audit-receipt', '');
    await page.fill('#audit-officer', 'patrol');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.querySelectorAll('table.list tbody tr').length === 50);
    await page.locator('button', { hasText: 'older entries' }).click();
    await page.waitForFunction(() => document.querySelectorAll('table.list tbody tr').length === 100);
    assert.ok((await page.locator('table.list tbody tr td:nth-child(3)').allInnerTexts()).every((who) => /^patrol/.test(who)));
    await page.fill('#audit-record', record);
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.querySelectorAll('table.list tbody tr').length === 1);
    await page.fill('#audit-to', '2020-01-01');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.querySelectorAll('table.list tbody tr').length === 0);
    await page.fill('#audit-to', new Date().toISOString().slice(0, 10));
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.querySelectorAll('table.list tbody tr').length === 1);
  }],
  ["of another country's officers: that they asked, never what, who or when to the minute", async () => {
    await page.fill('#audit-officer', '');
    await page.fill('#audit-to', '');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.querySelectorAll('table.list tbody tr').length === 3);
    const said = await page.locator('table.list').innerText();
    assert.match(said, /asked by FRA/);
    assert.doesNotMatch(said, /paris|affaire|FRA\/ncb/);
    const raw = (await node.call('GET', `/v1/audit?record=${record}`, undefined, { as: 'auditor' })).text;
    assert.doesNotMatch(raw, /paris|affaire|FRA\/ncb/);
    const other = JSON.parse(raw).find((item) => item.entry.other);
    assert.equal(other.entry.time_us % 86400e6, 0);
    assert.equal(other.receipt, undefined);
    assert.equal((await node.call('GET', '/v1/audit?officer=paris', undefined, { as: 'auditor' })).data.length, 0);
    const newest = (await node.call('GET', '/v1/audit?kind=read&max=2', undefined, { as: 'auditor' })).data;
    assert.equal(newest[0].entry.query.officer, 'paris', 'what the auditor asked is on the log, too');
  }],
];

const checking = [
  ['the log is verified in the page: by the node, and by hashes and a signature that the page checks itself', async () => {
    await page.goto(`${stage.base}/#/audit/check`);
    await page.locator('button', { hasText: 'Verify' }).first().click();
    const [word, said] = await result('check-live');
    assert.equal(word, 'sound', said);
    assert.match(said, /signed by[\s\S]*recomputed the root from 3\d\d hashes/);
  }],
  ['the next time it must continue what was seen; a checkpoint of another past is damage', async () => {
    await node.call('POST', '/v1/search', { text: 'Q2', purpose: 'border-control' }, { as: 'patrol' });
    await page.reload();
    await page.locator('button', { hasText: 'Verify' }).first().click();
    assert.match((await result('check-live'))[1], /It continues the log of 3\d\d entries/);
    await page.route('**/v1/log/consistency**', async (route) => {
      const reply = await route.fetch();
      const lines = (await reply.text()).split('\n');
      lines[0] = Buffer.from(Buffer.from(lines[0], 'base64').map((byte, i) => (i ? byte : byte ^ 1))).toString('base64');
      await route.fulfill({ response: reply, body: lines.join('\n') });
    });
    await node.call('POST', '/v1/search', { text: 'Q3', purpose: 'border-control' }, { as: 'patrol' });
    await page.reload();
    await page.locator('button', { hasText: 'Verify' }).first().click();
    const [word, said] = await result('check-live');
    assert.equal(word, 'damaged');
    assert.match(said, /does not continue/);
    await page.unroute('**/v1/log/consistency**');
  }],
  ['a node that hands out another hash, or another checkpoint, is found out', async () => {
    for (const [pattern, change] of [
      ['**/v1/log/tile/**', (bytes) => { bytes[40] ^= 1; }],
      ['**/v1/log/checkpoint', (bytes) => { bytes[bytes.indexOf(10) + 1] ^= 1; }],
    ]) {
      await page.route(pattern, async (route) => {
        const reply = await route.fetch();
        const bytes = await reply.body();
        change(bytes);
        await route.fulfill({ response: reply, body: bytes });
      });
      await page.reload();
      await page.locator('button', { hasText: 'Verify' }).first().click();
      const [word, said] = await result('check-live');
      assert.equal(word, 'damaged', said);
      assert.match(said, /^✕ DAMAGED/);
      await page.unroute(pattern);
    }
  }],
  ['a receipt is proven in the page', async () => {
    await page.reload();
    await page.fill('#prove-receipt', receipt);
    await page.keyboard.press('Enter');
    const [word, said] = await result('check-receipt');
    assert.equal(word, 'sound', said);
    assert.match(said, /It is entry \d+ of 3\d\d, by a path of \d+ hashes/);
  }],
];

let proof;
let whole;
let checkpoint;
const copies = [
  ['proofs and a checkpoint to keep', async () => {
    checkpoint = kept('checkpoint', await download(() => page.locator('button', { hasText: 'Save the checkpoint' }).click()));
    await page.goto(`${stage.base}/#/audit`);
    await page.fill('#audit-receipt', receipt);
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.querySelectorAll('table.list tbody tr').length === 1);
    await page.locator('table.list button[aria-expanded]').click();
    proof = kept('one.proof', await download(() => page.locator('button', { hasText: 'Proof to keep' }).click()));
    whole = kept('whole.proof', await download(() => page.locator('button', { hasText: 'Proof with contents' }).click()));
    const key = (await node.call('GET', '/v1/log/key')).text.trim();
    for (const path of [proof, whole]) assert.equal(node.command(['audit', 'check', path, '--key', key]).code, 0, 'the command agrees');
  }],
  ['a proof is checked without the node; with contents it says what the entry says', async () => {
    await checkFiles([proof]);
    await stage.context.setOffline(true);
    for (const path of [proof, whole]) {
      await page.locator('#log-files').setInputFiles([path]);
      await page.waitForFunction((withContents) => document.querySelector('section[aria-labelledby=check-files] .checked[data-result=sound]')?.innerText.includes('Contents') === withContents, path === whole);
    }
    assert.match(await page.locator('section[aria-labelledby=check-files] .checked').innerText(), /case 1923/);
    await stage.context.setOffline(false);
  }],
  ['every byte of a proof counts', async () => {
    const size = readFileSync(whole).length;
    await checkFiles([whole]);
    for (let at = 30; at < size; at += Math.ceil(size / 12)) {
      const path = changed(whole, at, `changed-${at}.proof`);
      await page.reload();
      await page.waitForFunction(() => document.getElementById('log-key')?.value.includes('+'));
      await page.locator('#log-files').setInputFiles([path]);
      const [word, said] = await result('check-files');
      assert.equal(word, 'damaged', `byte ${at}: ${said}`);
    }
  }],
  ['a copy of the whole log is sound, by its checkpoint or by that of now; one byte changed, and it is DAMAGED', async () => {
    const copy = join(files, 'copy');
    cpSync(join(node.data, 'audit'), copy, { recursive: true });
    const segments = readdirSync(copy).filter((name) => name.endsWith('.log')).map((name) => join(copy, name));
    let [word, said] = await checkFiles([...segments, checkpoint]);
    assert.equal(word, 'sound', said);
    assert.match(said, /each matches its hash[\s\S]*the root that was signed/);
    [word, said] = await checkFiles(segments);
    assert.equal(word, 'sound', said);
    const used = readFileSync(segments[0]).findLastIndex((byte) => byte !== 0) + 1;
    for (const at of [20, 64 + 30, 64 + 40, 64 + 64 + 3, 64 + 64 + 20, Math.floor(used / 2), used - 1]) {
      [word, said] = await checkFiles([changed(segments[0], at, segments[0].split('/').at(-1))]);
      assert.equal(word, 'damaged', `byte ${at}: ${said}`);
    }
    [word, said] = await checkFiles([changed(segments[0], Math.floor(used / 2), segments[0].split('/').at(-1)), checkpoint]);
    assert.equal(word, 'damaged', said);
    assert.match(said, /^✕ DAMAGED[\s\S]*entry \d+ (is not|is missing|lies what is no entry)/);
    const short = readFileSync(segments[0]).subarray(0, Math.floor(used / 2));
    [word, said] = await checkFiles([kept(segments[0].split('/').at(-1), short), checkpoint]);
    assert.equal(word, 'damaged', said);
  }],
  ['a checkpoint with one byte changed is refused', async () => {
    assert.equal((await checkFiles([checkpoint]))[0], 'sound');
    const size = readFileSync(checkpoint).length;
    for (const at of [3, Math.floor(size / 3), -9]) assert.equal((await checkFiles([changed(checkpoint, at, `checkpoint-${at}`)]))[0], 'damaged');
  }],
];

const appearance = [
  ['four languages, both pages: no serious fault, nothing wider than a phone', async () => {
    for (const language of ['fr', 'ar', 'es', 'en']) {
      await page.goto(`${stage.base}/#/audit`);
      await stage.speak(language);
      for (const [view, button] of [['#/audit', null], ['#/audit/check', 0]]) {
        await page.goto(`${stage.base}/${view}`);
        await page.waitForSelector(view === '#/audit' ? 'table.list tbody tr' : '#log-key');
        if (view === '#/audit') await page.locator('table.list button[aria-expanded]').nth(1).click();
        if (button !== null) { await page.locator('button.primary').click(); await result('check-live'); }
        await stage.serious(`${language} ${view}`);
        await stage.picture(`audit${view.length > 7 ? '-check' : ''}`, language);
      }
    }
    stage.isQuiet();
  }],
  ['who is no auditor has no such page, and the node refuses besides', async () => {
    page = await stage.takeOver('patrol');
    await page.goto(`${stage.base}/#/audit`);
    await page.waitForSelector('.head');
    assert.equal(await page.locator('table.list').count(), 0);
    assert.equal((await node.call('GET', '/v1/audit', undefined, { as: 'patrol' })).status, 403);
    assert.equal((await node.call('GET', `/v1/log/proof/${receipt}?content=yes`, undefined, { as: 'patrol' })).status, 403);
  }],
];

const failed = await runTests('audit', [...reading, ...checking, ...copies, ...appearance]);
rmSync(files, { recursive: true, force: true });
await stage.close();
process.exit(failed ? 1 : 0);
