// SPDX-License-Identifier: Apache-2.0
// A masked hit, from the finder's question to the outcome, between officers of two countries at two computers; nothing here names a
// database, a kind of ticket or a state: moves and fields come with the ticket.
import assert from 'node:assert/strict';
import { completed, runTests } from '../server/node.mjs';
import { Stage } from './stage.mjs';

const stage = await Stage.open({ officers: {
  gate: ['--country', 'FRA', '--role', 'frontline', '--unit', 'FRA/gate', '--purpose', 'border-control'],
  other: ['--country', 'ZZZ', '--role', 'national-bureau', '--unit', 'ZZZ/ncb', '--purpose', 'border-control'],
  night: ['--country', 'UTO', '--role', 'national-bureau', '--unit', 'UTO/ncb', '--purpose', 'border-control'],
  owner: ['--country', 'UTO', '--role', 'national-bureau', '--unit', 'UTO/ncb', '--may', 'write', '--purpose', 'border-control', '--purpose', 'investigate'],
} });
const { node } = stage;
const documents = stage.database('document-class');
const number = 'L898902C3';
let record = '';
let ticket = '';
let asked = 0; // when
let finder;
let owner;

async function prepare() {
  const fields = {};
  for (const [meaning, value] of [['document-class', 'travel'], ['document-type', 'passport'], ['issuer', 'UTO'], ['document-number', number], ['fraud-kind', 'stolen'], ['theft-country', 'UTO']])
    fields[documents.fields.find((f) => f.meaning === meaning).name] = value;
  const body = completed({ fields });
  body.envelope = { ...body.envelope, disclose: 'masked', review_on: new Date(Date.now() + 20 * 86400e3).toISOString().slice(0, 10) };
  const made = await node.call('POST', `/v1/records/${documents.name}`, body, { as: 'owner' });
  assert.equal(made.status, 201, made.text);
  record = made.data.id;
}

// Fills what the form asks for: the first code of a list, words, a time.
async function fillForm(page) {
  await page.waitForSelector('form.ticket-form');
  for (const control of await page.locator('form.ticket-form .field [aria-required=true]').all()) {
    const tag = await control.evaluate((e) => e.tagName);
    if (tag === 'SELECT') await control.selectOption({ index: 1 });
    else await control.fill('As described; the face agrees.');
  }
}
const state = (page) => page.getAttribute('main.ticket-page', 'data-state');
async function move(page, index = 0) {
  const before = await state(page);
  const button = page.locator('.moves button').nth(index);
  const to = await button.getAttribute('data-move');
  await button.focus();
  await page.keyboard.press('Enter');
  const form = page.locator('form.ticket-form');
  await page.waitForFunction((old) => document.querySelector('form.ticket-form') || document.querySelector('main.ticket-page').dataset.state !== old, before);
  if (await form.count()) {
    await fillForm(page);
    await form.locator('button.primary').press('Enter');
  }
  await page.waitForFunction((wanted) => document.querySelector('main.ticket-page')?.dataset.state === wanted, to);
}

const asking = [
  ['the finder sees a masked hit and asks the owner from its card', async () => {
    await prepare();
    await stage.signIn('gate');
    finder = stage.page;
    owner = await stage.beside('owner');
    assert.equal(await stage.ask(number), 'match');
    const link = finder.locator('.card a.confirm');
    await link.focus();
    await finder.keyboard.press('Enter');
    await finder.waitForSelector('form.ticket-form');
    assert.match(await finder.locator('main.page h1').innerText(), new RegExp(`UTO[\\s\\S]*${record}`));
    await finder.locator('form.ticket-form button.primary').press('Enter');
    await finder.waitForSelector('main.page .problem, form.ticket-form [aria-invalid=true]');
    assert.match(finder.url(), /#\/ask\//, 'nothing was asked without what is needed');
    await fillForm(finder);
    await finder.locator('input[type=datetime-local]').first().fill(new Date(Date.now() - 3600e3).toISOString().slice(0, 16));
    asked = Date.now();
    await finder.locator('form.ticket-form button.primary').press('Enter');
    await finder.waitForURL(/#\/tickets\//);
    await finder.waitForSelector('main.ticket-page');
    ticket = decodeURIComponent(finder.url().split('/').pop());
  }],
  ['both clocks run: the owner’s answer, and how long the finder holds', async () => {
    const clock = finder.locator('main.page .clock').first();
    const before = Number(await clock.getAttribute('data-left'));
    assert.ok(before <= 600 && before >= 597 - (Date.now() - asked) / 1000, `${before} of 600 seconds`);
    await finder.waitForFunction((old) => Number(document.querySelector('main.page .clock').dataset.left) <= old - 2, before);
    assert.match(await finder.locator('.limit').innerText(), /\d+:\d\d/);
  }],
  ['it rings at the owner’s desk, without a key being pressed; the sound is for who switches it on', async () => {
    await owner.waitForSelector('.alarms');
    assert.match(await owner.locator('.alarms').innerText(), /FRA → UTO/);
    assert.equal(await owner.locator('.alarms').getAttribute('data-sound'), 'off');
    await owner.locator('.alarms [data-sound-button]').press('Enter');
    assert.equal(await owner.locator('.alarms').getAttribute('data-sound'), 'on');
    assert.equal(await finder.locator('.alarms').count(), 0, 'not at the finder’s');
    assert.doesNotMatch(await owner.locator('.alarms').innerText(), new RegExp(number));
  }],
];

const answering = [
  ['the owner finds it on the desk, acknowledges, and the alarm ends', async () => {
    await owner.goto(`${stage.base}/#/owner`);
    await owner.locator('.tickets .ticket.yours a.name').focus();
    await owner.keyboard.press('Enter');
    await owner.waitForSelector('main.ticket-page');
    await move(owner);
    await owner.waitForSelector('.alarms', { state: 'detached' });
  }],
  ['the owner confirms; the finder’s page says so by itself', async () => {
    await move(owner);
    const now = await state(owner);
    await finder.waitForFunction((wanted) => document.querySelector('main.ticket-page')?.dataset.state === wanted, now);
    assert.match(await finder.locator('main.ticket-page').innerText(), /As described; the face agrees/);
  }],
  ['the finder tells the outcome, the owner closes, and both lists say so', async () => {
    await move(finder);
    await owner.waitForFunction((wanted) => document.querySelector('main.ticket-page')?.dataset.state === wanted, await state(finder));
    await move(owner);
    for (const page of [finder, owner]) {
      await page.goto(`${stage.base}/#/tickets/closed`);
      await page.waitForSelector('.tickets .ticket');
      assert.match(await page.locator('.tickets').innerText(), new RegExp(ticket));
    }
    const officers = await finder.evaluate(() => document.body.innerText);
    assert.doesNotMatch(officers, /\bowner\b(?!’)/, 'officers of the other side stay unnamed');
  }],
  ['the owner sees how it answers, and who was shown the record: country, role, purpose, day; no person, no minute', async () => {
    await owner.goto(`${stage.base}/#/owner`);
    await owner.waitForSelector('.figures');
    assert.equal(await owner.locator('.figures [data-figure=confirmed]').first().innerText(), '1');
    await owner.fill('#asked-record', record);
    await owner.keyboard.press('Enter');
    await owner.waitForSelector('table.asked-by tbody tr');
    await owner.waitForFunction(() => /Frontline officer[\s\S]*Border control/.test(document.querySelector('table.asked-by').innerText));
    const said = await owner.locator('table.asked-by').innerText();
    assert.match(said, /FRA[\s\S]*Frontline officer[\s\S]*Border control/);
    assert.doesNotMatch(said, /FRA.gate|\d\d:\d\d/);
    assert.doesNotMatch((await node.call('GET', `/v1/records/${record}/shown`, undefined, { as: 'owner' })).text, /FRA.gate|"gate"|reference|time|receipt/);
  }],
  ['records whose day comes are on the desk', async () => {
    assert.match(await owner.locator('table.due').innerText(), new RegExp(record));
  }],
];

// The same question once more, over the network: what the officers do with it is tested above.
async function askAgain() {
  const headers = { 'Bureau-Purpose': 'border-control' };
  const { data } = await node.call('POST', '/v1/search', { text: number, purpose: 'border-control' }, { as: 'gate' });
  const [kind] = (await node.call('GET', '/v1/tickets/kinds', undefined, { as: 'gate', headers })).data;
  const fields = {};
  for (const field of kind.needs) fields[field.name] = field.list ? (await node.call('GET', `/v1/codes/${field.list}`, undefined, { as: 'gate' })).data.codes[0].code : 'words';
  const opened = await node.call('POST', '/v1/tickets', { kind: kind.kind, record, receipt: data.receipt, fields }, { as: 'gate', headers });
  assert.equal(opened.status, 201, opened.text);
  return opened.data.id;
}
let night;

const shifts = [
  ['one key acknowledges what rings, on whatever page the officer is', async () => {
    const id = await askAgain();
    await owner.goto(`${stage.base}/#/owner`);
    await owner.waitForSelector('.alarms');
    await owner.locator('h1').first().click();
    await owner.keyboard.press('q');
    await owner.waitForSelector('.alarms', { state: 'detached' });
    assert.notEqual((await node.call('GET', `/v1/tickets/${id}`, undefined, { as: 'owner' })).data.alarm, true);
  }],
  ['the desk is handed over: not without a taker for what is urgent', async () => {
    await owner.goto(`${stage.base}/#/tickets/handover`);
    await owner.waitForSelector('form.handover[data-signing=leave] table');
    await owner.locator('form.handover button.primary').press('Enter');
    await owner.waitForSelector('form.handover .problem');
    assert.match(await owner.locator('form.handover .problem').innerText(), /1 urgent ticket has no taker/);
    await owner.locator('form.handover select').first().selectOption('night');
    await owner.fill('#handover-note', 'One question of FRA is being looked at.');
    await owner.locator('form.handover button.primary').press('Enter');
    await owner.waitForSelector('[data-signed]');
    assert.match(await owner.locator('form.handover').innerText(), /owner has left this desk/);
  }],
  ['the coming officer signs the same list', async () => {
    night = await stage.beside('night');
    await night.goto(`${stage.base}/#/tickets/handover`);
    await night.waitForSelector('form.handover[data-signing=take] table');
    const said = await night.locator('form.handover').innerText();
    assert.match(said, /owner has left[\s\S]*One question of FRA/);
    assert.match(said, /night/);
    await night.locator('form.handover button.primary').press('Enter');
    await night.waitForSelector('form.handover[data-signing=leave]');
    assert.match(await night.locator('form.handover').innerText(), /owner left[\s\S]*night took over/);
    stage.at(night);
    for (const language of ['fr', 'es', 'ar', 'en']) {
      await night.goto(`${stage.base}/#/search`);
      await stage.speak(language);
      await night.goto(`${stage.base}/#/tickets/handover`);
      await night.waitForSelector('form.handover table');
      await stage.serious(`${language} handover`);
      await stage.picture('handover', language);
    }
    await night.context().close();
    stage.at(finder);
  }],
];

const others = [
  ['nobody else knows of it: not the ticket, not who asked', async () => {
    const third = await stage.beside('other');
    await third.goto(`${stage.base}/#/tickets/${ticket}`);
    await third.waitForSelector('main.page .problem');
    assert.equal(await third.locator('main.ticket-page').count(), 0);
    assert.doesNotMatch(await third.evaluate(() => document.body.innerText), /\bFRA\b|UTO\/ncb/);
    await third.goto(`${stage.base}/#/tickets/closed`);
    await third.waitForFunction(() => /Nothing is open/.test(document.body.innerText));
    for (const as of ['other', 'gate']) assert.notEqual((await node.call('GET', `/v1/records/${record}/shown`, undefined, { as, headers: { 'Bureau-Purpose': 'border-control' } })).status, 200, as);
    await third.context().close();
    assert.equal(await finder.locator('a[href="#/owner"]').count(), 0, 'a frontline officer has no owner’s desk');
  }],
  ['four languages, each page: no serious fault, nothing wider than a phone', async () => {
    await node.call('POST', '/v1/search', { text: number, purpose: 'border-control' }, { as: 'gate' });
    for (const [page, views] of [[owner, [['owner', 'table.due'], ['tickets', 'p.quiet'], [`tickets/${ticket}`, '.history']]], [finder, [['tickets/closed', '.ticket']]]]) {
      stage.at(page);
      for (const language of ['fr', 'es', 'ar', 'en']) {
        await page.goto(`${stage.base}/#/search`);
        await stage.speak(language);
        for (const [view, wait] of views) {
          await page.goto(`${stage.base}/#/${view}`);
          await page.waitForSelector(`main.page ${wait}`);
          await stage.serious(`${language} ${view}`);
          await stage.picture(view.replace(/\/.*/, view.includes(ticket) ? '-one' : ''), language);
        }
      }
    }
    stage.isQuiet();
  }],
];

const failed = await runTests('tickets', [...asking, ...answering, ...others, ...shifts]);
await stage.close();
process.exit(failed ? 1 : 0);
