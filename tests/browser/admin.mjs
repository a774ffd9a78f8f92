// SPDX-License-Identifier: Apache-2.0
// The administrator's pages, by keyboard where it matters: units, officers one by one and from a list, systems, grants, measures,
// national use. What one may not do is not there; what is dangerous asks first, in words, and Enter does not do it.
import assert from 'node:assert/strict';
import { runTests } from '../server/node.mjs';
import { Person } from './person.mjs';
import { Stage } from './stage.mjs';

const stage = await Stage.open({ officers: { hub: ['--country', 'XPO', '--role', 'administrator', '--unit', 'XPO/hub'] } });
const { node } = stage;
const found = (...words) => assert.equal(node.command(['unit', 'add', ...words]).code, 0);
found('XPO/hub', '--country', 'XPO', '--name', 'Hub', '--level', 'hub');
found('UTO/ncb', '--country', 'UTO', '--name', 'Bureau of Utopia', '--level', 'national-bureau');
const admin = new Person(stage, 'o-1');
await admin.enrol((await node.call('POST', '/v1/officers', { officer: 'o-1', country: 'UTO', unit: 'UTO/ncb', role: 'administrator', invite: true })).data.secret, 1);
const page = admin.here();
const go = (part, wait) => admin.go(`admin/${part}`, wait);
const tick = (label) => page.locator('label.tick', { hasText: label }).first().click();
const press = (name) => page.getByRole('button', { name, exact: true }).click();
async function text() { // once everything asked for has come
  await page.waitForFunction(() => !document.querySelector('main.page .loading'));
  return page.locator('main.page').innerText();
}
const confirmed = async (lines) => {
  await page.waitForSelector('dialog.confirm[open]');
  const said = await page.locator('dialog.confirm').innerText();
  for (const line of lines) assert.match(said, line);
  assert.equal(await page.evaluate(() => document.activeElement.closest('dialog')?.querySelector('[data-yes]') === document.activeElement), false, 'Enter is on the way back');
  await page.locator('[data-yes]').click();
  await page.waitForSelector('dialog.confirm[open]', { state: 'detached' });
};

const units = [
  ['a unit is founded below the own one, within what that may', async () => {
    await go('units/+', 'form.desk');
    assert.equal(await page.locator('#l-country').count(), 0, 'the country is one’s own');
    await page.fill('#l-id', 'UTO/airport');
    await page.fill('#l-name', 'Airport');
    await tick('All purposes of the unit above');
    await tick('Border control');
    await tick('Criminal investigation');
    await press('Create the unit');
    await page.waitForSelector('.said-well');
    assert.match(await text(), /Border control, Criminal investigation/);
    await go('units/+', 'form.desk');
    await page.fill('#l-id', 'UTO/airport');
    await page.fill('#l-name', 'Again');
    await press('Create the unit');
    await page.waitForSelector('.problem');
    assert.match(await page.locator('.problem').innerText(), /there already/);
  }],
  ['taking a purpose away says whom it hits, and happens only when it is meant', async () => {
    await go('units/UTO/airport', '.panel .actions');
    await press('Change');
    await tick('Criminal investigation');
    await press('Save the change');
    await page.waitForSelector('dialog.confirm[open]');
    await page.keyboard.press('Enter'); // on the way back
    await page.waitForSelector('dialog.confirm[open]', { state: 'detached' });
    assert.deepEqual((await node.call('GET', '/v1/units')).data.find((u) => u.id === 'UTO/airport').purposes.length, 2);
    await press('Save the change');
    await confirmed([/No longer for: Criminal investigation/, /sessions end/]);
    await page.waitForSelector('.said-well');
    assert.deepEqual((await node.call('GET', '/v1/units')).data.find((u) => u.id === 'UTO/airport').purposes, ['border-control']);
  }],
  ['its office is entered and changed on the unit’s own page, in four languages; the roster stays', async () => {
    await go('units/UTO/airport', '[data-office]');
    await page.locator('[data-office]').press('Enter');
    await page.waitForSelector('form.office-form');
    await page.fill('#l-name', 'Airport police');
    await page.fill('#l-telephone', '+999 1 234 567');
    await page.fill('#l-hours', 'round the clock');
    await page.fill('#l-languages', 'en, fr');
    await press('Save the office');
    await page.waitForSelector('section .said-well');
    assert.match(await page.locator('p.office').innerText(), /Airport police[\s\S]*\+999 1 234 567[\s\S]*round the clock[\s\S]*en, fr/);
    const office = async () => (await node.call('GET', '/v1/offices?unit=UTO/airport', undefined, { as: 'bureau' })).data[0];
    const { record, ...seen } = (await node.call('GET', '/v1/offices?unit=UTO/airport')).data[0];
    assert.equal((await office()).record, undefined, 'who may not change it is not told which record it is');
    assert.deepEqual(await office(), seen);
    const held = await admin.ask('GET', `/v1/records/${record}`);
    assert.equal(held.status, 200, held.text);
    const duty = [{ officer: 'o-9', from: '2026-01-01T00:00:00Z', until: '2099-01-01T00:00:00Z' }];
    const roster = await admin.ask('PUT', `/v1/records/${record}`, { ...held.data.body, fields: { ...held.data.body.fields, duty } }, { headers: { 'If-Match': held.etag } });
    assert.equal(roster.status, 200, roster.text);
    for (const language of ['fr', 'es', 'ar', 'en']) {
      await stage.speak(language);
      await page.waitForSelector('[data-office], form.office-form');
      if (await page.locator('[data-office]').count()) await page.locator('[data-office]').click();
      await page.waitForSelector('form.office-form');
      await stage.serious(`${language} office`);
    }
    await page.fill('#l-hours', '06:00-22:00 UTC+1');
    await page.fill('#l-deputy', 'o-2');
    await page.fill('#l-languages', 'en, zq9');
    await press('Save the office');
    await page.waitForSelector('.office-form [aria-invalid=true], .office-form .problem');
    await page.fill('#l-languages', 'en, ar');
    await press('Save the office');
    await page.waitForSelector('section .said-well');
    const now = await office();
    assert.deepEqual([now.hours, now.deputy, now.languages, now.duty.officer], ['06:00-22:00 UTC+1', 'o-2', ['en', 'ar'], 'o-9']);
  }],
  ['the own unit is shown, and nothing to change it', async () => {
    await go('units/UTO/ncb', '.panel h2');
    assert.match(await text(), /changed by the administrator above/);
    assert.equal(await page.locator('.panel .actions button').count(), 0);
  }],
  ['the tree is found through by a word, and opens by keyboard', async () => {
    await go('units', '#unit-find');
    await page.fill('#unit-find', 'airp');
    await stage.sees(() => document.querySelectorAll('.tree li').length === 1);
    await page.fill('#unit-find', 'none such');
    await stage.sees(() => /No unit is called so/.test(document.querySelector('.tree').innerText));
    await page.fill('#unit-find', '');
    await page.locator('.tree .twist').first().focus();
    await page.keyboard.press('Enter');
    await stage.sees(() => document.querySelectorAll('.tree li').length === 1);
  }],
];

let link = '';
const officers = [
  ['an officer is entered with what it comes to under the unit; the link is shown once', async () => {
    await go('officers/+', 'form.desk');
    await page.fill('#l-officer', 'o-10');
    await page.selectOption('#l-unit', 'UTO/airport');
    await tick('Frontline officer');
    await page.locator('label.tick', { hasText: 'Criminal investigation' }).waitFor({ state: 'detached' }); // not among what the unit may
    assert.equal(await page.locator('label.tick', { hasText: /^\s*(System|Hub reviewer|Integrating system)/ }).count(), 0);
    await tick('Border control');
    await stage.sees(() => /Frontline officer[\s\S]*Border control/.test(document.querySelector('.comes')?.innerText));
    await press('Enter and give a one-time link');
    await page.waitForSelector('.once');
    link = await page.locator('.once code').innerText();
    assert.match(link, /#enrol=[\w-]{43}$/);
    await press('I have kept it');
    await page.locator('main.page', { hasText: 'invited until' }).waitFor();
    assert.ok(!(await page.content()).includes(link.split('=')[1]), 'shown once');
  }],
  ['a fault stands beside the line it is about', async () => {
    await go('officers/+', 'form.desk');
    await page.fill('#l-officer', 'not an id');
    await page.selectOption('#l-unit', 'UTO/airport');
    await tick('Frontline officer');
    await tick('Border control');
    await press('Enter and give a one-time link');
    await page.waitForSelector('#l-officer[aria-invalid=true]');
    assert.match(await page.locator('#l-officer-said').innerText(), /letters, digits/);
  }],
  ['administrator and auditor in one is said to be impossible as it is ticked', async () => {
    await tick('Administrator');
    await tick('Read the audit log');
    await page.waitForSelector('.problem[role=alert]');
  }],
  ['from a list: refused rows are shown with why, nothing is entered; then whole, with links shown once', async () => {
    await go('officers/+list', '#list-text');
    const good = 'officer;unit;country;role;purposes\no-20;UTO/airport;UTO;frontline;border-control\no-21;UTO/airport;UTO;frontline;border-control';
    await page.fill('#list-text', `${good}\no-22;UTO/airport;UTO;king;border-control\n`);
    await press('Enter the list');
    await page.waitForSelector('table.refused tbody tr');
    assert.match(await text(), /Nothing was entered/);
    assert.equal(await page.locator('table.refused tbody tr').count(), 1);
    await page.fill('#list-text', good);
    await press('Enter the list');
    await page.waitForSelector('.once');
    assert.equal(await page.locator('.once tbody tr').count(), 2);
    await page.reload();
    await page.waitForSelector('#list-text');
    assert.equal(await page.locator('.once').count(), 0);
  }],
  ['found by a part of the id; suspended, active again, removed: each says what it does first', async () => {
    await go('officers', 'table.officers');
    await page.fill('#officer-find', 'o-2');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.querySelectorAll('table.officers tbody tr').length === 2);
    await page.locator('table.officers a').first().click();
    await page.waitForSelector('.actions');
    await press('Suspend');
    await confirmed([/sessions and tokens end/, /taken back at any time/]);
    await page.getByRole('button', { name: 'Activate again' }).click();
    await page.getByRole('button', { name: 'Suspend', exact: true }).waitFor();
    await press('Remove');
    await confirmed([/destroyed/, /cannot be taken back/]);
    await page.waitForSelector('table.officers');
    assert.equal((await node.call('GET', '/v1/officers/o-20')).status, 404);
  }],
  ['nobody is offered a change to himself', async () => {
    await go('officers/o-1', 'h2');
    await page.waitForFunction(() => /Another administrator/.test(document.querySelector('main.page').innerText));
    for (const name of ['Change', 'Suspend', 'Remove']) assert.equal(await page.getByRole('button', { name, exact: true }).count(), 0, name);
  }],
  ['a system by token, told once, and by its certificate', async () => {
    await go('systems/+', 'form.desk');
    await page.fill('#l-officer', 'gates');
    await page.selectOption('#l-unit', 'UTO/airport');
    await tick('Border control');
    await press('Enter the system');
    await page.waitForSelector('.once');
    const token = await page.locator('.once code').innerText();
    assert.match(token, /^bureau_/);
    await press('I have kept it');
    await page.waitForSelector('table.credentials');
    await go('systems/+', 'form.desk');
    await page.fill('#l-officer', 'lanes');
    await page.selectOption('#l-unit', 'UTO/airport');
    await tick('Border control');
    await page.selectOption('#l-by', 'certificate');
    await page.fill('#l-certificate_key', 'short');
    await press('Enter the system');
    await page.waitForSelector('[aria-invalid=true], .problem');
    await page.fill('#l-certificate_key', 'ab'.repeat(32));
    await press('Enter the system');
    await page.waitForSelector('.said-well');
    await go('systems', 'table.officers');
    await stage.sees(() => [...document.querySelectorAll('table.officers td:first-child')].map((cell) => cell.innerText).join() === 'gates,lanes');
    await go('systems/gates', 'table.credentials');
    await page.getByRole('button', { name: /^Revoke/ }).click();
    await confirmed([/good no more/]);
    await page.waitForFunction(() => !document.querySelector('table.credentials'));
    assert.equal((await node.call('GET', '/v1/me', undefined, { as: token })).status, 401);
  }],
];

const rest = [
  ['a grant for a time is given with a reason, and ended', async () => {
    await go('grants/o-10', 'form.desk');
    await tick('Border control');
    await page.fill('#l-reason', 'short');
    await press('Give for a time');
    await page.waitForSelector('#l-reason[aria-invalid=true]');
    await page.fill('#l-reason', 'stands in for a colleague');
    await press('Give for a time');
    await page.waitForSelector('.grants .ticket');
    assert.match(await text(), /o-10[\s\S]*in force[\s\S]*stands in for a colleague/);
    await press('End now');
    await confirmed([/from this moment/]);
    await page.waitForSelector('.empty');
  }],
  ['measures: a country sees its own, the hub decides and lifts', async () => {
    await go('measures', '.tabs');
    assert.match(await text(), /None against your country/);
    assert.equal(await page.locator('form.desk').count(), 0);
    const hub = await stage.openPage();
    await stage.signIn('hub');
    await hub.goto(`${stage.base}/#/admin/measures`);
    await hub.waitForSelector('form.desk');
    await hub.fill('#l-country', 'uto');
    await hub.selectOption('#l-kind', 'read-only');
    await hub.fill('#l-reason', 'deletions not explained');
    await hub.getByRole('button', { name: 'Decide', exact: true }).click();
    await hub.waitForSelector('dialog.confirm[open]');
    assert.match(await hub.locator('dialog.confirm').innerText(), /write nothing[\s\S]*all databases[\s\S]*until it is lifted[\s\S]*with the reason/);
    await hub.locator('[data-yes]').click();
    await hub.waitForSelector('table.measures');
    assert.equal(await hub.locator('a[href="#/admin/units/+"]').count(), 0, 'another tab');
    admin.here();
    await page.reload();
    await page.waitForSelector('table.measures');
    assert.match(await text(), /Reads only[\s\S]*deletions not explained/);
    await hub.getByRole('button', { name: /^Lift/ }).click();
    await hub.locator('[data-yes]').click();
    await hub.waitForSelector('tr.gone, .empty');
    await hub.context().close();
    admin.here();
  }],
  ['national use is counted, and names nobody', async () => {
    await node.call('POST', '/v1/search', { text: 'Zoltrana Quimbydor', purpose: 'investigate' }, { as: 'bureau' });
    await go('use', '.plot');
    assert.match(await text(), /NOTHING FOUND\s+1/);
    assert.ok(!/Zoltrana|bureau\b.*officer/.test(await text()));
  }],
  ['a unit that is closed takes its officers along, and says how many', async () => {
    await go('units/UTO/airport', '.panel .actions');
    await press('Close the unit');
    await page.waitForFunction(() => /: [1-9]/.test(document.querySelector('dialog.confirm')?.innerText || ''));
    await confirmed([/Officers who can do nothing here/, /cannot be opened again/]);
    await page.waitForSelector('.said-well');
    assert.equal((await node.call('GET', '/v1/me', undefined, { as: 'patrol' })).status, 200);
    assert.ok(!(await node.call('GET', '/v1/units')).data.some((u) => u.id === 'UTO/airport'));
  }],
  ['no error in the page, no other host', () => {
    stage.isQuiet();
  }],
];

const failed = await runTests('admin', [...units, ...officers, ...rest]);
await stage.close();
process.exit(failed ? 1 : 0);
