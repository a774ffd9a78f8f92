// SPDX-License-Identifier: Apache-2.0
// How the system is used: counts by day, country, purpose and outcome, never a person.
import { useState } from 'preact/hooks';
import { day, language, t } from './i18n.js';
import { Loaded, useLoaded } from './load.jsx';
import { nameIn, useNamed } from './scope.jsx';
import { save } from './save.js';
import { outcome } from './words.js';

const DAYS = 30;
const ago = (days) => new Date(Date.now() - days * 86400e3).toISOString().slice(0, 10);
const number = (n) => new Intl.NumberFormat(language).format(n);

function sums(rows, key) {
  const all = new Map();
  for (const row of rows) all.set(row[key] || '', (all.get(row[key] || '') || 0) + row.count);
  return [...all].sort(([, a], [, b]) => b - a);
}

// One bar a day, each with its number for those who read and those who listen.
function Plot({ rows, from, until }) {
  const byDay = new Map(sums(rows, 'day'));
  const days = [];
  for (let at = new Date(`${from}T12:00:00Z`); at <= new Date(`${until}T12:00:00Z`) && days.length < 400; at.setUTCDate(at.getUTCDate() + 1)) days.push(at.toISOString().slice(0, 10));
  const most = Math.max(1, ...byDay.values());
  return (
    <figure class="plot">
      <figcaption>{t('use.plot')} <span class="quiet">{t('use.most', { count: number(most) })}</span></figcaption>
      <div class="bars" role="img" aria-label={t('use.plot')}>{days.map((d) => <span key={d} title={`${day(d)}: ${number(byDay.get(d) || 0)}`}><i style={{ blockSize: `${((byDay.get(d) || 0) / most) * 100}%` }} /></span>)}</div>
      <p class="quiet ends"><span>{day(from)}</span><span>{day(until)}</span></p>
    </figure>
  );
}

function Table({ title, rows, name }) {
  if (!rows.length) return null;
  const total = rows.reduce((sum, [, count]) => sum + count, 0) || 1;
  return (
    <table class="list counts"><caption>{title}</caption>
      <tbody>{rows.map(([key, count]) => <tr key={key}><th scope="row">{name(key)}</th><td class="count">{number(count)}</td><td class="share" aria-hidden="true"><i style={{ inlineSize: `${(count / total) * 100}%` }} /></td></tr>)}</tbody>
    </table>
  );
}

export function Statistics({ me }) {
  const [range, setRange] = useState({ from: ago(DAYS), until: ago(0) });
  const [asked, setAsked] = useState(range);
  const [state, load] = useLoaded(`/v1/audit/statistics?from=${asked.from}&until=${asked.until}`);
  const purposes = useNamed('purposes');
  const rows = state.data || [];
  const searches = rows.filter((row) => row.kind === 'search');
  const csv = () => save('use.csv', ['day;country;purpose;kind;verdict;count', ...rows.map((r) => [r.day, r.country, r.purpose, r.kind, r.verdict || '', r.count].join(';'))].join('\n'), 'text/csv');
  const put = (name) => (e) => setRange({ ...range, [name]: e.target.value });
  const countries = sums(searches, 'country');
  return (
    <>
      <p class="quiet">{t(me.may.includes('audit') ? 'use.help' : 'use.help.own', { country: me.country })}</p>
      <form class="filter" onSubmit={(e) => { e.preventDefault(); setAsked(range); }}>
        <label>{t('audit.from')}<input type="date" value={range.from} max={range.until} onInput={put('from')} /></label>
        <label>{t('audit.to')}<input type="date" value={range.until} min={range.from} onInput={put('until')} /></label>
        <button>{t('use.show')}</button><span class="gap" /><button type="button" onClick={csv}>{t('use.keep')}</button>
      </form>
      <Loaded state={state} again={load} empty="use.none">
        {searches.length > 0 && <Plot rows={searches} from={asked.from} until={asked.until} />}
        <div class="tables">
          <Table title={t('use.verdicts')} rows={sums(searches, 'verdict')} name={(key) => outcome(key) || t('use.other')} />
          <Table title={t('use.purposes')} rows={sums(searches, 'purpose')} name={(key) => nameIn(purposes, key) || t('use.other')} />
          <Table title={t('use.kinds')} rows={sums(rows, 'kind')} name={(key) => t(`audit.kind.${key}`)} />
          {countries.length > 1 && <Table title={t('use.countries')} rows={countries} name={(key) => key} />}
        </div>
      </Loaded>
    </>
  );
}
