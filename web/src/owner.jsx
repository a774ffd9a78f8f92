// SPDX-License-Identifier: Apache-2.0
// The owner's desk: hits to confirm, records whose day comes, who was shown our records, how we answer and how often we are wrong.
import { useEffect, useState } from 'preact/hooks';
import { call } from './api.js';
import { day, language, t, title } from './i18n.js';
import { useCodes } from './fields.jsx';
import { useNewest } from './load.jsx';
import { TicketList } from './tickets.jsx';

const percent = (share) => (share === undefined ? '—' : new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 }).format(share));

export function useAsked(path) {
  const [state, setState] = useState({ data: null, problem: '' });
  const begin = useNewest();
  function load(to = path) {
    const isNewest = begin();
    return call('GET', to).then(({ data }) => ({ data, problem: '' }), (problem) => ({ data: null, problem: problem.message })).then((next) => { if (isNewest()) setState(next); });
  }
  useEffect(() => { if (path) load(); }, [path]);
  return [state, load];
}

export function Asked({ data }) {
  const purposes = useCodes('purposes');
  const roles = useCodes('audiences');
  const nameIn = (list, code) => { const found = list.find((c) => c.code === code); return found ? found[language] || found.en : code; };
  if (!data.length) return <p class="quiet">{t('asked.none')}</p>;
  return (
    <table class="list asked-by">
      <thead><tr><th scope="col">{t('asked.day')}</th><th scope="col">{t('audit.country')}</th><th scope="col">{t('audit.role')}</th><th scope="col">{t('purpose')}</th><th scope="col">{t('asked.times')}</th></tr></thead>
      <tbody>{data.map((row, i) => <tr key={i}><td>{day(row.day)}</td><td><b>{row.country}</b></td><td>{nameIn(roles, row.unit_kind)}</td><td>{nameIn(purposes, row.purpose)}</td><td>{row.count}</td></tr>)}</tbody>
    </table>
  );
}

const shownOf = (record) => record && `/v1/records/${encodeURIComponent(record)}/shown`;
function WhoAsked({ of = '' }) {
  const [record, setRecord] = useState(of);
  const [{ data, problem }, load] = useAsked(shownOf(of));
  return (
    <section aria-labelledby="who-asked"><h2 id="who-asked">{t('asked.title')}</h2><p class="quiet">{t('asked.help')}</p>
      <form class="filter" onSubmit={(e) => { e.preventDefault(); if (record.trim()) load(shownOf(record.trim())); }}>
        <label>{t('asked.record')}<input id="asked-record" class="mono" autocomplete="off" value={record} onInput={(e) => setRecord(e.target.value)} /></label><button>{t('asked.ask')}</button>
      </form>
      {problem && <p role="alert" class="problem">{problem}</p>}
      {data && <Asked data={data} />}
    </section>
  );
}

export function DueTable({ records }) {
  return (
    <table class="list due">
      <thead><tr><th scope="col">{t('due.day')}</th><th scope="col">{t('due.record')}</th><th scope="col">{t('due.why')}</th></tr></thead>
      <tbody>{records.map((r) => <tr key={r.id}><td>{day(r.due)} <span class={r.days < 14 ? 'bad' : 'quiet'}>{r.days < 0 ? t('due.over') : t('due.days', { count: r.days })}</span></td>
        <td><a href={`#/record/${encodeURIComponent(r.id)}`}><code>{r.id}</code></a> {title(r.title) || r.database}</td><td>{t(r.achieved ? 'due.achieved' : 'due.review')}{r.reminded && <span class="quiet"> · {t('due.reminded')}</span>}{r.held && <b> · {t(`due.held_${r.held}`)}</b>}</td></tr>)}</tbody>
    </table>
  );
}

export function Due({ me, within }) {
  const [{ data, problem }] = useAsked(`/v1/due?owner=${encodeURIComponent(me.country)}&within=${within}&max=50`);
  return (
    <section aria-labelledby="due"><h2 id="due">{t('due.title')}</h2>
      {problem && <p role="alert" class="problem">{problem}</p>}
      {data?.held && <p role="alert" class="problem">{t('due.held', { day: day(data.held) })}</p>}
      {data && !data.records.length && <p class="quiet">{t('due.none')}</p>}
      {data?.records.length > 0 && <><DueTable records={data.records} /><p class="quiet">{t('of', { shown: data.records.length, total: data.total })}</p></>}
    </section>
  );
}

function Figures({ rows }) {
  if (!rows.length) return <p class="quiet">{t('figures.none')}</p>;
  const columns = ['asked', 'answered', 'confirmed', 'not_confirmed', 'refused', 'late', 'open'];
  return (
    <div class="wide" role="region" aria-label={t('figures')} tabindex="0">
      <table class="list figures">
        <thead><tr><th scope="col">{t('figures.month')}</th><th scope="col">{t('audit.country')}</th>{columns.map((c) => <th key={c} scope="col">{t(`figures.${c}`)}</th>)}<th scope="col">{t('figures.false_rate')}</th><th scope="col">{t('figures.late_rate')}</th></tr></thead>
        <tbody>{rows.map(({ month, figures: row }) => <tr key={`${month} ${row.country}`}><th scope="row"><bdi>{month}</bdi></th><td><b>{row.country}</b></td>{columns.map((c) => <td key={c} data-figure={c}>{row[c]}</td>)}<td data-figure="false_rate">{percent(row.false_rate)}</td><td>{percent(row.late_rate)}</td></tr>)}</tbody>
      </table>
    </div>
  );
}

// `record`: of which somebody came here to ask who was shown it
export function Owner({ me, record }) {
  const [{ data, problem }] = useAsked('/v1/tickets/scorecard');
  return (
    <main class="page">
      <h1>{t('owner.desk')}</h1>
      {record && <p><a href={`#/record/${encodeURIComponent(record)}`}>{t('arrow.back')} {t('back.record')}</a></p>}
      <section aria-labelledby="to-confirm"><h2 id="to-confirm">{t('owner.confirm')}</h2><TicketList query="open=yes&side=owner" empty="tickets.none" /></section>
      <WhoAsked of={record} />
      <Due me={me} within="180d" />
      <section aria-labelledby="figures"><h2 id="figures">{t('figures')}</h2>{problem && <p role="alert" class="problem">{problem}</p>}{data && <Figures rows={data} />}</section>
    </main>
  );
}
