// SPDX-License-Identifier: Apache-2.0
// Every page in every language: no word of another, nothing serious for who cannot see it, nothing wider than the screen. And who
// has which page: a table, tried by address too. What is said in English only is found by its sentences.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { completed, purpose, runTests } from '../server/node.mjs';
import { Stage } from './stage.mjs';

const P = ['border-control', 'investigate', 'identify', 'search'].flatMap((code) => ['--purpose', code]);
const of = (role, ...more) => ['--country', 'UTO', '--unit', 'UTO/crime', '--role', role, ...P, ...more];
const stage = await Stage.open({
  words: ['--rate', '0', '--review-share', '10000'],
  officers: {
    'a-frontline': of('frontline'), 'a-investigator': of('investigator', '--may', 'write'), 'a-specialist': of('specialist'), 'a-analyst': of('analyst'),
    'a-compliance': of('compliance'), 'a-operations': of('operations'), 'a-bureau': of('national-bureau', '--may', 'write'), 'a-reader': of('national-bureau'),
    'a-hub': of('hub'), 'a-auditor': of('auditor', '--may', 'audit'), 'a-protector': of('data-protection', '--may', 'audit'),
    'a-administrator': ['--country', 'UTO', '--unit', 'UTO/ncb', '--role', 'administrator'], 'a-hub-administrator': ['--country', 'XPO', '--unit', 'XPO/hub', '--role', 'administrator'],
    watcher: ['--country', 'FRA', '--unit', 'FRA/ncb', '--role', 'national-bureau', ...P],
  },
});
const { node } = stage;

// ---- who has which page ----

const act = ['hits', 'standing', 'tokens', 'emergency'];
const write = ['hits', 'standing', 'tokens', 'proposals', 'emergency'];
const look = ['hits', 'standing', 'tokens'];
const review = ['reviews', 'emergencies', 'value', 'use'];
const oversee = ['reviews', 'emergencies', 'approvals', 'value', 'use', 'explain', 'reach'];
const administer = { search: 1, mine: ['tokens', 'proposals'], retention: 1, rights: ['processing'], oversight: ['emergencies', 'approvals', 'explain', 'reach'], admin: 1 };
const pages = {
  'a-frontline': { search: 1, tickets: 1, mine: act },
  'a-investigator': { search: 1, tickets: 1, mine: write, owner: 1, retention: 1, oversight: ['approvals'] },
  'a-specialist': { search: 1, tickets: 1, mine: act, owner: 1 },
  'a-analyst': { search: 1, tickets: 1, mine: look },
  'a-compliance': { search: 1, tickets: 1, mine: look, oversight: ['approvals'] },
  'a-operations': { search: 1, tickets: 1, mine: act },
  'a-hub': { search: 1, tickets: 1, mine: act, rights: ['objections', 'report'], oversight: ['approvals'] },
  'a-bureau': { search: 1, tickets: 1, mine: write, owner: 1, retention: 1, rights: ['requests', 'report', 'tell'], oversight: oversee },
  'a-reader': { search: 1, tickets: 1, mine: act, owner: 1, retention: 1, rights: ['requests', 'report', 'tell'], oversight: review },
  'a-auditor': { audit: 1, tickets: 1, mine: ['tokens'], retention: 1, rights: ['processing', 'report'], oversight: oversee.filter((part) => part !== 'approvals') },
  'a-protector': { search: 1, audit: 1, tickets: 1, mine: ['tokens'], owner: 1, retention: 1, rights: ['requests', 'processing', 'report', 'tell'], oversight: oversee.filter((part) => part !== 'approvals') },
  'a-administrator': administer,
  'a-hub-administrator': administer,
};
const everyPage = ['search', 'audit', 'tickets', 'mine', 'owner', 'retention', 'rights', 'oversight', 'admin'];
const everyPart = { mine: write, oversight: oversee, rights: ['requests', 'objections', 'processing', 'report', 'tell'] };
const signIn = async (as) => {
  await stage.context.close();
  follow(await stage.openPage());
  await stage.page.goto(stage.base);
  await stage.page.locator('main.sign details summary').click();
  await stage.page.fill('#token', node.tokens[as]);
  await stage.page.keyboard.press('Enter');
  await stage.page.waitForSelector('.head');
};
const shown = (selector) => stage.page.locator(selector).evaluateAll((all) => all.map((a) => a.hash.slice(2)));

const roles = Object.entries(pages).map(([as, own]) => [`${as} has these pages and no other, also by address`, async () => {
  await signIn(as);
  const views = await shown('nav.views a');
  for (const view of everyPage) assert.equal(views.includes(view), Boolean(own[view]), `${as}: ${view}`);
  for (const [view, parts] of Object.entries(own).filter(([, parts]) => Array.isArray(parts))) {
    await stage.page.goto(`${stage.base}/#/${view}`);
    await stage.page.waitForSelector('main h1');
    await stage.page.waitForFunction(() => [...document.querySelectorAll('main')].some((main) => !main.closest('[hidden]')));
    assert.deepEqual(await shown('main .tabs a'), parts.length > 1 ? parts.map((part) => `${view}/${part}`) : [], `${as}: ${view}`);
    for (const part of everyPart[view].filter((one) => !parts.includes(one))) {
      await stage.page.goto(`${stage.base}/#/${view}/${part}`);
      assert.equal(await stage.page.locator('main .tabs a[aria-current]').evaluateAll((all, name) => all.some((a) => a.hash.endsWith(name)), part), false, `${as}: ${view}/${part}`);
    }
  }
  for (const view of everyPage.filter((one) => !own[one])) {
    await stage.page.goto(`${stage.base}/#/${view}`);
    await stage.page.waitForFunction((wanted) => location.hash === wanted && [...document.querySelectorAll('main')].filter((one) => !one.closest('[hidden]')).map((one) => one.className).join() === 'no-page', `#/${view}`);
  }
}]);

// ---- something to see ----

const unit = (id, name, ...more) => assert.equal(node.command(['unit', 'add', id, '--country', id.slice(0, 3), '--name', name, ...more]).code, 0);
unit('XPO/hub', 'Hub', '--level', 'hub');
unit('UTO/ncb', 'National Central Bureau of Utopia', '--level', 'national-bureau');
unit('UTO/crime', 'Criminal investigation of Utopia', '--parent', 'UTO/ncb', '--level', 'unit');
const documents = stage.databases.find((d) => d.fields.some((f) => f.meaning === 'document-number' && f.required && f.type === 'document-number'));
const numberField = documents.fields.find((f) => f.meaning === 'document-number').name;
const inDays = (days) => new Date(Date.now() + days * 86400e3).toISOString();
const sent = async (method, path, body, as) => { const reply = await node.call(method, path, body, { as }); assert.ok(reply.status < 300, `${path} ${reply.text}`); return reply.data; };
const asked = await sent('POST', '/v1/standing', { fields: { 'document-number': 'QZ4000000' }, until: inDays(50).slice(0, 10), reference: 'C-118' }, 'a-bureau');
await sent('POST', `/v1/standing/${asked.id}/approve`, undefined, 'desk');
await sent('POST', '/v1/standing', { fields: { 'document-number': 'QZ4100000' }, until: inDays(50).slice(0, 10), reference: 'C-119' }, 'a-bureau');
const body = completed(documents.examples[0].body);
body.fields[numberField] = 'QZ4000000';
Object.assign(body.envelope, { owner: 'UTO', unit: 'UTO/ncb', test: false, ref: 'w-1' });
const record = (await sent('POST', `/v1/records/${documents.name}`, body, 'desk')).id;
body.fields[numberField] = 'QZ4000001';
body.envelope.ref = 'w-2';
const gone = (await sent('POST', `/v1/records/${documents.name}`, body, 'desk')).id;
assert.equal((await node.call('DELETE', `/v1/records/${gone}`, undefined, { as: 'desk', headers: { 'If-Match': '"1"' } })).status, 200); // its certificate says why
await sent('POST', '/v1/search', { text: 'QZ4000000', purpose }, 'a-investigator');
await sent('POST', '/v1/grants', { officer: 'a-frontline', purposes: ['missing-person'], until: inDays(2).replace(/\.\d+/, ''), reason: 'stands in for a colleague' }, 'admin');
await sent('POST', '/v1/measures', { country: 'FRA', kind: 'rate-limit', rate: 5, reason: 'bulk searches not explained' }, 'a-hub-administrator');

// ---- every page in every language ----

const walks = {
  'a-bureau': ['search', 'tickets', 'mine', 'mine/standing', 'mine/tokens', 'mine/emergency', 'owner', 'retention', ...oversee.map((part) => `oversight/${part}`), 'rights', 'me', `record/${record}`, 'desk', 'desk/DATABASE'],
  'a-administrator': ['admin/units', 'admin/units/UTO/crime', 'admin/units/+', 'admin/officers', 'admin/officers/+', 'admin/officers/+list', 'admin/officers/a-frontline', 'admin/systems', 'admin/systems/+', 'admin/grants', 'admin/grants/+', 'admin/measures', 'admin/use'],
  'a-hub-administrator': ['admin/units', 'admin/units/+', 'admin/measures'],
  'a-auditor': ['audit', 'audit/check', 'retention', 'oversight/reviews', 'oversight/use', 'rights'],
};
const languages = ['en', 'fr', 'es', 'ar'];
const texts = Object.fromEntries(languages.map((code) => [code, JSON.parse(readFileSync(new URL(`../../web/src/lang/${code}.json`, import.meta.url)))]));
const keys = new Set(Object.keys(texts.en).filter((key) => key.includes('.')));

// What a reader reads and a listener hears, apart from what comes from people and records: ids, codes, values keep their own.
const read = () => stage.page.evaluate(() => {
  const apart = 'bdi, code, kbd, script, style, [dir=ltr], [lang], .mono, option[value=""] ~ option, noscript';
  const out = [];
  const walk = document.createTreeWalker(document.getElementById('app'), NodeFilter.SHOW_TEXT);
  for (let at = walk.nextNode(); at; at = walk.nextNode()) if (!at.parentElement.closest('[hidden]') && !at.parentElement.matches(apart) && !at.parentElement.closest('bdi, code, [lang], [dir=ltr]')) out.push(at.data.trim());
  for (const element of document.querySelectorAll('#app [aria-label], #app [title], #app [placeholder]')) {
    if (element.closest('[hidden], [dir=ltr]')) continue;
    for (const name of ['aria-label', 'title', 'placeholder']) if (element.hasAttribute(name)) out.push(element.getAttribute(name).trim());
  }
  return out.filter(Boolean);
});
const latin = /(?:\b[A-Za-zÀ-ÿ][a-zà-ÿ’']+[\s,;]+){2,}[A-Za-zÀ-ÿ][a-zà-ÿ’']+/; // three words on end
const theirs = /National Central Bureau of Utopia|Criminal investigation of Utopia|bulk searches not explained|stands in for a colleague|Bureau/g; // typed by people
const english = new Map(); // of a page: what is said in English

// Requests on their way, but for those that wait for news.
const pending = new Map();
function follow(page) {
  pending.clear();
  page.on('request', (request) => { if (/\/v1\//.test(request.url()) && !/[?&]wait=/.test(request.url())) pending.set(request, request.response().catch(() => null).finally(() => pending.delete(request))); });
  page.on('framenavigated', () => pending.clear());
}

async function settled() {
  await stage.page.waitForFunction(() => !document.querySelector('.loading') && [...document.querySelectorAll('#app main')].some((main) => !main.closest('[hidden]')));
  while (pending.size) await Promise.race(pending.values());
  await stage.page.evaluate(() => new Promise((resolve) => { requestAnimationFrame(() => requestAnimationFrame(resolve)); })); // drawn
}

function looked(where, language, all) {
  const said = all.map((text) => text.replace(theirs, ''));
  for (const text of said) for (const word of text.split(/\s+/)) assert.ok(!keys.has(word), `${where} in ${language} shows the key ${word}`);
  if (language === 'en') { english.set(where, new Set(said)); return; }
  const foreign = said.filter((text) => latin.test(text) && (language === 'ar' || english.get(where)?.has(text)));
  assert.deepEqual(foreign, [], `${where} in ${language}`);
}

const walking = Object.entries(walks).map(([as, places]) => [`${as}: ${places.length} pages in four languages`, async () => {
  await signIn(as);
  const faults = [];
  for (const [i, place] of places.entries()) {
    // Each page is opened in a language, in turn, and changed to the others.
    const order = languages.map((_, k) => languages[(i + k) % languages.length]);
    await stage.page.evaluate((code) => localStorage.setItem('language', code), order[0]);
    await stage.page.goto('about:blank');
    await stage.page.goto(`${stage.base}/#/${place.replace('DATABASE', documents.name)}`);
    const said = new Map();
    for (const language of order) {
      if (language !== order[0]) await stage.speak(language);
      await stage.page.waitForSelector(`html[lang=${language}] .head`);
      await settled();
      said.set(language, await read());
      try {
        await stage.serious(`${as} ${place} ${language}`);
        await stage.picture(`${as}-${place.replaceAll('/', '-')}`, language);
      } catch (fault) { faults.push(fault.message); }
    }
    for (const language of languages) try { looked(`${as} ${place}`, language, said.get(language)); } catch (fault) { faults.push(fault.message); }
  }
  assert.deepEqual(faults, []);
}]);

// ---- what the node says when it refuses ----

const refusals = [
  ['#/mine/emergency', 'no session', async () => { /* said by the page itself */ }],
  ['#/admin/officers/+', 'an id that is none', async (page) => { await page.fill('#l-officer', 'no id!'); await page.locator('label.tick input[value=frontline]').check(); await page.locator('label.tick input[value=border-control]').check(); await page.locator('form.desk .primary').click(); await page.waitForSelector('.problem, [aria-invalid=true]'); }],
  ['#/admin/units/+', 'a unit that is there', async (page) => { await page.fill('#l-id', 'UTO/crime'); await page.fill('#l-name', 'X'); await page.locator('form.desk .primary').click(); await page.waitForSelector('.problem'); }],
  ['#/admin/grants/a-frontline', 'no reason', async (page) => { await page.fill('#l-reason', 'x'); await page.locator('form.desk .primary').click(); await page.waitForSelector('[aria-invalid=true]'); }],
  ['#/admin/officers/+list', 'a list without a heading', async (page) => { await page.fill('#list-text', 'officer;country;role\nx y;UTO;frontline\nq-1;FRA;frontline\n'); await page.locator('form.desk .primary').click(); await page.waitForSelector('.refused'); }],
  ['#/record/9ZZZZZZ-1', 'a record that is not there', async (page) => { await page.waitForSelector('.problem'); }],
  ['#/oversight/explain', 'an officer who is not there', async (page) => { await page.fill('#l-officer', 'nobody'); await page.fill('#l-record', record); await page.locator('form.desk .primary').click(); await page.waitForSelector('.problem'); }],
];
const refused = [['a refusal is said in the language of the page', async () => {
  await signIn('a-administrator');
  const faults = [];
  for (const language of languages) {
    await stage.page.evaluate((code) => localStorage.setItem('language', code), language);
    for (const [address, name, work] of refusals) {
      await stage.page.goto('about:blank');
      await stage.page.goto(`${stage.base}/${address}`);
      await settled();
      try {
        await work(stage.page);
        looked(name, language, await read());
      } catch (fault) { faults.push(`${language} ${name}: ${fault.message}`); }
    }
  }
  assert.deepEqual(faults, []);
}]];

// ---- sentences ----

const sentences = [
  ['every word of the pages is there in every language, with the same places for values', () => {
    const places = (text) => [...text.matchAll(/\{\w+\}/g)].map(([place]) => place).sort().join();
    for (const code of languages.slice(1)) {
      for (const [key, text] of Object.entries(texts.en)) assert.equal(typeof texts[code][key], 'string', `${key} in ${code}`);
      for (const [key, text] of Object.entries(texts[code])) if (typeof text === 'string') assert.equal(places(text), places(texts.en[key] ?? ''), `${key} in ${code}`);
    }
  }],
  ['each sentence that is translated is one the node says, in three languages, with no value it has not', async () => {
    const { sentencesOfSources } = await import('./sentences.mjs');
    const known = sentencesOfSources();
    const all = languages.slice(1).map((code) => texts[code].said);
    assert.deepEqual(Object.keys(all[1]), Object.keys(all[0]));
    assert.deepEqual(Object.keys(all[2]), Object.keys(all[0]));
    for (const said of all) {
      for (const [text, own] of Object.entries(said)) {
        assert.ok(known.has(text), `nobody says: ${text}`);
        for (const [place] of own.matchAll(/\{\d\}/g)) assert.ok(text.includes(place), `${text}: ${own}`);
      }
    }
  }],
  ['each sentence an answer can explain itself with is there in three languages, with all its values', async () => {
    const { explanationsOfSources } = await import('./sentences.mjs');
    const codes = ['meanings', 'countries']; // names of lists
    const explanations = [...explanationsOfSources()].filter((text) => !codes.includes(text));
    assert.ok(explanations.length > 150, `${explanations.length} found`);
    const places = (text) => [...text.matchAll(/\{\d\}/g)].map(([place]) => place).sort().join();
    for (const code of languages.slice(1)) {
      assert.deepEqual(explanations.filter((text) => !texts[code].said[text]), [], code);
      assert.deepEqual(explanations.filter((text) => places(texts[code].said[text]) !== places(text)), [], code);
    }
  }],
];

const last = [
  ['no error in the page, no other host', () => {
    stage.isQuiet();
  }],
];

const only = process.argv[2]; // a part of a title
const tests = [...roles, ...sentences, ...walking, ...refused, ...last].filter(([title]) => !only || title.includes(only));
const failed = await runTests('words', tests);
await stage.close();
process.exit(failed ? 1 : 0);
