// SPDX-License-Identifier: Apache-2.0
// The record desk by keyboard alone: from an empty form to a saved record, found by the next search; photographs, drafts,
// duplicates, a machine-readable zone, and what an owner does later.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { runTests } from '../server/node.mjs';
import { Stage, zone } from './stage.mjs';

const stage = await Stage.open();
let { page } = stage;
const { node } = stage;
const documents = stage.database('document-class');
const persons = stage.database('name', 'birth-date', 'person-status');
const files = mkdtempSync(join(tmpdir(), 'desk-'));

// A small picture: a grey oval on white, as PNG.
function picture(path, width = 240, height = 320) {
  const table = Array.from({ length: 256 }, (_, n) => { let c = n; for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1; return c >>> 0; });
  const crc = (bytes) => { let c = 0xffffffff; for (const b of bytes) c = table[(c ^ b) & 255] ^ (c >>> 8); return (c ^ 0xffffffff) >>> 0; };
  const chunk = (name, data) => {
    const body = Buffer.concat([Buffer.from(name), data]);
    const out = Buffer.alloc(8 + body.length);
    out.writeUInt32BE(data.length, 0); body.copy(out, 4); out.writeUInt32BE(crc(body), 4 + body.length);
    return out;
  };
  const rows = Buffer.alloc((width + 1) * height, 255);
  for (let y = 0; y < height; y++) {
    rows[y * (width + 1)] = 0;
    for (let x = 0; x < width; x++) if (((x - width / 2) / 80) ** 2 + ((y - height / 2) / 110) ** 2 < 1) rows[y * (width + 1) + 1 + x] = 120;
  }
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0); head.writeUInt32BE(height, 4); head.set([8, 0, 0, 0, 0], 8);
  writeFileSync(path, Buffer.concat([Buffer.from([0x89, 80, 78, 71, 13, 10, 26, 10]), chunk('IHDR', head), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))]));
  return path;
}

const openForm = async (definition) => {
  await page.goto(`${stage.base}/#/search`);
  await page.goto(`${stage.base}/#/desk/${definition.name}`);
  await page.waitForSelector('form.desk');
};
const saved = () => page.waitForURL(/#\/record\//);
const search = async (text) => { await page.goto(`${stage.base}/#/search`); return stage.ask(text); };

// Presses Tab until the focus is on the field of this meaning; then types, or chooses by typing.
async function tabTo(definition, meaning) {
  const id = await stage.control(definition, meaning).getAttribute('id');
  for (let i = 0; i < 80; i++) {
    if (await page.evaluate(() => document.activeElement?.id) === id) return;
    await page.keyboard.press('Tab');
  }
  assert.fail(`${id} is not reached by the keyboard`);
}

const entering = [
  ['a stolen passport, keyboard only: n, the kind, the fields, Ctrl+S; the next search finds it', async () => {
    await stage.signIn();
    await page.evaluate(() => document.activeElement.blur());
    await page.keyboard.press('n');
    await page.waitForSelector('.kinds a');
    for (let i = 0; i < 40 && !(await page.evaluate(() => document.activeElement?.hash || '')).endsWith(`/${documents.name}`); i++) await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.waitForSelector('form.desk');
    assert.equal(await page.locator('[aria-invalid=true]').count(), 0, 'an empty form accuses nobody');
    await tabTo(documents, 'document-class');
    await page.keyboard.type('Travel');
    await tabTo(documents, 'document-type');
    await page.keyboard.type('passport');
    await tabTo(documents, 'issuer');
    await page.keyboard.type('UTO');
    await tabTo(documents, 'document-number');
    await page.keyboard.type('X1234567');
    await tabTo(documents, 'fraud-kind');
    await page.keyboard.type('Stolen');
    await tabTo(documents, 'theft-country');
    await page.keyboard.type('UTO');
    await page.keyboard.press('Control+s');
    await saved();
    await page.waitForSelector('.said-well');
    assert.equal(await search('x1234567'), 'match');
    assert.match(await page.locator('.card h3').first().innerText(), /X1234567/);
  }],
  ['silent notification is ticked with its legal basis, in four languages; without one it is refused where it stands', async () => {
    await openForm(documents);
    for (const [meaning, value] of [['document-class', 'travel'], ['document-type', 'passport'], ['issuer', 'UTO'], ['document-number', 'X7654321'], ['fraud-kind', 'stolen'], ['theft-country', 'UTO']])
      await stage.put(documents, meaning, value);
    const place = page.locator('details.envelope').last();
    for (const [language, words] of [['fr', 'Signalement discret'], ['es', 'Aviso silencioso'], ['ar', 'إخطار صامت'], ['en', 'Silent notification']]) {
      await stage.speak(language);
      if (!await place.evaluate((one) => one.open)) await place.locator('summary').click();
      await place.getByText(words, { exact: true }).waitFor();
      await stage.serious(`${language} silent notification`);
    }
    assert.equal(await page.locator('#e-legal_basis').count(), 0);
    await page.focus('#e-notify');
    await page.keyboard.press('Space');
    await page.waitForSelector('#e-legal_basis');
    await page.keyboard.press('Control+s');
    await page.waitForSelector('#e-legal_basis[aria-invalid=true]');
    await page.fill('#e-legal_basis', 'Act 7, section 3');
    await page.waitForSelector('#e-legal_basis[aria-invalid=false]');
    await page.keyboard.press('Control+s');
    await saved();
    await page.waitForSelector('.said-well');
    const id = decodeURIComponent(page.url().split('/').pop());
    const { envelope } = (await node.call('GET', `/v1/records/${id}`, undefined, { as: 'desk' })).data.body;
    assert.deepEqual([envelope.notify, envelope.legal_basis], ['silent', 'Act 7, section 3']);
  }],
  ['what is missing is said when saving is tried, and the focus goes there', async () => {
    await openForm(documents);
    await page.keyboard.press('Control+s');
    await page.waitForSelector('[aria-invalid=true]');
    await stage.sees(() => document.activeElement.getAttribute('aria-invalid') === 'true');
    assert.match(await page.locator('.bottom').innerText(), /to correct: \d/);
  }],
  ['faults are named while typing, in the row they are in', async () => {
    await openForm(persons);
    await stage.put(persons, 'name', 'Marta Vidal');
    await stage.put(persons, 'birth-date', '1974-13-40');
    const at = stage.control(persons, 'birth-date');
    await page.waitForFunction((id) => document.getElementById(id).getAttribute('aria-invalid') === 'true', await at.getAttribute('id'));
    const said = await page.locator(`[id="${await at.getAttribute('aria-describedby')}"]`).innerText();
    assert.match(said, /no such (day|month)|1974/);
    await at.fill('1974-08-12');
    await page.waitForFunction((id) => document.getElementById(id).getAttribute('aria-invalid') !== 'true', await at.getAttribute('id'));
  }],
  ['a machine-readable zone read into the form fills it, two lines with Enter after each', async () => {
    await page.evaluate(() => localStorage.clear());
    await openForm(documents);
    await page.locator('details.zone summary').click();
    await page.focus('#zone');
    for (const line of zone) { await page.keyboard.type(line); await page.keyboard.press('Enter'); }
    await page.waitForFunction((id) => document.getElementById(id).value === 'L898902C3', await stage.control(documents, 'document-number').getAttribute('id'));
    assert.match(await page.locator('details.zone [role=status]').innerText(), /fields filled/);
  }],
  ['a missing person with a photograph by hand: the thumbnail is in the next answer', async () => {
    await page.evaluate(() => localStorage.clear());
    await openForm(persons);
    await stage.put(persons, 'person-status', 'missing');
    await stage.put(persons, 'name', 'Quillon Abernathy');
    await stage.put(persons, 'birth-date', '2011-05-03');
    await page.locator('.photographs input[type=file]').setInputFiles(picture(join(files, 'face.png')));
    await page.waitForSelector('.photographs img');
    await page.keyboard.press('Control+s');
    await saved();
    await page.waitForSelector('.record .photo');
    assert.notEqual(await search('Quillon Abernathy 2011-05-03'), 'nothing-found');
    const photo = page.locator('.card img.photo').first();
    await photo.waitFor();
    assert.ok(await photo.evaluate((img) => img.decode().then(() => img.naturalWidth > 20)));
    assert.match(await page.locator('.card').first().innerText(), /Abernathy/);
  }],
  ['the same person again: the possible duplicate is shown before saving', async () => {
    await openForm(persons);
    await stage.put(persons, 'person-status', 'missing');
    await stage.put(persons, 'name', 'Abernathy, Quillon');
    await stage.put(persons, 'birth-date', '2011-05-03');
    await page.waitForSelector('.duplicates .card');
    assert.match(await page.locator('.duplicates').innerText(), /Abernathy/);
    await page.locator('.bottom button.link').last().click(); // the draft is discarded
  }],
  ['a draft outlives a closed browser, and is gone when it was discarded', async () => {
    await openForm(documents);
    await stage.put(documents, 'document-number', 'DRAFT0001');
    const state = await stage.context.storageState();
    await stage.context.close();
    page = await stage.openPage({ storageState: state });
    await stage.signIn();
    await openForm(documents);
    assert.equal(await stage.control(documents, 'document-number').inputValue(), 'DRAFT0001');
    await page.locator('.bottom button.link').last().click();
    await openForm(documents);
    assert.equal(await stage.control(documents, 'document-number').inputValue(), '');
  }],
];

const later = [
  ['an owner corrects a record: a new version, the old one can be looked at', async () => {
    await search('X1234567');
    await page.locator('.card .foot a').first().click();
    await page.waitForSelector('.actions');
    await page.locator('.actions a').click();
    await page.waitForSelector('form.desk');
    await stage.put(documents, 'document-number', 'X1234568');
    await page.keyboard.press('Control+s');
    await saved();
    await page.waitForFunction(() => document.querySelectorAll('table.history tbody tr').length === 2);
    await page.locator('table.history button', { hasText: 'version 1' }).click();
    await page.waitForSelector('p.old');
    assert.match(await page.locator('main.record h1').innerText(), /X1234567/);
    assert.equal(await page.locator('.actions').count(), 0, 'an old version is not acted upon');
    assert.equal(await search('X1234567'), 'nothing-found');
    assert.equal(await search('X1234568'), 'match');
  }],
  ['extended, suspended, active again, withdrawn: each is a step of its history', async () => {
    await page.locator('.card .foot a').first().click();
    await page.waitForSelector('.actions');
    const path = `/v1/records/${page.url().split('/').pop()}`;
    const press = async (index) => { await page.locator('.actions').locator('a, button').nth(index).click(); };
    await press(1);
    await page.waitForSelector('.problem');
    assert.match(await page.locator('.problem').innerText(), /later than the rules of this database allow/);
    const { data, headers } = await node.call('GET', path, undefined, { as: 'desk' });
    data.body.envelope.review_on = new Date(Date.now() + 90 * 86400e3).toISOString().slice(0, 10);
    assert.equal((await node.call('PUT', path, data.body, { as: 'desk', headers: { 'If-Match': headers.get('etag') } })).status, 200);
    await page.reload();
    await page.waitForSelector('table.history tbody tr');
    const steps = await page.locator('table.history tbody tr').count();
    const after = (count) => stage.sees((n) => document.querySelectorAll('table.history tbody tr').length === n, steps + count);
    await press(1);
    await page.waitForSelector('.said-well');
    await after(1);
    await press(2);
    await after(2);
    assert.match(await page.locator('table.history tbody tr').first().innerText(), /suspended/);
    await press(2);
    await after(3);
    await press(3);
    await page.waitForSelector('.problem');
    assert.match(await page.locator('.problem').innerText(), /destroyed/);
    assert.equal(await search('X1234568'), 'nothing-found');
  }],
  ['nobody else may: an officer of the border reads the record, and is offered nothing to change', async () => {
    const body = { envelope: { owner: 'UTO', unit: 'UTO/ncb', purposes: ['border-control'], review_on: new Date(Date.now() + 3e10).toISOString().slice(0, 10) }, fields: {} };
    for (const [meaning, value] of [['document-class', 'travel'], ['document-type', 'passport'], ['issuer', 'UTO'], ['document-number', 'P7654321'], ['fraud-kind', 'stolen'], ['theft-country', 'UTO']])
      body.fields[documents.fields.find((f) => f.meaning === meaning).name] = value;
    assert.equal((await node.call('POST', `/v1/records/${documents.name}`, body)).status, 201);
    await stage.context.close();
    page = await stage.openPage();
    await stage.signIn('patrol');
    assert.equal(await search('P7654321'), 'match');
    await page.locator('.card .foot a').first().click();
    await page.waitForSelector('main.record h1');
    assert.equal(await page.locator('.actions').count(), 0);
  }],
  ['no error in the page, no other host', async () => {
    stage.isQuiet();
  }],
];

const failed = await runTests('desk', [...entering, ...later]);
await stage.close();
rmSync(files, { recursive: true, force: true });
process.exit(failed ? 1 : 0);
