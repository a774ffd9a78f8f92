// SPDX-License-Identifier: Apache-2.0
// What the suites of the pages share: a node of their own, Chromium, and what an officer does again and again.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';
import { Node, ownPort } from '../server/node.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
// ICAO's own specimen, 9303-4
export const zone = ['P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<', 'L898902C36UTO7408122F1204159ZE184226B<<<<<10'];

// A busy machine takes its time: what is waited for may take as long as nobody would wait for it.
const PATIENCE_MS = 120000;

export function openBrowser() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM,
    timeout: PATIENCE_MS,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}

// The page without its words: elements in order, what they are and refer to, whether they are named and hold text.
function shapeOfPage() {
  const worded = ['aria-label', 'title', 'alt', 'placeholder', 'value', 'aria-description'];
  const skipped = /^(data-|lang$|style$|src$|d$|aria-valuenow$)/;
  const shape = [document.documentElement.dir, matchMedia('(prefers-color-scheme: dark)').matches, innerWidth];
  for (const element of document.querySelectorAll('body *')) {
    const attributes = [...element.attributes].filter(({ name }) => !skipped.test(name)).map(({ name, value }) => `${name}=${worded.includes(name) ? Boolean(value.trim()) : value}`);
    const hasText = [...element.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
    shape.push(`${element.tagName} ${attributes.sort().join(' ')} ${hasText}`);
  }
  return shape.join('\n');
}

export class Stage {
  static async open({ officers = {}, words, env, before } = {}) {
    const stage = new Stage();
    stage.node = await Node.start({ ...(words && { words }), env, before, port: await ownPort(), officers: { desk: ['--country', 'UTO', '--role', 'national-bureau', '--unit', 'UTO/ncb', '--may', 'write', ...['border-control', 'investigate', 'missing-person', 'identify', 'search'].flatMap((p) => ['--purpose', p])], ...officers } });
    stage.browser = await openBrowser();
    stage.base = `http://127.0.0.1:${stage.node.running.port}`;
    stage.strangers = [];
    stage.failures = [];
    stage.looked = new Set();
    await stage.openPage();
    const databases = (await stage.node.call('GET', '/v1/databases')).data;
    stage.databases = await Promise.all(databases.map(async (d) => (await stage.node.call('GET', `/v1/databases/${d.name}`)).data));
    return stage;
  }

  async openPage(options = {}) {
    this.context = await this.browser.newContext({ viewport: { width: 1280, height: 900 }, bypassCSP: false, reducedMotion: 'reduce', ...options });
    this.page = await this.context.newPage();
    this.page.on('request', (r) => { if (!r.url().startsWith(this.base) && !/^(data|blob):/.test(r.url())) this.strangers.push(r.url()); });
    this.page.setDefaultTimeout(PATIENCE_MS);
    this.page.on('pageerror', (e) => this.failures.push(e.message));
    this.page.on('dialog', (d) => d.accept());
    return this.page;
  }

  // Another officer at another computer, at the same time; `at(page)` makes that one the page at hand.
  async beside(as) {
    const mine = [this.context, this.page];
    const page = await this.openPage();
    await this.signIn(as);
    [this.context, this.page] = mine;
    return page;
  }

  at(page) {
    this.page = page;
    this.context = page.context();
    return page;
  }

  // The definition whose records mean this: tests, too, name no database.
  database(...meanings) {
    const found = this.databases.find((d) => meanings.every((word) => everyField(d).some((f) => f.meaning === word)));
    if (!found) throw new Error(`no database has ${meanings}`);
    return found;
  }

  async signIn(as = 'desk') {
    await this.page.goto(this.base);
    await this.page.locator('main.sign details summary').click();
    await this.page.fill('#token', this.node.tokens[as]);
    await this.page.keyboard.press('Enter');
    await this.page.waitForSelector('.head');
    if (as !== 'auditor') await this.page.waitForSelector('#query', { state: 'attached' });
  }

  // Another officer at the same computer: nothing of the one before is left.
  async takeOver(as, options) {
    await this.context.close();
    const page = await this.openPage({ acceptDownloads: true, ...options });
    await this.signIn(as);
    return page;
  }

  async speak(language) {
    await this.page.click('.menu-button');
    await this.page.locator('#language').selectOption(language);
    await this.page.waitForSelector(`html[lang=${language}]`);
    await this.page.click('.menu-button');
  }

  async purpose(code) { await this.page.locator('#purpose').selectOption(code); }

  async answered() {
    await this.page.waitForSelector('[data-verdict]');
    return this.page.getAttribute('[data-verdict]', 'data-verdict');
  }

  async ask(text) {
    await this.page.waitForSelector('#query', { state: 'visible' });
    await this.page.focus('#query');
    await this.page.keyboard.press('Escape');
    await this.page.waitForSelector('[data-verdict]', { state: 'detached' });
    await this.page.fill('#query', text);
    await this.page.keyboard.press('Enter');
    return this.answered();
  }

  // A field of the form by what it means, in a group or not.
  control(definition, meaning) {
    const path = pathTo(definition.fields, meaning);
    return this.page.locator(`[id="f-${path}"]`);
  }

  async put(definition, meaning, value) {
    const at = this.control(definition, meaning);
    await at.waitFor();
    if (await at.evaluate((e) => e.tagName) === 'SELECT') await at.selectOption(value);
    else await at.fill(value);
  }

  // Once for each shape: what differs in its words alone, or by the second, is the same to those who cannot see it.
  async serious(where) {
    const shape = await this.page.evaluate(shapeOfPage);
    if (this.looked.has(shape)) return;
    this.looked.add(shape);
    // the policy forbids injected scripts; the test's own is evaluated by the debugger instead
    await this.page.evaluate(axe);
    const found = await this.page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
    const serious = found.violations.filter((v) => ['serious', 'critical'].includes(v.impact));
    assert.deepEqual(serious.map((v) => `${where} ${v.id}: ${v.nodes[0].html}`), []);
  }

  // As wide as a desk and as a phone: nothing may be wider than the screen. With BUREAU_PICTURES, kept there to be looked at.
  async picture(name, language) {
    for (const [device, width, height] of [['phone', 360, 740], ['desk', 1280, 900]]) {
      await this.page.setViewportSize({ width, height });
      await this.fits(width, `${name} in ${language} is wider than a ${device}`);
      if (process.env.BUREAU_PICTURES) await this.page.screenshot({ path: `${process.env.BUREAU_PICTURES}/${name}-${language}-${device}.png`, fullPage: true });
    }
  }

  async fits(width, otherwise) {
    await this.page.waitForFunction((wanted) => innerWidth === wanted, width);
    assert.ok(await this.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), otherwise);
  }

  // Waits until this is true in the page.
  async sees(isSo, argument) { await this.page.waitForFunction(isSo, argument); }

  // No page of the suite failed, and none asked another host.
  isQuiet() { assert.deepEqual([this.failures, this.strangers], [[], []]); }

  async close() {
    await this.browser.close();
    await this.node.stop();
  }
}

export function everyField(definition) {
  const all = (fields) => fields.flatMap((f) => [f, ...all(f.fields || [])]);
  return all(definition.fields);
}

// As the form numbers rows: from 1.
function pathTo(fields, meaning, before = '') {
  for (const field of fields) {
    const here = `${before}${field.name}${field.many ? '[1]' : ''}`;
    if (field.fields?.length) {
      const inside = pathTo(field.fields, meaning, `${here}.`);
      if (inside) return inside;
    } else if (field.meaning === meaning) {
      return here;
    }
  }
  return '';
}
