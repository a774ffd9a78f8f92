// SPDX-License-Identifier: Apache-2.0
// Six people of two countries, each at a computer of his own, signed in by himself, on one node: a record for one country alone; a
// masked hit, asked, confirmed and closed under its clocks; the owner who sees that somebody asked; the auditor who finds one changed
// byte; a record whose day comes, and its certificate. Nothing here names a database, a kind of ticket or a state.
// With SHOTS=DIR each scene leaves a picture there.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ahead } from '../server/clock.mjs';
import { command, eventually, runTests, startServer } from '../server/node.mjs';
import { Person } from './person.mjs';
import { Stage } from './stage.mjs';

const DAYS = 45;
const clock = { ahead: 0 };
const stage = await Stage.open();
const { node } = stage;
const files = mkdtempSync(join(tmpdir(), 'story-'));
const persons = stage.database('name', 'birth-date', 'person-status');
const documents = stage.database('document-class');
const day = (days) => new Date(Date.now() + days * 86400e3).toISOString().slice(0, 10);

const people = {
  gate: ['FRA', 'FRA/gate', 'frontline', 'border-control'],
  brigade: ['FRA', 'FRA/brigade', 'investigator', 'investigate'],
  paris: ['FRA', 'FRA/ncb', 'national-bureau', 'investigate', 'border-control', 'hit-confirmation', '+write'],
  owner: ['UTO', 'UTO/ncb', 'national-bureau', 'investigate', 'border-control', 'hit-confirmation', '+write'],
  controller: ['FRA', 'FRA/audit', 'auditor', 'audit', '+audit'],
  protector: ['UTO', 'UTO/dpo', 'data-protection', 'data-protection'],
};
const [gate, brigade, paris, owner, controller, protector] = Object.keys(people).map((id) => new Person(stage, id, clock));
const everybody = [gate, brigade, paris, owner, controller, protector];

const hidden = { name: 'Ottoline Vantongeren', born: '1971-03-09', number: 'FX8810273', ref: 'affaire-4711', note: 'seen with the harbour crew' };
const masked = { number: 'L898902C3' };
let record = ''; // of FRA, for FRA alone
let alert = ''; // of UTO, masked
let ticket = '';
let asked = 0; // when
let expiring = '';

async function shot(person, name) {
  if (process.env.SHOTS) await person.page.screenshot({ path: join(process.env.SHOTS, `${name}.png`), fullPage: true });
}
const textOf = (person) => person.page.evaluate(() => document.body.innerText);
async function download(person, click) {
  const [file] = await Promise.all([person.page.waitForEvent('download'), click()]);
  const path = join(files, file.suggestedFilename());
  await file.saveAs(path);
  return path;
}

// ---- everybody signs in, and finds what is his, and nothing else ----

async function invite([id, [country, unit, role, ...rights]]) {
  const options = rights.flatMap((right) => (right[0] === '+' ? ['--may', right.slice(1)] : ['--purpose', right]));
  const made = node.command(['officer', 'add', id, '--country', country, '--unit', unit, '--role', role, ...options, '--invite', '--json']);
  assert.equal(made.code, 0, made.err);
  return made.json.secret;
}
const watched = ['search', 'audit', 'owner', 'retention', 'oversight', 'admin']; // of others a page may have more
const pages = {
  gate: ['search', 'tickets', 'mine'], brigade: ['search', 'tickets', 'mine', 'owner'],
  paris: ['search', 'tickets', 'mine', 'owner', 'retention', 'oversight'], owner: ['search', 'tickets', 'mine', 'owner', 'retention', 'oversight'],
  controller: ['audit', 'tickets', 'mine', 'retention', 'oversight'], protector: ['search', 'audit', 'tickets', 'mine', 'owner', 'retention', 'oversight'],
};
const refused = [
  ['GET', '/v1/audit', 'gate brigade paris owner'], ['GET', '/v1/audit/verify', 'gate brigade paris owner'],
  ['GET', '/v1/export?owner=FRA', 'gate brigade owner controller protector'], ['GET', '/v1/export?owner=UTO', 'gate brigade paris controller protector'],
  ['GET', '/v1/feed', 'gate brigade controller protector'], ['GET', '/v1/due?owner=FRA', 'gate owner protector'], ['GET', '/v1/due?owner=UTO', 'gate brigade paris controller'],
  ['GET', '/v1/certificates?owner=UTO', 'gate brigade paris controller'], ['POST', '/v1/search', 'controller', { text: hidden.number, purpose: 'audit' }],
  ['POST', '/v1/officers', 'gate brigade paris owner controller protector', { officer: 'x-1', country: 'FRA', unit: 'FRA/gate', role: 'frontline' }],
  ['POST', '/v1/index/merge', 'gate brigade paris owner controller protector', {}],
];

const signing = [
  ['each enrols by his own link, signs out, and signs in with password and one-time code', async () => {
    for (const entry of Object.entries(people)) {
      const person = everybody.find((one) => one.id === entry[0]);
      await person.enrol(await invite(entry));
      await person.signOut();
      await shot(person, `sign-in-${person.id}`);
      await person.signIn();
      assert.equal((await person.ask('GET', '/v1/me')).data.officer, person.id);
    }
  }],
  ['each has his own pages, begins at his own, and is offered nothing else', async () => {
    for (const person of everybody) {
      const views = await person.views();
      assert.equal(views[0], pages[person.id][0], `${person.id} begins there`);
      for (const view of pages[person.id]) assert.ok(views.includes(view), `${person.id} has no ${view}`);
      for (const view of watched) assert.ok(pages[person.id].includes(view) || !views.includes(view), `${person.id} is offered ${view}`);
      assert.equal(await person.page.locator('header.head a[href="#/desk"]').count(), people[person.id].includes('+write') ? 1 : 0, `${person.id} is offered a new record`);
      for (const view of ['audit', 'owner', 'retention', 'admin'].filter((one) => !pages[person.id].includes(one))) {
        await person.go(view, '.head');
        await person.page.locator('main.page').first().waitFor({ state: 'detached' }); // also if the one before was
      }
    }
  }],
  ['the node refuses besides, whatever a page would offer', async () => {
    for (const [method, path, who, body] of refused)
      for (const id of who.split(' ')) {
        const reply = await everybody.find((one) => one.id === id).ask(method, path, body);
        assert.ok([403, 404].includes(reply.status), `${id}: ${method} ${path}: ${reply.status} ${reply.text.slice(0, 200)}`);
      }
  }],
];

// ---- a record for one country ----

// Whatever a national bureau of another country can ask; what differs by the minute is left out.
const plain = (text) => text.replace(/"(receipt|as_of|took_us|took|next|feed)":("[^"]*"|\d+),?/g, '');
async function doors(person, id) {
  const kinds = (await person.ask('GET', '/v1/tickets/kinds')).data;
  const near = `${hidden.number.slice(0, -1)}4`;
  const body = { envelope: { owner: 'UTO', unit: 'UTO/ncb', purposes: ['investigate'], review_on: day(300) }, fields: {} };
  const asked = [
    ['POST', '/v1/search', { text: hidden.number, purpose: 'investigate', similar: 'yes' }], ['POST', '/v1/search', { text: near, purpose: 'investigate', similar: 'yes' }],
    ['POST', '/v1/search', { fields: { name: hidden.name, 'birth-date': hidden.born }, purpose: 'investigate' }], ['POST', '/v1/search', { fields: { name: 'Ottoline Vantongeren' }, purpose: 'border-control', form: 'brief' }],
    ['POST', '/v1/search/batch', { text: hidden.number, purpose: 'investigate' }], ['POST', '/v1/recognise', { text: hidden.number }], ['POST', '/v1/recognise', { text: hidden.name }],
    ['POST', `/v1/records/${persons.name}/check`, body], ['GET', '/v1/databases?fields=no'], ['GET', '/v1/export?owner=UTO'], ['GET', '/v1/export?owner=FRA'], ['GET', '/v1/feed'],
    ['GET', `/v1/records/${id}`], ['GET', `/v1/records/${id}/history`], ['GET', `/v1/records/${id}/shown`], ['GET', `/v1/certificates/${id}`], ['GET', `/v1/references/${persons.name}:FRA/${hidden.ref}`],
    ['POST', '/v1/tickets', { kind: kinds[0].kind, record: id, receipt: '7K3M-9QXR', fields: {} }], ['POST', '/v1/policy/explain', { record: id }],
    ['PUT', `/v1/records/${id}`, body], ['DELETE', `/v1/records/${id}`], ['POST', `/v1/records/${id}/state`, { state: 'suspended', reason: 'x' }], ['POST', `/v1/records/${id}/extend`, { review_on: day(400), reason: 'x' }],
    ['GET', '/v1/due'], ['GET', '/v1/tickets?open=all'], ['GET', '/v1/tickets/figures'], ['GET', '/v1/standing'], ['GET', '/v1/imports'],
  ];
  const said = {};
  for (const [method, path, sent] of asked) {
    const reply = await person.ask(method, path, sent, { headers: { 'If-Match': '"1"' } });
    said[`${method} ${path.replace(id, 'ID')} ${JSON.stringify(sent ?? '').replaceAll(id, 'ID')}`] = `${reply.status} ${plain(reply.text).replaceAll(id, 'ID')}`;
  }
  return said;
}
let before;
let neverGiven = ''; // a number of this node that no record has

async function enter(person, definition, values, envelope) {
  person.here();
  await person.page.evaluate(() => localStorage.clear());
  await person.go('search');
  await person.go(`desk/${definition.name}`, 'form.desk');
  for (const [meaning, value] of values) {
    const at = stage.control(definition, meaning);
    if (!await at.count()) await openGroup(person, definition, meaning);
    await stage.put(definition, meaning, value);
  }
  await person.page.locator('details.envelope summary').last().click();
  for (const [name, value] of Object.entries(envelope)) {
    const at = person.page.locator(`#e-${name}`);
    if (await at.evaluate((e) => e.tagName) === 'SELECT') await at.selectOption(value);
    else await at.fill(value);
  }
}
// What may be given several times is a button until it is wanted.
async function openGroup(person, definition, meaning) {
  const group = definition.fields.find((f) => f.meaning === meaning || f.fields?.some((part) => part.meaning === meaning));
  await person.page.locator('button.more', { hasText: group.title.en }).click();
}
async function saved(person) {
  await person.page.keyboard.press('Control+s');
  await person.page.waitForURL(/#\/record\//);
  await person.page.waitForSelector('main.record h1');
  return decodeURIComponent(person.page.url().split('/').pop());
}

const passport = [['document-class', 'travel'], ['document-type', 'passport'], ['issuer', 'UTO'], ['document-number', masked.number], ['fraud-kind', 'stolen'], ['theft-country', 'UTO']];
const restricting = [
  ['the other country enters a passport that others see masked only', async () => {
    await enter(owner, documents, passport, { disclose: 'masked' });
    alert = await saved(owner);
    assert.equal((await owner.ask('GET', `/v1/records/${alert}`)).data.body.envelope.disclose, 'masked');
    neverGiven = alert.replace(/-.*/, '-ZZZZ');
  }],
  ['the bureau of one country enters a record for its own people alone', async () => {
    before = await doors(owner, neverGiven);
    await enter(paris, persons, [['person-status', 'suspect'], ['name', hidden.name], ['birth-date', hidden.born], ['document-number', hidden.number]], { ref: hidden.ref, allow: 'FRA' });
    await shot(paris, 'record-for-one-country-entered');
    record = await saved(paris);
    assert.match(await paris.page.locator('main.record p.for').innerText(), /FRA/);
    await shot(paris, 'record-for-one-country');
    assert.deepEqual((await paris.ask('GET', `/v1/records/${record}`)).data.body.envelope.allow, ['FRA']);
  }],
  ['its officer at the gate finds it by number and by name', async () => {
    gate.here();
    await gate.go('search');
    assert.equal(await stage.ask(hidden.number), 'match');
    assert.match(await gate.page.locator('.card').innerText(), /Vantongeren/);
    await shot(gate, 'found-by-its-officer');
    assert.notEqual(await stage.ask(`${hidden.name} ${hidden.born}`), 'nothing-found');
    await gate.page.locator('.card .foot a').first().click();
    await gate.page.waitForSelector('main.record h1');
    assert.equal(await gate.page.locator('main.record .actions').count(), 0, 'the front line changes nothing');
  }],
  ['to the other country it is not there: whatever its bureau asks is answered as before it was entered', async () => {
    for (const [door, said] of Object.entries(await doors(owner, record))) assert.equal(said, before[door], door);
    owner.here();
    for (const asked of [hidden.number, `${hidden.name} ${hidden.born}`, hidden.name]) {
      await owner.go('search');
      assert.equal(await stage.ask(asked), 'nothing-found');
      assert.equal(await owner.page.locator('.card').count(), 0);
    }
    await shot(owner, 'not-there-for-the-other');
    for (const view of [`record/${record}`, `print/${record}`, `desk/${persons.name}/${record}`, `record/${encodeURIComponent(`${persons.name}:FRA/${hidden.ref}`)}`]) {
      await owner.go('search');
      await owner.go(view, 'main .problem');
      assert.doesNotMatch(await textOf(owner), /Vantongeren|FX8810273|FRA\/ncb/, view);
      assert.equal(await owner.page.locator('.stamp, .history').count(), 0, view);
    }
    await shot(owner, 'not-there-by-its-number');
  }],
  ['nor to the other country’s data-protection officer, nor on the feed, nor in what the auditor of his own country reads of it', async () => {
    for (const path of [`/v1/records/${record}`, `/v1/records/${record}/history`, `/v1/certificates/${record}`]) assert.equal((await protector.ask('GET', path)).status, 404, path);
    assert.doesNotMatch((await owner.ask('GET', '/v1/feed')).text, new RegExp(`${record}|FX8810273`));
    assert.match((await paris.ask('GET', '/v1/feed')).text, new RegExp(record));
    assert.equal((await controller.ask('GET', `/v1/records/${record}`)).status, 403);
  }],
];

// ---- a masked hit, under its clocks ----

async function fillForm({ page }) {
  await page.waitForSelector('form.ticket-form');
  for (const control of await page.locator('form.ticket-form .field [aria-required=true]').all()) {
    if (await control.evaluate((e) => e.tagName) === 'SELECT') await control.selectOption({ index: 1 });
    else await control.fill('The face agrees; born in Rabat.');
  }
}
const stateOf = ({ page }) => page.getAttribute('main.ticket-page', 'data-state');
const untilState = ({ page }, state) => page.waitForFunction((wanted) => document.querySelector('main.ticket-page')?.dataset.state === wanted, state);
async function move(person, index = 0) {
  const { page } = person;
  const button = page.locator('.moves button').nth(index);
  const to = await button.getAttribute('data-move');
  const old = await stateOf(person);
  await button.press('Enter');
  await page.waitForFunction((was) => document.querySelector('form.ticket-form') || document.querySelector('main.ticket-page').dataset.state !== was, old);
  if (await page.locator('form.ticket-form').count()) {
    await fillForm(person);
    await page.locator('form.ticket-form button.primary').press('Enter');
  }
  await untilState(person, to);
}
const secondsLeft = async ({ page }) => Number(await page.locator('main.ticket-page .clock').first().getAttribute('data-left'));
const untilLess = ({ page }, than) => page.waitForFunction((old) => Number(document.querySelector('main.ticket-page .clock').dataset.left) < old, than);

const hitting = [
  ['the officer at the gate has a masked hit, and asks the owner from its card', async () => {
    gate.here();
    await gate.go('search');
    await gate.page.fill('#reference', 'lane 4');
    assert.equal(await stage.ask(masked.number), 'match');
    assert.match(await gate.page.locator('.card').innerText(), /UTO/);
    assert.doesNotMatch(await gate.page.locator('.card .facts').innerText(), /L898902C3/, 'masked');
    assert.equal((await gate.ask('GET', `/v1/records/${alert}`)).data.disclosure, 'masked');
    assert.doesNotMatch((await gate.ask('GET', `/v1/records/${alert}`)).text, /L898902C3/);
    await shot(gate, 'masked-hit');
    await gate.page.locator('.card a.confirm').press('Enter');
    await fillForm(gate);
    await gate.page.locator('input[type=datetime-local]').first().fill(new Date(Date.now() - 20 * 60e3).toISOString().slice(0, 16));
    await shot(gate, 'confirmation-asked');
    asked = Date.now();
    await gate.page.locator('form.ticket-form button.primary').press('Enter');
    await gate.page.waitForURL(/#\/tickets\//);
    await gate.page.waitForSelector('main.ticket-page');
    ticket = decodeURIComponent(gate.page.url().split('/').pop());
  }],
  ['it rings at the owner’s, and the same clock runs on both pages', async () => {
    await owner.go('owner');
    await owner.page.waitForSelector('.alarms');
    await shot(owner, 'owners-desk');
    await owner.page.locator('.tickets .ticket.yours a.name').first().press('Enter');
    await owner.page.waitForSelector('main.ticket-page');
    const here = await eventually(async () => {
      const [one, other] = await Promise.all([gate, owner].map(secondsLeft));
      return Math.abs(one - other) <= 2 && one;
    }, 'the same time on both');
    assert.ok(here <= 600 && here >= 597 - (Date.now() - asked) / 1000, `${here} of 600 seconds`);
    await Promise.all([untilLess(gate, here - 1), untilLess(owner, here - 1)]);
    assert.equal(await gate.page.locator('.limit').count(), 1, 'how long the finder holds');
    await shot(gate, 'clock-of-the-finder');
    await shot(owner, 'clock-of-the-owner');
  }],
  ['colleagues: the finder’s bureau sees the ticket, another desk of the same country does not', async () => {
    await paris.go(`tickets/${ticket}`, 'main.ticket-page');
    await shot(paris, 'ticket-at-the-finders-bureau');
    await brigade.go(`tickets/${ticket}`, 'main.page .problem');
    await protector.go(`tickets/${ticket}`, 'main.page .problem');
    for (const person of [brigade, protector]) assert.equal((await person.ask('GET', `/v1/tickets/${ticket}`)).status, 404, person.id);
    assert.doesNotMatch(await textOf(brigade), /UTO\/ncb|FRA\/gate/);
  }],
  ['the owner acknowledges and confirms; the finder’s page says so by itself', async () => {
    await move(owner);
    await owner.page.waitForSelector('.alarms', { state: 'detached' });
    await untilState(gate, await stateOf(owner));
    await move(owner);
    await untilState(gate, await stateOf(owner));
    assert.match(await textOf(gate), /The face agrees; born in Rabat/);
    await shot(gate, 'confirmed');
  }],
  ['the finder tells the outcome, which the ticket cannot do without; the owner closes', async () => {
    await move(gate);
    await untilState(owner, await stateOf(gate));
    await shot(owner, 'outcome-told');
    await move(owner);
    await untilState(gate, await stateOf(owner));
    await gate.go('tickets/closed', '.tickets .ticket');
    assert.match(await gate.page.locator('.tickets').innerText(), new RegExp(ticket));
    assert.doesNotMatch(await textOf(gate), /\bowner\b(?!’)/, 'officers of the other side stay unnamed');
    await shot(gate, 'closed');
  }],
  ['the owner sees who asked: country, kind of unit, purpose, day; no person, no minute, no case', async () => {
    await owner.go('owner', '.figures');
    assert.equal(await owner.page.locator('.figures [data-figure=confirmed]').first().innerText(), '1');
    await owner.page.fill('#asked-record', alert);
    await owner.page.keyboard.press('Enter');
    await owner.page.waitForFunction(() => /FRA[\s\S]*Frontline officer[\s\S]*Border control/.test(document.querySelector('table.asked-by')?.innerText));
    assert.doesNotMatch(await owner.page.locator('table.asked-by').innerText(), /gate|\d\d:\d\d|lane/);
    await shot(owner, 'who-asked');
    const raw = (await owner.ask('GET', `/v1/records/${alert}/shown`)).text;
    assert.match(raw, /"FRA"/);
    assert.doesNotMatch(raw, /gate|lane|receipt|time|officer"/);
    for (const person of [gate, brigade, paris, controller]) assert.equal((await person.ask('GET', `/v1/records/${alert}/shown`)).status, 404, person.id);
    assert.equal((await protector.ask('GET', `/v1/records/${alert}/shown`)).text, raw);
  }],
];

// ---- the log ----

let copy = [];
const section = (name) => controller.page.locator(`section[aria-labelledby=${name}]`);
async function result(name) {
  const at = section(name).locator('.checked[data-result]:not([data-result=""])');
  await at.waitFor();
  return [await at.getAttribute('data-result'), await at.innerText()];
}
async function checkFiles(paths) {
  await controller.go('audit', '.head');
  await controller.go('audit/check', '#log-key');
  await controller.page.waitForFunction(() => document.getElementById('log-key').value.includes('+'));
  await controller.page.locator('#log-files').setInputFiles(paths);
  return result('check-files');
}

const auditing = [
  ['the auditor finds what his officer asked and why; of the other country nothing but that somebody asked', async () => {
    await controller.go('audit', 'table.list tbody tr');
    await controller.page.fill('#audit-record', alert);
    await controller.page.keyboard.press('Enter');
    await controller.page.waitForFunction(() => /lane 4/.test(document.querySelector('table.list').innerText));
    const own = await controller.page.locator('table.list').innerText();
    assert.match(own, /gate[\s\S]*lane 4/);
    assert.doesNotMatch(own, /asked by/, 'who else asked for a record of another country is that country\'s to know');
    await controller.page.fill('#audit-record', '');
    await controller.page.keyboard.press('Enter');
    await controller.page.waitForFunction(() => /asked by UTO/.test(document.querySelector('table.list').innerText));
    const said = await controller.page.locator('table.list').innerText();
    assert.doesNotMatch(said, /\bowner\b|UTO.ncb/);
    await shot(controller, 'auditor-entries');
    assert.doesNotMatch((await controller.ask('GET', '/v1/audit?max=500')).text, /"officer":"(owner|protector)"|UTO.ncb/);
  }],
  ['he verifies the log in the page', async () => {
    await controller.go('audit/check', '#log-key');
    await section('check-live').locator('button.primary').press('Enter');
    const [word, said] = await result('check-live');
    assert.equal(word, 'sound', said);
    await shot(controller, 'log-verified');
  }],
  ['he takes a copy away: it is sound, by the page and by the command', async () => {
    copy = await takeCopy();
    const [word, said] = await checkFiles(copy);
    assert.equal(word, 'sound', said);
    await shot(controller, 'copy-sound');
    assert.equal(offline().code, 0, offline().out + offline().err);
    for (const person of [gate, brigade, paris, owner]) assert.equal((await person.ask('GET', '/v1/log/files')).status, 403, person.id);
  }],
  ['one byte of it changed: the page says DAMAGED, and so does the command', async () => {
    const segment = copy.find((path) => path.endsWith('.log'));
    const bytes = readFileSync(segment);
    const used = bytes.findLastIndex((byte) => byte !== 0) + 1;
    const whole = Buffer.from(bytes);
    for (const at of [20, 50, 64 + 24, 64 + 40, 64 + 64 + 12, Math.floor(used / 2)]) { // of the file's head, a group's, an entry's, contents
      const other = Buffer.from(bytes);
      other[at] ^= 1;
      writeFileSync(segment, other);
      assert.equal(offline().code, 1, `byte ${at}: ${offline().out}`);
    }
    bytes[Math.floor(used / 3)] ^= 1;
    writeFileSync(segment, bytes);
    const [word, said] = await checkFiles(copy);
    assert.equal(word, 'damaged', said);
    assert.match(said, /^✕ DAMAGED[\s\S]*entry \d+/);
    await shot(controller, 'copy-damaged');
    const found = offline();
    assert.equal(found.code, 1, found.out + found.err);
    assert.match(found.out + found.err, /entry \d+/);
    writeFileSync(segment, whole);
    assert.equal(offline().code, 0);
  }],
];
const key = join(files, 'log.key');
async function takeCopy() {
  const to = join(files, 'copy', 'audit');
  mkdirSync(to, { recursive: true });
  writeFileSync(key, (await controller.ask('GET', '/v1/log/key')).text);
  const taken = [];
  controller.page.on('download', (file) => taken.push(file));
  await section('check-live').locator('button').last().press('Enter');
  await section('check-live').locator('p[role=status]', { hasText: 'Copy taken' }).waitFor();
  for (const file of taken) await file.saveAs(join(to, file.suggestedFilename()));
  assert.ok(taken.some((file) => file.suggestedFilename() === 'checkpoint'), `its checkpoint is among ${taken.map((file) => file.suggestedFilename())}`);
  assert.ok(taken.length >= 2, 'its files and its checkpoint');
  return readdirSync(to).map((name) => join(to, name));
}
const offline = () => command(join(files, 'nowhere'), ['audit', 'check', join(files, 'copy'), '--key', key]);

// ---- a record expires ----

const expired = [
  ['the owner enters a record for a few weeks, and finds it among those whose day comes', async () => {
    await enter(owner, documents, [...passport.filter(([meaning]) => meaning !== 'document-number'), ['document-number', 'X7781209']], { review_on: day(30) });
    expiring = await saved(owner);
    await protector.go('retention', 'table.due');
    assert.match(await protector.page.locator('table.due').innerText(), new RegExp(expiring));
    await shot(protector, 'records-due');
  }],
  ['weeks pass: every session has ended, everybody signs in anew', async () => {
    await node.running.stop();
    clock.ahead = DAYS * 86400;
    node.running = await startServer(node.data, ['--rate', '0'], node.running.port, ahead(clock.ahead));
    const confirmed = command(node.data, ['records', 'confirm-day', day(DAYS)]);
    assert.equal(confirmed.code, 0, confirmed.err); // a clock that jumped is not believed until then
    await gate.go('search');
    await gate.page.fill('#query', 'X7781209');
    await gate.page.keyboard.press('Enter');
    await gate.page.waitForSelector('#sign-officer');
    for (const person of [gate, owner, protector]) await person.signIn();
  }],
  ['the record is gone, in every answer; its owner is told so, others that there is none', async () => {
    await owner.page.waitForFunction(async (id) => (await fetch(`/v1/records/${id}`, { headers: { 'Bureau-Purpose': 'investigate' } })).status === 410, expiring, { polling: 200 });
    for (const person of [gate, owner]) {
      person.here();
      assert.equal(await stage.ask('X7781209'), 'nothing-found', person.id);
    }
    assert.equal((await gate.ask('GET', `/v1/records/${expiring}`)).status, 404);
    await owner.go(`record/${expiring}`, 'main .problem');
    await shot(owner, 'expired-record');
  }],
  ['the data-protection officer keeps the certificate, and it holds without the node', async () => {
    await protector.go('retention', 'table.certificates tbody tr');
    await protector.page.waitForFunction((id) => document.querySelector('table.certificates').innerText.includes(id), expiring);
    await shot(protector, 'certificates');
    const certificate = await download(protector, () => protector.page.locator('table.certificates tr', { hasText: expiring }).locator('button').click());
    const signer = await download(protector, () => protector.page.locator('p.actions button').last().click());
    const check = (path) => command(join(files, 'nowhere'), ['certificate', 'check', path, '--key', readFileSync(signer, 'utf8').trim()]);
    const good = check(certificate);
    assert.equal(good.code, 0, good.err);
    assert.match(good.out, new RegExp(`${expiring}[\\s\\S]*UTO|UTO[\\s\\S]*${expiring}`));
    assert.doesNotMatch(readFileSync(certificate, 'utf8'), /X7781209/);
    writeFileSync(certificate, readFileSync(certificate, 'utf8').replace(expiring, alert));
    assert.equal(check(certificate).code, 2, 'no other record’s');
    await gate.go('retention', '.head');
    assert.equal(await gate.page.locator('table.certificates').count(), 0);
  }],
  ['nobody’s page failed, and none asked another host', async () => {
    stage.isQuiet();
  }],
];

if (process.env.SHOTS) mkdirSync(process.env.SHOTS, { recursive: true });
const failed = await runTests('story', [...signing, ...restricting, ...hitting, ...auditing, ...expired]);
rmSync(files, { recursive: true, force: true });
await stage.close();
process.exit(failed ? 1 : 0);
