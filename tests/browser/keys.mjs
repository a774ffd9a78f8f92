// SPDX-License-Identifier: Apache-2.0
// Passkeys and shared terminals in the browser, with Chromium's own virtual authenticators: two officers, one desk. What the one leaves
// the other does not find: in the document, in storage, by going back, in another tab.
import assert from 'node:assert/strict';
import { Certificates } from '../server/certificates.mjs';
import { command, newDirectory, ownPort, removeDirectory, runTests, startServer } from '../server/node.mjs';
import { Codes } from '../server/totp.mjs';
import { openProxy } from './proxy.mjs';
import { Stage, openBrowser } from './stage.mjs';

const data = newDirectory();
const place = newDirectory();
const made = new Certificates(place);
made.authority('ca');
for (const name of ['server', 'gate7', 'gate8']) made.make(name);
const port = await ownPort();
const base = `http://localhost:${port}`;
const running = await startServer(data, ['--rate', '0', '--origin', base, '--certificate', made.file('server.pem'), '--key', made.file('server.key'), '--client-ca', made.file('ca.pem')], 0, { BUREAU_HOME: process.env.BUREAU_HOME || process.cwd() });
const proxy = await openProxy({ port: running.port, ca: made.read('ca.pem'), listen: port }, made);
const run = (...words) => command(data, [...words, '--json']);
const password = 'a long pass phrase';

const stage = new Stage();
Object.assign(stage, { base, strangers: [], failures: [], looked: new Set() });
stage.browser = await openBrowser();

// An authenticator in the browser's hands: a security key with a PIN. Its keys go from computer to computer with its officer.
class Key {
  constructor() { this.held = []; }

  async into(page, { isKnowing = true } = {}) {
    this.cdp = await page.context().newCDPSession(page);
    await this.cdp.send('WebAuthn.enable');
    const { authenticatorId } = await this.cdp.send('WebAuthn.addVirtualAuthenticator', { options: { protocol: 'ctap2', transport: 'usb', hasResidentKey: true, hasUserVerification: true, isUserVerified: isKnowing, automaticPresenceSimulation: true } });
    this.at = authenticatorId;
    for (const credential of this.held) await this.cdp.send('WebAuthn.addCredential', { authenticatorId, credential });
  }

  async out() {
    const { credentials } = await this.cdp.send('WebAuthn.getCredentials', { authenticatorId: this.at });
    this.held = credentials;
    await this.cdp.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId: this.at });
  }
}
const openPage = (options) => stage.openPage(options);
const [first, second] = ['finder-anna', 'finder-bruno']; // no piece of a random text
const officers = { [first]: { key: new Key() }, [second]: { key: new Key() } };
const left = new RegExp(`ERIKSSON|UNFINISHED|${first}`);
const text = (page) => page.evaluate(() => document.documentElement.outerHTML + JSON.stringify({ ...sessionStorage }) + JSON.stringify({ ...localStorage }) + location.href);

// A computer of the desk; the certificate is its network's.
async function openTerminal(name) {
  const page = await openPage({ extraHTTPHeaders: { 'X-Terminal': name } });
  await page.goto(base);
  await page.waitForSelector('main.lock');
  return page;
}

async function takeOver(page, id) {
  await officers[id].key.into(page);
  await page.keyboard.press('Enter');
  await page.waitForSelector('#query', { state: 'attached' });
  await officers[id].key.out();
}

const failed = await runTests('keys', [
  ['the first sign-in shows the key of the codes as a QR code; a passkey is made, named, and lets in alone', async () => {
    assert.equal(run('unit', 'add', 'UTO/gate', '--country', 'UTO', '--name', 'Gate', '--level', 'national-bureau').code, 0);
    for (const [id, officer] of Object.entries(officers)) {
      const { secret } = run('officer', 'add', id, '--country', 'UTO', '--unit', 'UTO/gate', '--role', 'frontline', '--purpose', 'border-control', '--may', 'write', '--invite').json;
      const page = await openPage();
      await page.goto(`${base}/#enrol=${secret}`);
      await page.waitForSelector('#totp-secret');
      assert.ok(await page.locator('img.code').evaluate((image) => image.decode().then(() => image.naturalWidth > 20)), 'the QR code is drawn');
      await stage.serious('enrol');
      const codes = new Codes((await page.locator('#totp-secret').innerText()).replaceAll(' ', ''));
      await page.fill('#sign-password', password);
      await page.fill('#sign-code', await codes.next(0));
      await page.keyboard.press('Enter');
      await page.waitForSelector('.head');
      await officer.key.into(page);
      await page.goto(`${base}/#/me`);
      await page.waitForSelector('.passkeys');
      await page.fill('.passkeys #l-label', 'Blue key');
      await page.keyboard.press('Enter');
      await page.locator('.passkeys li', { hasText: 'Blue key' }).waitFor();
      await page.locator('.passkeys li button', { hasText: 'Rename' }).click();
      await page.fill('.passkeys li #l-label', `Key of ${id}`);
      await page.keyboard.press('Enter');
      await page.locator('.passkeys li', { hasText: `Key of ${id}` }).waitFor();
      await page.reload(); // the session goes on after all that
      await page.waitForSelector('.passkeys li');
      for (const language of id === first ? ['fr', 'es', 'ar', 'en'] : []) {
        await stage.speak(language);
        await page.waitForSelector(`html[lang=${language}] .passkeys li`);
        await stage.serious(`${language} passkeys`);
        await stage.picture('passkeys', language);
      }
      await page.click('.menu-button');
      await page.locator('#menu button').last().click();
      await page.waitForSelector('[data-passkey]');
      await page.focus('[data-passkey]');
      await page.keyboard.press('Enter');
      await page.waitForSelector('#query', { state: 'attached' });
      await officer.key.out();
      await page.context().close();
    }
  }],
  ['who is not recognised by the key is not let in', async () => {
    const page = await openPage();
    await page.goto(base);
    await officers[first].key.into(page, { isKnowing: false });
    await page.click('[data-passkey]');
    await page.waitForSelector('.problem');
    assert.equal(await page.locator('#query').count(), 0);
    await page.context().close();
  }],
  ['a terminal is locked until an officer takes it over; the desk fixes the purpose', async () => {
    for (const name of ['gate7', 'gate8']) assert.equal(run('terminal', 'add', name, '--unit', 'UTO/gate', '--role', 'frontline', '--purpose', 'border-control', '--certificate', made.file(`${name}.pem`), '--label', `Gate ${name.at(-1)}`, '--idle', name === 'gate8' ? '30' : '300').code, 0);
    const page = await openTerminal('gate7');
    for (const language of ['fr', 'es', 'ar', 'en']) {
      await page.locator('#language').selectOption(language);
      await page.waitForSelector(`html[lang=${language}] main.lock`);
      await stage.serious(`${language} lock`);
      await stage.picture('lock', language);
    }
    assert.equal(await page.locator('main.lock h1').innerText(), 'Gate 7');
    assert.equal(await page.locator('input[type=password]').count(), 0, 'no password is typed here');
    await page.reload();
    await page.waitForSelector('main.lock');
    await takeOver(page, first);
    assert.equal(await page.locator('#purpose option').count(), 1);
    await stage.serious('taken over');
    await page.context().close();
  }],
  ['the next one finds nothing of the one before, in any way; what was begun waits for its officer', async () => {
    const page = await openTerminal('gate7');
    await takeOver(page, first);
    await page.fill('#query', 'ERIKSSON ANNA');
    await page.keyboard.press('Enter');
    await stage.answered();
    await page.goto(`${base}/#/desk`);
    await page.locator('.kinds a').first().click();
    await page.waitForSelector('form.desk');
    const field = page.locator('form.desk .field input:not([type=checkbox]):not([type=file]):visible').first();
    await field.fill('UNFINISHED');
    const [where, fieldId] = [page.url(), await field.getAttribute('id')];
    const other = await page.context().newPage(); // a second tab of the same officer
    await other.goto(base);
    await other.waitForSelector('.head');
    await stage.at(page);
    assert.equal(await page.evaluate(() => history.length), 2, 'no step is kept to go back to but the blank page');
    assert.deepEqual(await page.evaluate(() => [Object.keys(sessionStorage), Object.keys(localStorage).filter((k) => k.startsWith('draft:'))]), [[], []]);
    await page.keyboard.press('Alt+l');
    await page.waitForSelector('main.lock');
    await other.waitForSelector('main.lock');
    for (const one of [page, other]) assert.ok(!left.test(await text(one)));
    await other.close();
    await page.goBack().catch(() => { /* there is nowhere to go back to */ });
    assert.equal(page.url(), 'about:blank', 'what is behind is the blank page');
    await page.goto(base);
    await page.waitForSelector('main.lock');
    await takeOver(page, second);
    assert.ok(!left.test(await text(page)));
    assert.equal(await page.inputValue('#query'), '');
    await page.fill('#query', 'of the second');
    await page.locator('.lock-button').click();
    await page.waitForSelector('main.lock');
    await takeOver(page, first);
    await page.waitForURL(where);
    await page.waitForSelector('form.desk');
    assert.equal(await page.locator(`[id="${fieldId}"]`).inputValue(), 'UNFINISHED');
    await page.goto(`${base}/#/search`);
    await page.waitForSelector('#query', { state: 'visible' });
    assert.equal(await page.inputValue('#query'), 'ERIKSSON ANNA');
    await page.context().close();
  }],
  ['taken over in another window: the first one is locked with its next step', async () => {
    const page = await openTerminal('gate7');
    await takeOver(page, first);
    await page.goto(`${base}/#/search`);
    await page.fill('#query', 'SECRET OF THE FIRST');
    const window = await openTerminal('gate7'); // the same certificate: the same terminal, another window
    await takeOver(window, second);
    await page.keyboard.press('Enter'); // what the first asks now is asked by nobody
    await page.waitForSelector('main.lock');
    assert.ok(!/SECRET OF THE FIRST/.test(await text(page)));
    await page.context().close();
    await window.context().close();
  }],
  ['nobody is there: it locks by itself', async () => {
    const page = await openTerminal('gate8');
    await page.clock.install({ time: Date.now() });
    await page.reload();
    await page.waitForSelector('main.lock');
    await officers[second].key.into(page);
    await page.keyboard.press('Enter');
    await page.waitForSelector('#query', { state: 'attached' });
    await officers[second].key.out();
    await page.goto(`${base}/#/search`);
    await page.fill('#query', 'LEFT ALONE');
    await page.clock.runFor(22000);
    await page.waitForSelector('.locking');
    await page.clock.runFor(10000);
    await page.waitForSelector('main.lock');
    assert.ok(!/LEFT ALONE/.test(await text(page)));
    await page.context().close();
  }],
  ['the administrator enrols and removes terminals by keyboard', async () => {
    const { token } = run('officer', 'add', 'a-1', '--country', 'UTO', '--unit', 'UTO/gate', '--role', 'administrator').json;
    stage.node = { tokens: { a: token } };
    const page = await openPage();
    await stage.signIn('a');
    await page.goto(`${base}/#/admin/terminals`);
    await page.waitForSelector('table.terminals');
    assert.equal(await page.locator('table.terminals tbody tr').count(), 2);
    made.make('gate9');
    await page.fill('#l-id', 'gate9');
    await page.selectOption('#l-purpose', 'border-control');
    await page.setInputFiles('#terminal-certificate', made.file('gate9.key'));
    await page.focus('#l-id');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#terminal-certificate[aria-invalid=true]');
    await page.setInputFiles('#terminal-certificate', made.file('gate9.pem'));
    await page.focus('#l-id');
    await page.keyboard.press('Enter');
    await page.locator('table.terminals tbody tr', { hasText: 'gate9' }).waitFor();
    for (const language of ['fr', 'es', 'ar', 'en']) {
      await stage.speak(language);
      await page.waitForSelector(`html[lang=${language}] table.terminals`);
      await stage.serious(`${language} terminals`);
      await stage.picture('terminals', language);
    }
    await page.locator('table.terminals tr', { hasText: 'gate9' }).locator('button').click();
    await page.locator('dialog [data-yes]').click();
    await page.locator('table.terminals tr', { hasText: 'gate9' }).waitFor({ state: 'detached' });
    assert.equal(run('terminal', 'list').json.length, 2);
    stage.isQuiet();
  }],
]);
await stage.browser.close();
proxy.closeAllConnections();
proxy.close();
await running.stop();
removeDirectory(data);
removeDirectory(place);
process.exit(failed ? 1 : 0);
