// SPDX-License-Identifier: Apache-2.0
// One person at a computer of his own: enrols by a one-time link, signs in with password and one-time code, asks.
import { Codes } from '../server/totp.mjs';

const password = (id) => `the long pass phrase of ${id}`;

export class Person {
  // `clock`: seconds that the node's clock is ahead of ours
  constructor(stage, id, clock = { ahead: 0 }) {
    Object.assign(this, { stage, id, clock });
  }

  async open() {
    await this.page?.context().close();
    this.page = await this.stage.openPage({ acceptDownloads: true });
    if (this.clock.ahead) await this.page.clock.install({ time: Date.now() + this.clock.ahead * 1000 });
  }

  async enrol(secret, ahead = 0) { // how many steps ahead of now the code is
    await this.open();
    await this.page.goto(`${this.stage.base}/#enrol=${secret}`);
    await this.page.waitForSelector('#totp-secret');
    this.codes = new Codes((await this.page.locator('#totp-secret').innerText()).replaceAll(' ', ''), () => Date.now() + this.clock.ahead * 1000);
    await this.page.fill('#sign-password', password(this.id));
    await this.page.fill('#sign-code', await this.codes.next(ahead));
    await this.page.keyboard.press('Enter');
    await this.page.waitForSelector('.head');
  }

  async signOut() {
    await this.page.click('.menu-button');
    await this.page.locator('#menu button').last().click();
    await this.page.waitForSelector('#sign-officer');
  }

  async signIn() {
    if (!this.page || this.clock.ahead) await this.open();
    await this.page.goto(this.stage.base);
    await this.page.fill('#sign-officer', this.id);
    await this.page.fill('#sign-password', password(this.id));
    await this.page.fill('#sign-code', await this.codes.next());
    await this.page.keyboard.press('Enter');
    await this.page.waitForSelector('.head');
  }

  // The stage's helpers act on this person's page.
  here() { return this.stage.at(this.page); }

  async go(view, wait) {
    await this.page.goto(`${this.stage.base}/#/${view}`);
    if (wait) await this.page.waitForSelector(wait);
    return this.page;
  }

  // A request with this person's session, past the page: what the node answers is what counts.
  ask(method, path, body, { purpose, headers = {} } = {}) {
    return this.page.evaluate(async ({ method, path, body, headers }) => {
      const own = await (await fetch('/v1/session')).json();
      const reply = await fetch(path, {
        method, body, cache: 'no-store',
        headers: { 'Bureau-Purpose': own.purposes[0]?.code || '', ...(method !== 'GET' && { 'Bureau-Session-Proof': own.proof }), ...(body && { 'Content-Type': 'application/json' }), ...headers },
      });
      const text = await reply.text();
      let data = null;
      try { data = JSON.parse(text); } catch { /* no JSON */ }
      return { status: reply.status, text, data, etag: reply.headers.get('ETag') || '' };
    }, { method, path, body: body && JSON.stringify(body), headers: { ...(purpose && { 'Bureau-Purpose': purpose }), ...headers } });
  }

  async views() { return this.page.locator('nav.views a').evaluateAll((all) => all.map((a) => a.hash.slice(2))); }
}
