// SPDX-License-Identifier: Apache-2.0
// How a person is found, as an officer sees it: in a world of some thousand fictional people, from other scripts and back, with a
// wrong year, from a zone with two misread characters, each with its reasons; and what a common name alone is worth. The front line
// reads the band, the namesakes and what to compare; the figures stand in the details of those who work with them.
// With SHOTS=DIR each scene leaves a picture there.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { command, completed, runTests } from '../server/node.mjs';
import { Stage, zone } from './stage.mjs';

const PERSONS = 4000;
let suggestions = []; // [title, text, "database:owner/reference"]

function world(data) {
  const out = join(data, 'world');
  const made = command(data, ['sample', '--persons', String(PERSONS), '--seed', '1923', '--out', out, '--json']);
  assert.equal(made.code, 0, made.err);
  suggestions = readFileSync(join(out, 'try.tsv'), 'utf8').split('\n').filter(Boolean).map((line) => line.split('\t')).filter(([title]) => title.includes('asked in'))
    .map(([title, text, database, reference]) => ({ title, text, database, reference: `${database}:${reference}` }));
  const [{ database }] = suggestions;
  const done = command(data, ['import', 'bureau-ndjson', join(out, `${database}.ndjson`)]);
  assert.equal(done.code, 0, done.err);
}

const stage = await Stage.open({
  before: world,
  officers: { gate: ['--country', 'UTO', '--unit', 'UTO/gate', '--role', 'frontline', '--purpose', 'border-control'] },
});
const { node } = stage;
const persons = stage.database('name', 'birth-date', 'person-status');
const group = (meaning) => persons.fields.find((f) => f.meaning === meaning || f.fields?.some((part) => part.meaning === meaning));
function valued(meaning, value) {
  const field = group(meaning);
  const inner = field.fields?.find((part) => part.meaning === meaning);
  const one = inner ? { [inner.name]: value } : value;
  return [field.name, field.many ? [one] : one];
}
async function enter(values) {
  const fields = Object.fromEntries([['person-status', 'suspect'], ...values].map(([meaning, value]) => valued(meaning, value)));
  const made = await node.call('POST', `/v1/records/${persons.name}`, completed({ fields }), { as: 'desk' });
  assert.equal(made.status, 201, made.text);
  return made.data.id;
}
// By a person's own reference: the world's records are found under new numbers each time.
const idOf = async (reference) => (await node.call('GET', `/v1/references/${reference.split('/').map(encodeURIComponent).join('/')}`, undefined, { as: 'desk' })).data.id;

async function shot(name) {
  if (!process.env.SHOTS) return;
  mkdirSync(process.env.SHOTS, { recursive: true });
  await stage.page.screenshot({ path: join(process.env.SHOTS, `${name}.png`), fullPage: true });
}
const card = (id) => stage.page.locator(`.card[data-record="${id}"]`);
const reasons = (id) => card(id).locator('table.why tr');
const cellsOf = (rows) => rows.evaluateAll((all) => all.map((row) => ({ agreement: row.dataset.agreement, meaning: row.dataset.meaning, text: row.innerText })));
// Every line of the comparison says in words how it stands.
async function explained(id, ...meanings) {
  const rows = await cellsOf(reasons(id));
  for (const meaning of meanings) assert.ok(rows.some((row) => row.meaning === meaning), `${meaning} is compared: ${JSON.stringify(rows)}`);
  for (const row of rows) assert.ok(row.text.trim().length > 8, `${row.meaning}: ${row.text}`);
  return Object.fromEntries(rows.map((row) => [row.meaning, row]));
}
const percentage = /\d\s*[%٪]|[%٪]\s*\d/;
// What is on the screen, not what is folded away.
const onScreen = () => stage.page.evaluate(() => document.querySelector('#app').innerText);
const otherYear = (text) => text.replace(/(\d{4})-/, (_, year) => `${Number(year) - 1}-`);

const scripts = ['Arabic', 'Cyrillic', 'Chinese', 'Hangul'];
const across = scripts.flatMap((script) => [[`asked in ${script}`, `${script.toLowerCase()}-to-latin`], [`the record in ${script}`, `latin-to-${script.toLowerCase()}`]]);

const tests = [
  ['an officer of the front line asks', async () => {
    await stage.context.close();
    await stage.openPage({ viewport: { width: 1366, height: 768 } });
    await stage.signIn('gate');
  }],
  ...across.map(([way, name]) => [`${way}: found, and said how the names agree`, async () => {
    const { text, reference } = suggestions.find((s) => s.title.includes(way));
    const id = await idOf(reference);
    assert.equal(await stage.ask(text), 'match');
    const why = await explained(id, 'name', 'birth-date');
    assert.match(why.name.text, / = /, 'both spellings are set side by side');
    assert.match(why.name.text, /Latin letters|another spelling|sounds alike/);
    assert.equal(why['birth-date'].agreement, 'same');
    assert.doesNotMatch(await onScreen(), percentage);
    await shot(name);
  }]),
  ['the wrong year of birth: found, and said to be a year apart', async () => {
    const { text, reference } = suggestions.find((s) => s.title.includes('asked in Arabic'));
    const id = await idOf(reference);
    assert.ok(['match', 'possible'].includes(await stage.ask(otherYear(text))));
    const why = await explained(id, 'name', 'birth-date');
    assert.equal(why['birth-date'].agreement, 'close');
    assert.doesNotMatch(await onScreen(), percentage);
    await shot('wrong-year');
  }],
  ['a machine-readable zone with two misread characters: found, and said which two', async () => {
    const id = await enter([['name', 'Eriksson, Anna Maria'], ['birth-date', '1974-08-12'], ['sex', 'F'], ['document-number', 'L898902C3']]);
    const misread = zone[1].replace('L898902C3', 'L8989O2C3').replace('7408122', '7408I22');
    assert.equal([...misread].filter((c, i) => c !== zone[1][i]).length, 2);
    assert.equal(await stage.ask(`${zone[0]}\n${misread}`), 'match');
    await explained(id, 'name', 'birth-date');
    const advice = await stage.page.locator('.verdict .advice').innerText();
    assert.match(advice, /line 2 place 6: 0 instead of O[\s\S]*line 2 place 18: 1 instead of I/);
    await shot('misread-zone');
    await stage.page.keyboard.press('Escape');
    assert.equal(await stage.ask(`${zone[0]}\n${zone[1]}`), 'match', 'as it was meant');
    assert.equal((await explained(id, 'birth-date'))['birth-date'].agreement, 'same');
  }],
  ['a common name alone is possible only: how many others would match as well, and what to compare next', async () => {
    const id = await enter([['name', 'Mohamed Ahmed'], ['birth-date', '1985-03-02'], ['sex', 'M'], ['nationality', 'UTO']]);
    assert.equal(await stage.ask('Mohamed Ahmed'), 'possible');
    const expected = Number(await card(id).locator('.namesakes').getAttribute('data-expected'));
    assert.ok(expected > 1, `${expected} others expected`);
    const next = await card(id).locator('.next').innerText();
    assert.match(next, /[Dd]ate of birth/, 'what the record has and nobody asked');
    assert.doesNotMatch(await onScreen(), percentage);
    await shot('common-name');
    assert.equal(await stage.ask('Mohamed Ahmed 1985-03-02'), 'match');
    assert.ok(Number(await card(id).locator('.namesakes').getAttribute('data-expected')) < expected / 20, 'a date tells them apart');
    assert.doesNotMatch(await onScreen(), percentage);
    await shot('common-name-with-date');
  }],
  ['the front line has no figures to open', async () => {
    assert.equal(await stage.page.locator('.card details.figures').count(), 0);
    await stage.serious('answer to the front line');
  }],
  ['who works with the figures opens them in the details', async () => {
    await stage.takeOver('desk', { viewport: { width: 1366, height: 768 } });
    await stage.ask('Mohamed Ahmed 1985-03-02');
    const figures = stage.page.locator('.card details.figures').first();
    assert.doesNotMatch(await onScreen(), percentage, 'closed at first');
    await figures.locator('summary').press('Enter');
    assert.match(await figures.innerText(), percentage);
    await shot('figures');
  }],
  ['every reason is said in the language of the page', async () => {
    const questions = [...across.map(([way]) => suggestions.find((s) => s.title.includes(way)).text), otherYear(suggestions[0].text), `${zone[0]}\n${zone[1].replace('L898902C3', 'L8989O2C3')}`, 'Ahmed Mohamed 1985'];
    for (const language of ['ar', 'fr', 'es']) {
      await stage.speak(language);
      for (const text of questions) {
        await stage.ask(text);
        for (const row of await stage.page.locator('table.why tr td:last-child, .verdict .advice').evaluateAll((all) => all.map((cell) => { const copy = cell.cloneNode(true); for (const own of copy.querySelectorAll('bdi')) own.remove(); return copy.textContent; })))
          assert.doesNotMatch(row, /\b(same|sounds|spelling|letters|agrees?|apart|another|instead|check digit|swapped|not known)\b/, `${language}: ${text}`);
      }
      if (language === 'ar') { await stage.ask(suggestions.find((s) => s.title.includes('asked in Arabic')).text); await shot('arabic-page'); await stage.serious('answer in Arabic'); }
    }
    await stage.speak('en');
  }],
  ['on a phone', async () => {
    await stage.ask('Mohamed Ahmed 1985-03-02');
    await stage.page.setViewportSize({ width: 390, height: 780 });
    assert.ok(await stage.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth));
    await shot('phone');
  }],
  ['no error in the page, no other host', () => {
    assert.deepEqual(stage.failures, []);
    assert.deepEqual(stage.strangers, []);
  }],
];

const only = process.argv[2]; // a part of a title
const failed = await runTests('matching', tests.filter(([title], i) => i === 0 || !only || title.includes(only)));
await stage.close();
process.exit(failed ? 1 : 0);
