// SPDX-License-Identifier: Apache-2.0
// Retention as the data-protection officer sees it, and a record on paper: asked anew, on the log, with officer, time and receipt.
import assert from 'node:assert/strict';
import { completed, runTests } from '../server/node.mjs';
import { Stage } from './stage.mjs';

const stage = await Stage.open({ officers: {
  protector: ['--country', 'UTO', '--role', 'data-protection', '--unit', 'UTO/dpo', '--purpose', 'data-protection'],
  auditor: ['--country', 'UTO', '--role', 'auditor', '--unit', 'UTO/audit', '--may', 'audit', '--purpose', 'audit'],
} });
const { node } = stage;
let { page } = stage;
const documents = stage.database('document-class');
let record = '';

const failed = await runTests('retention', [
  ['a sheet carries officer, time and receipt; the receipt is on the log; other pages print nothing of it', async () => {
    const fields = {};
    for (const [meaning, value] of [['document-class', 'travel'], ['document-type', 'passport'], ['issuer', 'UTO'], ['document-number', 'L898902C3'], ['fraud-kind', 'stolen'], ['theft-country', 'UTO']])
      fields[documents.fields.find((f) => f.meaning === meaning).name] = value;
    const body = completed({ fields });
    body.envelope.review_on = new Date(Date.now() + 20 * 86400e3).toISOString().slice(0, 10);
    record = (await node.call('POST', `/v1/records/${documents.name}`, body, { as: 'bureau' })).data.id;
    await stage.signIn('desk');
    await page.goto(`${stage.base}/#/record/${record}`);
    await page.locator('main.record a', { hasText: 'Print' }).press('Enter');
    await page.waitForSelector('.stamp');
    const stamp = await page.locator('.stamp').innerText();
    assert.match(stamp, /desk[\s\S]*UTO\/ncb[\s\S]*\d\d:\d\d[\s\S]*[0-9A-Z]{4}-[0-9A-Z]{4}/);
    const receipt = await page.locator('.stamp b.mono').innerText();
    const { entry } = (await node.call('GET', `/v1/audit/${receipt}`, undefined, { as: 'auditor' })).data;
    assert.equal(entry.officer, 'desk');
    assert.equal(entry.shown[0].id, record);
    await stage.serious('print');
    await stage.picture('print', 'en');
    await page.emulateMedia({ media: 'print' });
    await page.locator('.head').waitFor({ state: 'hidden' });
    assert.ok(await page.locator('.stamp').isVisible());
    await page.goto(`${stage.base}/#/record/${record}`);
    await page.waitForSelector('main.record', { state: 'attached' });
    await page.locator('main.record').waitFor({ state: 'hidden' });
    await page.emulateMedia({ media: 'screen' });
  }],
  ['an officer without the right to the record gets no sheet', async () => {
    page = await stage.takeOver('auditor');
    await page.goto(`${stage.base}/#/print/${record}`);
    await page.waitForSelector('main .problem');
    assert.equal(await page.locator('.stamp').count(), 0);
  }],
  ['the national bureau sees what comes due, and keeps the key of the certificates', async () => {
    page = await stage.takeOver('desk');
    for (const language of ['fr', 'es', 'ar', 'en']) {
      await page.goto(`${stage.base}/#/retention`);
      await stage.speak(language);
      await page.waitForSelector('table.due');
      await stage.serious(`${language} retention`);
      await stage.picture('retention', language);
    }
    assert.match(await page.locator('table.due').innerText(), new RegExp(record));
    const [file] = await Promise.all([page.waitForEvent('download'), page.locator('button', { hasText: 'Save the key' }).click()]);
    assert.equal(file.suggestedFilename(), 'certificates.key');
  }],
  ['a frontline officer has no such page', async () => {
    page = await stage.takeOver('patrol');
    await page.goto(`${stage.base}/#/retention`);
    await page.waitForSelector('.head');
    assert.equal(await page.locator('table.due, #due').count(), 0);
    stage.isQuiet();
  }],
]);
await stage.close();
process.exit(failed ? 1 : 0);
