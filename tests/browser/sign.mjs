// SPDX-License-Identifier: Apache-2.0
// Signing in with password and one-time code, from the one-time link on; by keyboard; four languages.
import assert from 'node:assert/strict';
import { runTests } from '../server/node.mjs';
import { Codes } from '../server/totp.mjs';
import { Stage } from './stage.mjs';

const stage = await Stage.open();
const { node, page } = stage;
const password = 'a long pass phrase';
let codes;

const failed = await runTests('sign', [
  ['a one-time link: key, password, code, and the officer is in; the secret has left the address', async () => {
    const made = await node.call('POST', '/v1/officers', { officer: 'o-7', unit: 'UTO/ncb', country: 'UTO', role: 'national-bureau', purposes: ['investigate', 'border-control'], may: ['write'], invite: true });
    assert.equal(made.status, 201, made.text);
    await page.goto(`${stage.base}/#enrol=${made.data.secret}`);
    await page.waitForSelector('#totp-secret');
    assert.ok(!page.url().includes(made.data.secret));
    await stage.serious('enrol');
    codes = new Codes((await page.locator('#totp-secret').innerText()).replaceAll(' ', ''));
    await page.fill('#sign-password', password);
    await page.fill('#sign-code', codes.wrong());
    await page.keyboard.press('Enter');
    await page.waitForSelector('.problem');
    await page.fill('#sign-code', await codes.next(0));
    await page.keyboard.press('Enter');
    await page.waitForSelector('#query', { state: 'attached' });
  }],
  ['the session outlives a reload, writes with its proof, and no script can read its cookie', async () => {
    await page.goto(stage.base);
    await page.waitForSelector('#query');
    assert.equal(await stage.ask('X7781209'), 'nothing-found');
    assert.equal(await page.evaluate(() => document.cookie), '');
    assert.equal(await page.evaluate(() => sessionStorage.getItem('token')), null);
  }],
  ['signed out: nothing is left; a wrong code is refused, the right one lets in', async () => {
    await page.click('.menu-button');
    await page.locator('#menu button', { hasText: 'Sign out' }).click();
    await page.waitForSelector('#sign-officer');
    await page.reload();
    await page.waitForSelector('#sign-officer');
    await page.focus('#sign-officer');
    await page.keyboard.type('o-7');
    await page.keyboard.press('Tab');
    await page.keyboard.type(password);
    await page.keyboard.press('Tab');
    await page.keyboard.type(codes.wrong());
    await page.keyboard.press('Enter');
    await page.waitForSelector('.problem');
    assert.equal(await page.locator('#query').count(), 0);
    await page.fill('#sign-code', await codes.next());
    await page.keyboard.press('Enter');
    await page.waitForSelector('#query');
    assert.match(await page.locator('.tries').innerText(), /Attempts to sign in as you that failed since .*: 1\. If that was not you/);
    await page.locator('.tries button').click();
    assert.equal(await page.locator('.tries').count(), 0);
    await page.goto(`${stage.base}/#/me`);
    await page.waitForFunction(() => /this one/.test(document.querySelector('ul.sessions')?.innerText || ''));
  }],
  ['revoked while signed in: the next request asks to sign in again', async () => {
    await page.goto(`${stage.base}/#/me`);
    await page.waitForSelector('main.profile');
    for (const language of ['fr', 'es', 'ar', 'en']) {
      await stage.speak(language);
      await page.waitForSelector(`html[lang=${language}] main.profile`);
      await stage.serious(`${language} profile`);
      await stage.picture('profile', language);
    }
    assert.equal((await node.call('DELETE', '/v1/officers/o-7')).status, 204);
    await page.goto(`${stage.base}/#/search`);
    await page.fill('#query', 'X7781209');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#sign-officer');
    await stage.picture('sign', 'en');
    stage.isQuiet();
  }],
]);
await stage.close();
process.exit(failed ? 1 : 0);
