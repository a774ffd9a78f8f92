// SPDX-License-Identifier: Apache-2.0
// Approvals as people meet them: a member's officer enters and sees that it waits, the hub reads what differs, refuses one and approves
// another; in four languages, by keyboard, and nobody else has anything of it.
import assert from 'node:assert/strict';
import { completed, runTests } from '../server/node.mjs';
import { Stage } from './stage.mjs';

const stage = await Stage.open({ officers: {
  paris: ['--country', 'FRA', '--role', 'national-bureau', '--unit', 'FRA/ncb', '--may', 'write', '--purpose', 'investigate', '--purpose', 'search'],
  hub: ['--country', 'XPO', '--role', 'compliance', '--unit', 'XPO/hub', '--purpose', 'investigate', '--purpose', 'search'],
} });
const { node } = stage;
assert.equal(node.command(['unit', 'add', 'XPO/hub', '--country', 'XPO', '--name', 'Hub', '--level', 'hub']).code, 0);
const kind = stage.databases.find((d) => d.fields.some((f) => f.type === 'text' && !f.many && !f.fixed) && !d.unique);
const text = kind.fields.find((f) => f.type === 'text' && !f.many && !f.fixed).name;
const body = completed(kind.examples[0].body);
body.envelope = { ...body.envelope, owner: 'FRA', unit: 'FRA/ncb', test: false };
const enter = async (ref) => node.call('POST', `/v1/records/${kind.name}`, { ...body, envelope: { ...body.envelope, ref }, fields: { ...body.fields, [text]: `${ref} seen` } }, { as: 'paris' });
const held = (await enter('r-0')).data;
assert.equal(node.command(['measure', 'add', 'FRA', '--kind', 'pre-approval', '--reason', 'a test of the page']).code, 0);
const { data: record, headers } = await node.call('GET', `/v1/records/${held.id}`, undefined, { as: 'paris' });
await node.call('PUT', `/v1/records/${held.id}`, { ...record.body, fields: { ...record.body.fields, [text]: 'seen at the ferry' } }, { as: 'paris', headers: { 'If-Match': headers.get('etag') } });
await enter('r-1');
let { page } = stage;

const failed = await runTests('approvals', [
  ['whoever entered it sees that it waits, and for whom', async () => {
    page = await stage.takeOver('paris');
    for (const language of ['fr', 'es', 'ar', 'en']) {
      await page.goto(`${stage.base}/#/mine/proposals`);
      await stage.speak(language);
      await page.waitForSelector('[data-proposal]');
      assert.equal(await page.locator('[data-proposal]').count(), 2);
      await stage.serious(`${language} proposals`);
      await stage.picture('proposals', language);
    }
    assert.match(await page.locator('[data-kind=create] .state').innerText(), /the hub/);
    assert.equal(await page.locator('[data-do=approve]').count(), 0);
    assert.equal(await page.locator('[data-do=withdraw]').count(), 2);
  }],
  ['the hub reads what differs and refuses with a coded reason', async () => {
    page = await stage.takeOver('hub');
    for (const language of ['fr', 'es', 'ar', 'en']) {
      await page.goto(`${stage.base}/#/oversight/approvals`);
      await stage.speak(language);
      await page.locator('[data-kind=correct] button[aria-expanded]').press('Enter');
      await page.waitForSelector('table.differences');
      await stage.serious(`${language} approvals`);
      await stage.picture('approvals', language);
    }
    const rows = await page.locator('table.differences tbody tr').allInnerTexts();
    assert.equal(rows.length, 1, rows.join());
    assert.match(rows[0], /r-0 seen[\s\S]*seen at the ferry/);
    await page.locator('[data-kind=correct] [data-do=refuse]').press('Enter');
    await page.locator('#l-reason').selectOption('quality');
    await page.fill('#l-words', 'which ferry?');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.said-well');
    await page.waitForSelector('[data-kind=correct] .bad');
    assert.match(await page.locator('[data-kind=correct]').innerText(), /refused[\s\S]*Quality too low[\s\S]*which ferry\?/);
  }],
  ['and approves the other, after one more question', async () => {
    await page.locator('[data-kind=create] [data-do=approve]').press('Enter');
    await page.waitForSelector('dialog[open]');
    await page.locator('dialog[open] button', { hasText: 'Approve' }).click();
    await page.waitForSelector('[data-kind=create] .state:has-text("approved")');
    assert.equal((await node.call('GET', `/v1/references/${kind.name}:FRA/r-1`, undefined, { as: 'paris' })).status, 200);
  }],
  ['another country has nothing of it', async () => {
    page = await stage.takeOver('desk');
    await page.goto(`${stage.base}/#/oversight/approvals`);
    await page.waitForSelector('.empty');
    assert.equal(await page.locator('[data-proposal]').count(), 0);
    page = await stage.takeOver('patrol');
    await page.goto(`${stage.base}/#/oversight/approvals`);
    await page.waitForSelector('.head');
    assert.equal(await page.locator('#approvals-waiting').count(), 0);
    stage.isQuiet();
  }],
]);
await stage.close();
process.exit(failed ? 1 : 0);
