// SPDX-License-Identifier: Apache-2.0
// Officers from a list: a CSV file or text, entered whole or row by row; what was refused is shown with its row and why, the
// one-time links are shown once.
import { useState } from 'preact/hooks';
import { call } from './api.js';
import { t, when } from './i18n.js';
import { save } from './save.js';
import { Wrong } from './load.jsx';
import { told } from './words.js';

const heading = 'officer;country;unit;role;purposes;databases;rights';
const cell = (text) => (/[";\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

function Refused({ rows }) {
  if (!rows.length) return null;
  return (
    <table class="list refused"><caption>{t('list.refused', { count: rows.length })}</caption>
      <thead><tr><th scope="col">{t('list.row')}</th><th scope="col">{t('officer')}</th><th scope="col">{t('list.why')}</th></tr></thead>
      <tbody>{rows.map((row) => <tr key={row.row}><td>{row.row}</td><td><bdi>{row.officer || '—'}</bdi></td><td class="bad">{told({ code: 'bad-value', ...row })}</td></tr>)}</tbody>
    </table>
  );
}

function Links({ made }) {
  const csv = () => save('links.csv', ['officer;link;until', ...made.map((one) => [one.officer, one.link, one.until].map(cell).join(';'))].join('\n'), 'text/csv');
  if (!made.length) return null;
  return (
    <section class="once" role="status" tabindex="-1"><h2>{t('list.links', { count: made.length })}</h2>
      <p>{t('list.links.help')}</p>
      <div class="wide"><table class="list"><thead><tr><th scope="col">{t('officer')}</th><th scope="col">{t('list.link')}</th><th scope="col">{t('audit.to')}</th></tr></thead>
        <tbody>{made.map((one) => <tr key={one.officer}><td><bdi>{one.officer}</bdi></td><td><code dir="ltr" class="break">{one.link}</code></td><td>{when(one.until)}</td></tr>)}</tbody></table></div>
      <p class="actions"><button type="button" class="primary" onClick={csv}>{t('list.links.keep')}</button></p>
    </section>
  );
}

export function OfficerList() {
  const [text, setText] = useState('');
  const [isPartly, setPartly] = useState(false);
  const [done, setDone] = useState(null);
  const [problem, setProblem] = useState(null);
  async function send(event) {
    event.preventDefault();
    setProblem(null);
    try {
      setDone((await call('POST', `/v1/officers/import${isPartly ? '?partly=yes' : ''}`, { raw: text, type: 'text/csv' })).data);
    } catch (failure) { setDone(null); setProblem(failure); }
  }
  return (
    <>
      <p><a href="#/admin/officers">{t('arrow.back')} {t('admin.officers')}</a></p>
      <h2>{t('officers.list')}</h2>
      <p>{t('list.help')} <button type="button" class="link" onClick={() => save('officers.csv', `${heading}\n`, 'text/csv')}>{t('list.template')}</button></p>
      <form class="desk" onSubmit={send} noValidate>
        <p><label class="button attach" for="list-file">{t('list.file')}<input id="list-file" class="file" type="file" accept=".csv,text/csv,text/plain" onChange={async (e) => { if (e.target.files[0]) setText(await e.target.files[0].text()); }} /></label></p>
        <div class="field stacked"><label for="list-text">{t('list.text')}</label><textarea id="list-text" class="mono" dir="ltr" rows="7" spellcheck={false} placeholder={heading} value={text} onInput={(e) => { setText(e.target.value); setDone(null); }} /></div>
        <p><label class="tick"><input id="list-partly" type="checkbox" checked={isPartly} onChange={(e) => setPartly(e.target.checked)} /> {t('list.partly')}</label></p>
        <p class="actions"><button class="primary" disabled={!text.trim()}>{t('list.enter')}</button></p>
      </form>
      <Wrong problem={problem} />
      {done && <p role="status" class={done.added ? 'said-well' : 'problem'}>{t(done.added ? 'list.added' : 'list.nothing', { count: done.added })}</p>}
      {done && <Refused rows={done.refused} />}
      {done && <Links made={done.invitations} />}
    </>
  );
}
