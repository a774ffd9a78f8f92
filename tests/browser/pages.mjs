// SPDX-License-Identifier: Apache-2.0
// The answer page as an officer uses it: keyboard, scanner, any script, four languages; and as axe and the network see it.
import assert from 'node:assert/strict';
import { completed, runTests, startServer } from '../server/node.mjs';
import { Stage, everyField, zone } from './stage.mjs';

const stage = await Stage.open();
const { node, page } = stage;
const documents = stage.database('document-class');
const persons = stage.database('name', 'birth-date', 'person-status');
const ask = (text) => stage.ask(text);
const results = () => page.locator('#results').innerText();
const chip = (name) => page.locator('.chip', { hasText: name });

function fieldNamed(definition, meaning) { return definition.fields.find((f) => f.meaning === meaning).name; }
function stolen(number) {
  const fields = {};
  for (const [meaning, value] of [['document-class', 'travel'], ['document-type', 'passport'], ['issuer', 'UTO'], ['document-number', number], ['fraud-kind', 'stolen'], ['theft-country', 'UTO']])
    fields[fieldNamed(documents, meaning)] = value;
  return completed({ fields });
}

// What a reader that plays a US keyboard yields on a computer set to another layout: key by key, as on the keyboards' tops.
const us = '1234567890-=qwertyuiop[]asdfghjkl;\'zxcvbnm,./!@#$%^&*()_+QWERTYUIOP{}ASDFGHJKL:"ZXCVBNM<>?';
const layouts = {
  French: '&é"\'(-è_çà)=azertyuiop^$qsdfghjklmùwxcvbn,;:!1234567890°+AZERTYUIOP¨£QSDFGHJKLM%WXCVBN?./§',
  German: '1234567890ß´qwertzuiopü+asdfghjklöäyxcvbnm,.-!"§$%&/()=?`QWERTZUIOPÜ*ASDFGHJKLÖÄYXCVBNM;:_',
  Russian: '1234567890-=йцукенгшщзхъфывапролджэячсмитьбю.!"№;%:?*()_+ЙЦУКЕНГШЩЗХЪФЫВАПРОЛДЖЭЯЧСМИТЬБЮ,',
  Greek: '1234567890-=;ςερτυθιοπ[]ασδφγηξκλ΄\'ζχψωβνμ,./!@#$%^&*()_+:΅ΕΡΤΥΘΙΟΠ{}ΑΣΔΦΓΗΞΚΛ¨"ΖΧΨΩΒΝΜ<>?',
};
const garbled = (text, layout) => Array.from(text, (c) => (us.includes(c) ? Array.from(layouts[layout])[us.indexOf(c)] : c)).join('');

async function loadExamples() {
  let taken = 0;
  for (const d of stage.databases)
    for (const example of d.examples || [])
      if ((await node.call('POST', `/v1/records/${d.name}`, completed(example.body))).status === 201) taken++;
  assert.ok(taken > stage.databases.length, `${taken} examples taken`);
}

const answers = [
  ['nothing is shown before signing in, a wrong token is refused', async () => {
    await page.goto(stage.base);
    await page.locator('main.sign details summary').click();
    await page.fill('#token', 'bureau_wrong');
    await page.keyboard.press('Enter');
    await page.waitForSelector('[role=alert]');
    assert.equal(await page.locator('#query').count(), 0);
  }],
  ['an innocent number: NOTHING FOUND at 48 px or more, with what was asked, the time and a receipt that can be copied', async () => {
    await stage.signIn();
    assert.equal(await ask('X7781209'), 'nothing-found');
    assert.ok(await page.locator('.verdict h1').evaluate((e) => parseFloat(getComputedStyle(e).fontSize)) >= 48);
    const said = await page.locator('.verdict').innerText();
    assert.match(said, /X7781209[\s\S]*as of \d\d:\d\d[\s\S]*[0-9A-Z]{4}-[0-9A-Z]{4}/);
    await stage.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.click('.copy button');
    await stage.sees(async (receipt) => await navigator.clipboard.readText() === receipt, await page.locator('.copy code').innerText());
  }],
  ['a search before the answer before it came: the older answer is dropped', async () => {
    await node.call('POST', `/v1/records/${documents.name}`, stolen('L898902C3'));
    let release;
    const older = new Promise((come) => {
      page.route('**/v1/search', async (route) => {
        if (route.request().postData().includes('OLDER')) await new Promise((done) => { release = done; come(); });
        await route.continue().catch(() => { /* given up by the page meanwhile */ });
      });
    });
    await page.fill('#query', 'OLDER4711');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.verdict.waiting');
    await older;
    await page.fill('#query', 'L898902C3');
    await page.keyboard.press('Enter');
    assert.equal(await stage.answered(), 'match');
    release();
    await page.unroute('**/v1/search');
    assert.match(await page.locator('.asked').innerText(), /L898902C3/);
    assert.equal(await page.locator('[data-verdict]').count(), 1);
  }],
  ['two seconds without an answer are said, and the answer still comes', async () => {
    let release;
    await page.route('**/v1/search', async (route) => { await new Promise((done) => { release = done; }); await route.continue(); });
    await page.fill('#query', 'L898902C3');
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => /2 seconds/.test(document.querySelector('.verdict.waiting')?.innerText || ''));
    assert.equal(await page.inputValue('#query'), 'L898902C3');
    release();
    assert.equal(await stage.answered(), 'match');
    await page.unroute('**/v1/search');
  }],
  ['a line that breaks: the same question goes again, with the same id, until it is answered', async () => {
    const sent = [];
    await page.route('**/v1/search', (route) => {
      sent.push(route.request().postDataJSON().id);
      return sent.length < 3 ? route.abort(sent.length === 1 ? 'connectionreset' : 'timedout') : route.continue();
    });
    assert.equal(await ask('l898902c3'), 'match');
    assert.equal(sent.length, 3);
    assert.ok(sent[0] && sent.every((id) => id === sent[0]));
    await page.unroute('**/v1/search');
  }],
  ['a document reader that sends Enter after each line is waited for', async () => {
    await page.keyboard.press('Escape');
    await page.focus('#query');
    await page.clock.install();
    await page.clock.pauseAt(Date.now() + 60e3); // however slowly this types, the page's patience is not over
    await page.keyboard.type(zone[0]);
    await page.keyboard.press('Enter');
    assert.equal(await page.locator('[data-verdict]').count(), 0);
    await page.keyboard.type(zone[1]);
    await page.clock.resume();
    await page.keyboard.press('Enter');
    assert.equal(await stage.answered(), 'match');
  }],
  ['a misread zone: READ AGAIN, never nothing', async () => {
    assert.equal(await ask(`${zone[0]}\n${zone[1].replace('L898902C36', 'L898907C36')}`), 'read-again');
  }],
  ...Object.keys(layouts).map((layout) => [`a zone read onto a ${layout} keyboard is offered as it was meant, while typing and after`, async () => {
    const text = garbled(zone.join('\n'), layout);
    assert.notEqual(text, zone.join('\n'));
    await page.keyboard.press('Escape');
    await page.fill('#query', text);
    await page.waitForSelector('.repair');
    assert.match(await page.locator('.repair').innerText(), new RegExp(layout));
    await page.keyboard.press('Enter');
    assert.equal(await stage.answered(), 'read-again');
    await page.keyboard.press('Alt+r');
    assert.equal(await stage.answered(), 'match');
    assert.equal(await page.inputValue('#query'), zone.join('\n'));
  }]),
  ['caps lock and digits of another script change nothing, or are offered repaired', async () => {
    assert.equal(await ask(zone.join('\n').toLowerCase()), 'match');
    const imei = '490154203237518';
    await ask(Array.from(imei, (c) => String.fromCharCode(0x660 + Number(c))).join(''));
    const meant = await page.locator('.repair code').count() ? await page.locator('.repair code').innerText() : await page.locator('.asked').innerText();
    assert.match(meant.replace(/\D/g, ''), new RegExp(imei));
  }],
  ['several readings are chips that can be switched off, one that is off can be taken alone', async () => {
    assert.equal(await ask('L898902C3'), 'match');
    await stage.sees(() => document.querySelectorAll('.chip.on').length > 1);
    const name = /document number/;
    await chip(name).click();
    await page.waitForFunction(() => document.querySelector('[data-verdict]')?.dataset.verdict === 'nothing-found');
    await chip(name).click();
    await page.waitForFunction(() => document.querySelector('[data-verdict]')?.dataset.verdict === 'match');
    assert.equal(await page.locator('.chip', { hasText: 'Occupation' }).count(), 0);
    await page.fill('#query', 'L898902C4'); // another text: nothing stays switched off
    await page.waitForFunction(() => document.querySelectorAll('.chip:not(.on)').length === 0);
  }],
  ['the list names every database: those asked with their result, those closed to the purpose as such', async () => {
    await stage.purpose('border-control');
    await ask('L898902C3');
    const open = stage.databases.filter((d) => d.purposes.includes('border-control')).length;
    assert.ok(open < stage.databases.length);
    assert.match(await page.locator('.scope').innerText(), new RegExp(`all ${open} databases open to this purpose, as of \\d\\d:\\d\\d`));
    await page.evaluate(() => document.activeElement.blur());
    await page.keyboard.press('d');
    assert.equal(await page.locator('table.databases tr').count(), stage.databases.length);
    assert.equal(await page.locator('table.databases tr.closed').count(), stage.databases.length - open);
    assert.match(await page.locator('table.databases tr.closed').first().innerText(), /not open to this purpose/);
    assert.match(await page.locator('table.databases tr.hit').innerText(), /hit · 1/);
    await page.keyboard.press('d');
    await stage.purpose('investigate');
    await ask('L898902C3');
    assert.match(await page.locator('.scope').innerText(), new RegExp(`all ${stage.databases.length} databases, as of`));
  }],
  ['the heading of a card is the name, or the number that links it', async () => {
    await loadExamples();
    await ask('Shchukarev Evgenii');
    assert.match(await page.locator('.card h3').first().innerText(), /Щукар|SHCHUKAREV/i);
    await ask('L898902C3');
    assert.match(await page.locator('.card h3').first().innerText(), /L898902C3/);
  }],
  ['what each database holds is found by one of its numbers', async () => {
    for (const d of stage.databases) {
      const found = [];
      for (const example of d.examples || []) {
        const value = firstPivot(d, example.body.fields);
        if (value) { await ask(value); found.push(await page.locator('.card .kind', { hasText: d.title.en }).count()); }
        if (found.at(-1)) break;
      }
      assert.ok(found.some(Boolean), `${d.name}: ${found.length} tried`);
    }
  }],
  ['Latin, Cyrillic, Arabic, Chinese, Greek and Hangul find one another', async () => {
    const people = [
      ['Карим Бензема', 'Karim Benzema'], ['Yusuf Marwan Haddad', 'يوسف مروان حداد'], ['诸葛明华', 'Zhuge Minghua'],
      ['Papadopoulos Georgios', 'Παπαδόπουλος Γεώργιος'], ['남궁혜교', 'Namgung Hyekyo'], ['Shevchenko Taras', 'Шевченко Тарас'],
    ];
    const list = persons.fields.find((f) => f.fields?.some((inner) => inner.meaning === 'name'));
    const own = list.fields.find((f) => f.meaning === 'name').name;
    const status = persons.fields.find((f) => f.fields?.some((inner) => inner.meaning === 'person-status'));
    for (const [held] of people) {
      const body = completed({ fields: { [status.name]: [{ [status.fields[0].name]: 'wanted-prosecution' }], [list.name]: [{ [own]: held }] } });
      const made = await node.call('POST', `/v1/records/${persons.name}`, body);
      assert.equal(made.status, 201, made.text);
    }
    for (const [held, asked] of people) {
      assert.notEqual(await ask(asked), 'nothing-found', asked);
      assert.ok((await results()).includes(held), `${asked} finds ${held}`);
    }
  }],
  ['similar numbers stand apart, with what chance would bring', async () => {
    await ask('L898902D3');
    const button = page.locator('button', { hasText: 'Look for similar numbers' });
    if (await button.count()) await button.click();
    await page.waitForSelector('.similar .card.near');
    assert.match(await page.locator('.similar').innerText(), /expect by chance: [\d.e-]+/);
  }],
  ['j reaches the card, Enter opens the record, with its history and a receipt', async () => {
    await ask('L898902C3');
    await page.evaluate(() => document.activeElement.blur());
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await page.waitForSelector('table.history');
    assert.match(await page.locator('table.history').innerText(), /version 1/);
    assert.match(await page.locator('main.record .copy code').innerText(), /^[0-9A-Z]{4}-[0-9A-Z]{4}$/);
    await page.locator('main.record .facts button.link').first().click(); // its number, searched
    assert.equal(await stage.answered(), 'match');
  }],
];

const faults = [
  ['a line that is down is NO ANSWER, what was typed is kept, and asking again helps', async () => {
    await ask('X7781209');
    await stage.context.setOffline(true);
    assert.equal(await ask('L898902C3'), 'no-answer');
    assert.equal(await page.inputValue('#query'), 'L898902C3');
    await stage.context.setOffline(false);
    await page.locator('.verdict button').click();
    await page.waitForSelector('[data-verdict=match]');
  }],
  ['what was typed outlives a reload; what Escape cleared comes back with the arrow', async () => {
    await page.fill('#query', 'half a question');
    await page.reload();
    await page.waitForSelector('#query');
    assert.equal(await page.inputValue('#query'), 'half a question');
    await page.focus('#query');
    await page.keyboard.press('Escape');
    assert.equal(await page.inputValue('#query'), '');
    await page.keyboard.press('ArrowUp');
    assert.equal(await page.inputValue('#query'), 'half a question');
  }],
  ['a server started anew is used without signing in again, what was typed is there', async () => {
    await page.fill('#query', 'L898902C3');
    await node.running.stop();
    await page.keyboard.press('Enter');
    assert.equal(await stage.answered(), 'no-answer');
    node.running = await startServer(node.data, ['--rate', '0'], node.running.port);
    assert.equal(await page.inputValue('#query'), 'L898902C3');
    await page.locator('.verdict button').click();
    await page.waitForSelector('[data-verdict=match]');
  }],
  ['a session that has ended asks to sign in, and what was typed is there after it', async () => {
    await page.fill('#query', 'L898902C3');
    await page.evaluate(() => sessionStorage.setItem('token', 'bureau_gone'));
    await page.reload();
    await page.waitForSelector('#sign-officer');
    await page.locator('main.sign details summary').click();
    await page.fill('#token', node.tokens.desk);
    await page.keyboard.press('Enter');
    await page.waitForSelector('#query');
    assert.equal(await page.inputValue('#query'), 'L898902C3');
  }],
];

const appearance = [
  ['every word of the page is there in four languages, and Arabic runs from right to left', async () => {
    for (const [language, word, direction] of [['fr', /RIEN TROUVÉ/, 'ltr'], ['es', /NADA|SIN RESULTADOS/i, 'ltr'], ['ar', /لا شيء/, 'rtl'], ['en', /NOTHING FOUND/, 'ltr']]) {
      await stage.speak(language);
      assert.equal(await page.evaluate(() => document.documentElement.dir), direction);
      assert.equal(await ask('X7781209'), 'nothing-found');
      assert.match(await page.locator('.verdict h1').innerText(), word);
    }
  }],
  ['axe finds nothing serious on any page, in English and Arabic, light and dark', async () => {
    const record = (await node.call('POST', '/v1/search', { text: 'L898902C3', purpose: 'investigate' })).data.hits[0].id;
    for (const [language, colorScheme] of [['en', 'light'], ['ar', 'dark'], ['ar', 'light'], ['en', 'dark']]) {
      await page.emulateMedia({ colorScheme });
      await page.goto(`${stage.base}/#/search`);
      await stage.speak(language);
      for (const text of ['L898902C3', 'X7781209', 'Petrova Anna', `${zone[0]}\n${zone[1].replace('C36', 'C37')}`]) {
        await ask(text);
        await stage.serious(`${language} ${text}`);
      }
      for (const view of ['#/desk', `#/desk/${documents.name}`, `#/desk/${persons.name}`, `#/record/${record}`]) {
        await page.goto(`${stage.base}/${view}`);
        await page.waitForSelector('main:not([hidden] *) h1');
        await stage.serious(`${language} ${view}`);
      }
    }
    await page.emulateMedia({ colorScheme: 'light' });
    await page.goto(`${stage.base}/#/search`);
    await stage.speak('en');
  }],
  ['readable on a phone: nothing wider than the screen, in no language', async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    for (const language of ['fr', 'ar', 'es', 'en']) {
      await page.goto(`${stage.base}/#/search`);
      await stage.speak(language);
      await ask('L898902C3');
      await stage.fits(360, language);
    }
    await page.setViewportSize({ width: 1280, height: 900 });
  }],
  ['every script comes with its letters: no box for a missing one', async () => {
    const texts = ['Ж', 'Ω', 'ש', 'ش', '王', '김', 'か', 'ก', 'Ա', 'გ', 'ሀ', 'क', 'বা', 'த', 'ខ', 'က', 'ල', 'ລ', 'ਗ', 'ગ', 'త', 'ಕ', 'മ'];
    const missing = await page.evaluate(async (all) => {
      const families = getComputedStyle(document.body).fontFamily;
      const bad = [];
      for (const text of all) {
        const loaded = await document.fonts.load(`16px ${families}`, text);
        if (!loaded.length) bad.push(text);
      }
      return bad;
    }, texts);
    assert.deepEqual(missing, []);
  }],
  ['the policy allows no other host and no script in the page; none is asked for, no error in the page', async () => {
    const reply = await fetch(stage.base);
    const policy = reply.headers.get('content-security-policy');
    assert.match(policy, /default-src 'self'/);
    assert.doesNotMatch(policy, /unsafe|\*|https?:/);
    stage.isQuiet();
  }],
];

// A value of a linking field in an example.
function firstPivot(definition, fields) {
  const walk = (list, value) => {
    for (const field of list) {
      for (const held of [value?.[field.name]].flat().filter((v) => v !== undefined)) {
        if (field.fields?.length) { const inside = walk(field.fields, held); if (inside) return inside; }
        else if (field.pivot && typeof held !== 'object') return String(held);
      }
    }
    return '';
  };
  assert.ok(everyField(definition).some((f) => f.pivot), definition.name);
  return walk(definition.fields, fields);
}

const failed = await runTests('pages', [...answers, ...faults, ...appearance]);
await stage.close();
process.exit(failed ? 1 : 0);
