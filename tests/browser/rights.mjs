// SPDX-License-Identifier: Apache-2.0
// Rights of persons in the pages: a request entered, admitted and examined by the data-protection officer, blocked and decided by the
// owner, answered on paper; the record of processing signed; the report; an objection told to the hub. And who must not see it.
import assert from 'node:assert/strict';
import { completed, runTests } from '../server/node.mjs';
import { Stage } from './stage.mjs';

const stage = await Stage.open({ officers: {
  protector: ['--country', 'UTO', '--role', 'data-protection', '--unit', 'UTO/dpo', '--purpose', 'data-protection'],
  hub: ['--country', 'XPO', '--role', 'hub', '--unit', 'XPO/ops', '--purpose', 'investigate'],
  paris: ['--country', 'FRA', '--role', 'national-bureau', '--unit', 'FRA/ncb', '--purpose', 'investigate'],
  auditor: ['--country', 'UTO', '--role', 'auditor', '--unit', 'UTO/audit', '--may', 'audit', '--purpose', 'audit'],
} });
const { node } = stage;
let { page } = stage;
const documents = stage.database('document-class');
const fields = {};
for (const [meaning, value] of [['document-class', 'travel'], ['document-type', 'passport'], ['issuer', 'UTO'], ['document-number', 'L898902C3'], ['fraud-kind', 'stolen'], ['theft-country', 'UTO']])
  fields[documents.fields.find((f) => f.meaning === meaning).name] = value;
const body = completed({ fields });
const record = (await node.call('POST', `/v1/records/${documents.name}`, body, { as: 'bureau' })).data.id;
const state = () => page.getAttribute('.ticket-page', 'data-state');
const at = (name) => page.waitForSelector(`.ticket-page[data-state="${name}"]`);
let request = '';

// A form of a move: what it asks for is filled in, lists of ids with the record.
async function move(to, values = {}) {
  await page.locator(`button[data-move="${to}"]`).click();
  const form = page.locator('section.move form');
  await Promise.race([form.waitFor(), at(to), at('executed')]);
  if (!await form.isVisible()) return;
  for (const select of await form.locator('select').all()) if (!await select.inputValue()) await select.selectOption({ index: 1 });
  for (const [label, value] of Object.entries(values)) await form.getByLabel(label).first().fill(value);
  await form.locator('button.primary').click();
  await form.waitFor({ state: 'detached' });
}

const failed = await runTests('rights', [
  ['the data-protection officer enters a request; by keyboard, in four languages', async () => {
    await stage.signIn('protector');
    for (const language of ['fr', 'es', 'ar', 'en']) {
      await page.goto(`${stage.base}/#/rights/requests`);
      await stage.speak(language);
      await page.waitForSelector('#requests');
      await stage.serious(`${language} requests`);
      await stage.picture('rights-requests', language);
    }
    await page.locator('section button.primary').press('Enter');
    await page.waitForSelector('#a-name');
    await page.fill('#a-name', 'Zquill Wxanthe');
    await page.fill('#a-contact', '12 Quuxham Lane');
    await page.locator('section.move form textarea, section.move form .field:not(.set) input[dir]').first().fill('What do you hold about me?');
    await stage.serious('new request');
    await page.locator('section.move form button.primary').press('Enter');
    await at('received');
    request = /requests\/([^/]+)$/.exec(page.url())[1];
    assert.match(await page.locator('.applicant').innerText(), /Zquill/);
    await move('admissible');
    await at('admissible');
    await move('examined', { 'Records it is about': record });
    await at('examined');
    assert.match(await page.locator('table.about').innerText(), new RegExp(record));
    assert.equal(await page.locator('button[data-move="granted"]').count(), 0);
    for (const language of ['fr', 'es', 'ar', 'en']) {
      await stage.speak(language);
      await at('examined');
      await stage.serious(`${language} request`);
      await stage.picture('rights-request', language);
    }
    const [file] = await Promise.all([page.waitForEvent('download'), page.locator('#papers ~ p button').first().click()]);
    assert.match(file.suggestedFilename(), /evidence/);
  }],
  ['the owner blocks and decides, and does not see who asks', async () => {
    page = await stage.takeOver('desk');
    await page.goto(`${stage.base}/#/rights/requests/${request}`);
    await at('examined');
    assert.equal(await page.locator('.applicant').count(), 0);
    assert.ok(!(await page.content()).includes('Zquill'));
    await move('blocked');
    await at('blocked');
    assert.match(await page.locator('table.about').innerText(), /blocked while the request is examined/);
    await move('refused');
    await at('executed');
    assert.ok(!/blocked while/.test(await page.locator('table.about').innerText()));
  }],
  ['the answer on paper, in the language of the person, without an officer', async () => {
    page = await stage.takeOver('protector');
    for (const language of ['fr', 'ar', 'es', 'en']) {
      await page.goto(`${stage.base}/#/answer/${request}/${language}`);
      await page.waitForSelector(`main.answer[dir=${language === 'ar' ? 'rtl' : 'ltr'}] h1`);
      await stage.serious(`${language} answer`);
      await stage.picture('rights-answer', language);
    }
    await page.emulateMedia({ media: 'print' });
    await page.locator('.head').waitFor({ state: 'hidden' });
    assert.ok(await page.locator('main.answer h1').isVisible());
    const text = await page.locator('main.answer').innerText();
    for (const word of ['desk', 'protector', 'Zquill']) assert.ok(!text.includes(word), word);
    assert.match(text, /Your request was refused|Data about you are held/);
    await page.emulateMedia({ media: 'screen' });
  }],
  ['the record of processing is read and the report shown', async () => {
    for (const language of ['fr', 'es', 'ar', 'en']) {
      await page.goto(`${stage.base}/#/rights/processing`);
      await stage.speak(language);
      await page.waitForSelector('details.activity');
      await stage.serious(`${language} processing`);
      await stage.picture('rights-processing', language);
      await page.goto(`${stage.base}/#/rights/report`);
      await page.waitForSelector('table.report');
      await stage.serious(`${language} report`);
      await stage.picture('rights-report', language);
    }
    assert.match(await page.locator('section[aria-labelledby="report"]').innerText(), /rounded down to fives/);
    await page.goto(`${stage.base}/#/rights/processing`);
    await page.waitForSelector('details.activity');
    assert.equal(await page.locator('#has-read').count(), 0, 'nothing differs, nothing to sign');
    const [file] = await Promise.all([page.waitForEvent('download'), page.locator('button', { hasText: 'Save as a page' }).click()]);
    assert.equal(file.suggestedFilename(), 'processing-en.html');
  }],
  ['a member tells the hub, the hub suspends, the owner sees the hub alone', async () => {
    page = await stage.takeOver('paris');
    await page.goto(`${stage.base}/#/rights/tell`);
    await page.fill('#o-record', record);
    await page.fill('#o-statement', 'recognised as a refugee');
    await stage.serious('tell');
    await page.locator('section[aria-labelledby="tell"] button.primary').press('Enter');
    await page.waitForSelector('.said-well');
    page = await stage.takeOver('hub');
    await page.goto(`${stage.base}/#/rights/objections`);
    await page.waitForSelector('ul.objections li');
    assert.match(await page.locator('ul.objections').innerText(), /FRA[\s\S]*refugee/);
    await stage.serious('objections');
    await page.locator('ul.objections input').fill('confirmed');
    await page.locator('button[data-outcome="suspended"]').click();
    await page.waitForSelector('button[data-outcome="lifted"]');
    page = await stage.takeOver('desk');
    await page.goto(`${stage.base}/#/rights/requests/${request}`);
    await page.waitForSelector('table.about');
    const seen = await page.locator('main.rights').innerText();
    assert.match(seen, /suspended by the hub/);
    assert.ok(!/\bFRA\b|refugee/.test(seen));
  }],
  ['a frontline officer has no such page, an auditor no requests', async () => {
    page = await stage.takeOver('patrol');
    for (const part of [`requests/${request}`, 'processing', 'report', 'objections', 'tell']) {
      await page.goto(`${stage.base}/#/rights/${part}`);
      await page.waitForSelector('.head');
      assert.equal(await page.locator('main.rights').count(), 0, part);
    }
    page = await stage.takeOver('auditor');
    await page.goto(`${stage.base}/#/rights/requests/${request}`);
    await page.waitForSelector('main.rights');
    assert.equal(await page.locator('.ticket-page, #requests').count(), 0);
    assert.equal(await page.locator('#processing').count(), 1);
    assert.equal(await page.locator('main.rights button.primary, #has-read').count(), 0);
    stage.isQuiet();
  }],
]);
await stage.close();
process.exit(failed ? 1 : 0);
