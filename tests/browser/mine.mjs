// SPDX-License-Identifier: Apache-2.0
// An officer's own desk and the supervisor's, each signed in by password: an emergency, tokens, questions that stand, searches to
// review, who searched for a value, why a record is seen.
import assert from 'node:assert/strict';
import { completed, purpose, runTests } from '../server/node.mjs';
import { Person } from './person.mjs';
import { Stage } from './stage.mjs';

const P = ['border-control', 'investigate'].flatMap((code) => ['--purpose', code]);
const stage = await Stage.open({
  words: ['--rate', '0', '--review-share', '10000'],
  officers: { searcher: ['--country', 'UTO', '--unit', 'UTO/crime', '--role', 'investigator', ...P] },
});
const { node } = stage;
const documents = stage.databases.find((d) => d.fields.some((f) => f.meaning === 'document-number' && f.required && f.type === 'document-number'));
const numberField = documents.fields.find((f) => f.meaning === 'document-number').name;
const sent = async (method, path, body, as) => { const reply = await node.call(method, path, body, { as }); assert.ok(reply.status < 300, `${path} ${reply.text}`); return reply.data; };
const body = completed(documents.examples[0].body);
body.fields[numberField] = 'QZ4000000';
Object.assign(body.envelope, { owner: 'UTO', unit: 'UTO/ncb', test: false, ref: 'w-1' });
const record = (await sent('POST', `/v1/records/${documents.name}`, body, 'desk')).id;
await sent('POST', '/v1/search', { text: 'QZ4000000', purpose }, 'searcher');
const invite = async (officer) => (await sent('POST', '/v1/officers', { ...officer, invite: true }, 'admin')).secret;
const finder = new Person(stage, 'o-7');
const chief = new Person(stage, 'o-8');

const people = [
  ['both sign in at computers of their own', async () => {
    await finder.enrol(await invite({ officer: 'o-7', country: 'UTO', unit: 'UTO/crime', role: 'investigator', purposes: ['investigate'] }), 1);
    await chief.enrol(await invite({ officer: 'o-8', country: 'UTO', unit: 'UTO/ncb', role: 'national-bureau', purposes: ['investigate'], may: ['write'] }), 1);
  }],
  ['an emergency is taken, seen on every page, ended by hand, and reviewed by another', async () => {
    const page = finder.here();
    await finder.go('mine/emergency', '#l-of');
    await page.fill('#l-of', 'fra');
    await page.fill('#l-reason', 'a child is missing at the port');
    await page.locator('form.desk button.danger').click();
    await page.waitForSelector('dialog.confirm[open]');
    assert.match(await page.locator('dialog.confirm').innerText(), /FRA for 30 minutes[\s\S]*owner is told[\s\S]*log[\s\S]*reviews/);
    await page.locator('[data-yes]').click();
    await page.waitForSelector('aside.glass .left');
    for (const view of ['search', 'tickets', 'me']) {
      await finder.go(view, 'aside.glass');
      assert.match(await page.locator('aside.glass').innerText(), /FRA/);
    }
    await stage.serious('emergency');
    await page.reload();
    await page.waitForSelector('aside.glass .left');
    await page.locator('[data-end-glass]').click();
    await page.locator('[data-yes]').click();
    await page.waitForSelector('aside.glass', { state: 'detached' });
    assert.equal(await page.locator('.head').count(), 1, 'the session goes on');
    const other = chief.here();
    await chief.go('oversight/emergencies', '#l-review');
    await other.fill('#l-review', 'the child was found');
    await other.locator('form.desk .primary').click();
    await other.waitForSelector('.empty');
    assert.equal((await node.call('GET', '/v1/grants?kind=break-glass')).data[0].reviewed_by, 'o-8');
  }],
  ['what is signed in with and ends soon is shown on the own desk, in four languages', async () => {
    const page = finder.here();
    const expires = new Date(Date.now() + 5.5 * 86400e3).toISOString();
    // the node answers so once days have passed (server/credentials.mjs); here it is shown
    const answer = [{ id: '4D2KX9A-1F', officer: 'o-7', kind: 'token', label: 'night import', created: '2026-01-01T00:00:00Z', expires },
      { id: '4D2KX9A-2F', officer: 'o-8', kind: 'token', label: 'of another', created: '2026-01-01T00:00:00Z', expires }];
    await page.route('**/v1/credentials/ending', (route) => route.fulfill({ json: answer }));
    for (const [language, words] of [['fr', '6 jours'], ['es', '6 días'], ['ar', '6 يوما'], ['en', '6 days left']]) {
      await finder.go('mine/hits', 'section.ending');
      await stage.speak(language);
      await page.locator('section.ending li', { hasText: words }).waitFor();
      assert.equal(await page.locator('section.ending li').count(), 1, 'another\'s is for who administers him');
      await stage.serious(`${language} ending`);
    }
    assert.match(await page.locator('section.ending').innerText(), /night import/);
    assert.equal(await page.locator('section.ending a').getAttribute('href'), '#/mine/tokens');
    await page.unroute('**/v1/credentials/ending');
  }],
  ['a token is told once, is good for what was ticked, and is revoked', async () => {
    const page = finder.here();
    await finder.go('mine/tokens', '#l-label');
    await page.fill('#l-label', 'nightly');
    await page.locator('label.tick input[value=investigate]').check();
    await page.locator('form.desk .primary').click();
    await page.waitForSelector('.once');
    const token = await page.locator('.once code').innerText();
    const me = (await node.call('GET', '/v1/me', undefined, { as: token })).data;
    assert.deepEqual([me.officer, me.purposes.map((p) => p.code)], ['o-7', ['investigate']]);
    await page.locator('.once button').last().click();
    assert.ok(!(await page.content()).includes(token));
    await page.locator('tr', { hasText: 'nightly' }).getByRole('button').click();
    await page.locator('[data-yes]').click();
    await page.locator('tr', { hasText: 'nightly' }).waitFor({ state: 'detached' });
    assert.equal((await node.call('GET', '/v1/me', undefined, { as: token })).status, 401);
    assert.equal(await page.locator('.head').count(), 1, 'the session goes on');
  }],
  ['a question is kept from a search, approved by the bureau, and what it meets comes while one looks', async () => {
    const page = finder.here();
    await finder.go('search', '#query');
    await stage.ask('QZ4200000');
    await page.locator('a[href="#/mine/standing/+"]').click();
    await page.waitForSelector('#l-until');
    await page.locator('form.desk .primary').click();
    await page.waitForSelector('[aria-invalid=true], .problem');
    await page.fill('#l-reference', 'C-200');
    await page.locator('form.desk .primary').click();
    await page.waitForSelector('.query.waiting');
    const other = chief.here();
    await chief.go('mine/standing', '[data-approve]');
    await other.locator('.query', { hasText: 'QZ4200000' }).locator('[data-approve]').click();
    await other.locator('.query.standing', { hasText: 'QZ4200000' }).waitFor();
    finder.here();
    await page.reload();
    await page.waitForSelector('.query.standing');
    await sent('POST', `/v1/records/${documents.name}`, { envelope: { ...body.envelope, ref: 'w-2' }, fields: { ...body.fields, [numberField]: 'QZ4200000' } }, 'desk');
    await page.waitForSelector('.query .card');
    await finder.go('mine', '.card');
    assert.match(await page.locator('main.mine').innerText(), /QZ4200000/);
    await finder.go('mine/standing', '.query .danger');
    await page.locator('.query .danger').click();
    await page.locator('[data-yes]').click();
    await page.waitForSelector('.query', { state: 'detached' });
  }],
  ['a search drawn by lot is confirmed, another is not, with a reason; nobody has his own', async () => {
    const other = chief.here();
    await chief.go('oversight/reviews', '.review');
    const names = await other.locator('.review .name bdi:first-child').allInnerTexts();
    assert.ok(names.includes('o-7') && !names.includes('o-8'), names.join());
    const gone = (id) => other.waitForSelector(`.review[data-id="${id}"]`, { state: 'detached' });
    const id = await other.locator('.review', { hasText: 'o-7' }).first().getAttribute('data-id');
    const first = other.locator(`.review[data-id="${id}"]`);
    await first.locator('[data-outcome="not-confirmed"]').click();
    await first.locator('form .danger').click();
    await first.locator('[aria-invalid=true], .problem').first().waitFor();
    await first.locator('textarea').fill('no case of this number');
    await first.locator('form .danger').click();
    await other.waitForSelector('.said-well');
    await gone(id);
    const next = await other.locator('.review').first().getAttribute('data-id');
    await other.locator(`.review[data-id="${next}"] [data-outcome="confirmed"]`).click();
    await other.locator(`.review[data-id="${next}"] form .primary`).click();
    await gone(next);
  }],
  ['who searched for a value is told of the own country; why an officer sees a record, rule by rule', async () => {
    const other = chief.here();
    await chief.go('oversight/value', '#l-value');
    await other.fill('#l-value', 'qz 4000000');
    await other.keyboard.press('Enter');
    await other.waitForSelector('table.searched tbody tr');
    assert.deepEqual(await other.locator('table.searched tbody td:nth-child(2)').allInnerTexts(), ['searcher']);
    await chief.go('oversight/explain', '#l-officer');
    await other.fill('#l-officer', 'patrol');
    await other.fill('#l-record', record);
    await other.selectOption('#l-purpose', 'border-control');
    await other.locator('form.desk .primary').click();
    await other.waitForSelector('table.steps tbody tr');
    assert.match(await other.locator('table.steps').innerText(), /Purpose[\s\S]*asked for: Border control/);
    await chief.go('oversight/reach', '#l-officer');
    await other.fill('#l-officer', 'patrol');
    await other.locator('form.desk .primary').click();
    await other.waitForSelector('details.envelope');
  }],
  ['the keys of the pages: numbers go to them, ? lists them, a dialog keeps the focus and gives it back', async () => {
    const other = chief.here();
    await chief.go('oversight/reviews', 'main.oversight');
    await other.evaluate(() => document.activeElement.blur());
    await other.keyboard.press('3');
    await other.waitForSelector('main.mine');
    await other.evaluate(() => document.activeElement.blur());
    await other.keyboard.press('?');
    await other.waitForSelector('dialog[open]');
    assert.match(await other.locator('dialog[open]').innerText(), /1 … 9/);
    for (let i = 0; i < 5; i++) { await other.keyboard.press('Tab'); assert.ok(await other.evaluate(() => !document.activeElement || document.activeElement === document.body || Boolean(document.activeElement.closest('dialog'))), 'behind the dialog'); }
    await other.keyboard.press('Escape');
    await other.waitForSelector('dialog[open]', { state: 'detached' });
  }],
  ['no error in the page, no other host', () => {
    stage.isQuiet();
  }],
];

const failed = await runTests('mine', people);
await stage.close();
process.exit(failed ? 1 : 0);
