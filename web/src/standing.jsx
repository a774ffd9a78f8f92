// SPDX-License-Identifier: Apache-2.0
// Questions that stand: made from a search, approved by another officer of the national bureau, held against every new record
// until their day; what they met comes while the page is open.
import { useState } from 'preact/hooks';
import { call, session } from './api.js';
import { day, t, title, when } from './i18n.js';
import { kept } from './kept.js';
import { Card } from './card.jsx';
import { Confirm, Foot, Line, useForm } from './form.jsx';
import { Loaded } from './load.jsx';
import { Names, Within, nameIn, useDatabases, useNamed } from './scope.jsx';
import { useListening } from './tickets.js';

const DAYS_MAX = 90;
const KEPT = 'standing'; // the question a search was, until it is asked for good
const inDays = (days) => new Date(Date.now() + days * 86400e3).toISOString().slice(0, 10);

function useStanding() {
  return useListening('/v1/standing?', (data) => data.queries);
}

// The likeliest reading of a search, its parts by what they mean.
export function keepQuestion(answer) {
  const reading = answer.understood?.find((one) => one.on && one.parts?.length);
  if (!reading) return false;
  kept.set(KEPT, JSON.stringify(reading.parts.map(({ meaning, title: name, value }) => ({ meaning, title: name, value }))));
  return true;
}
function keptQuestion() {
  try { return JSON.parse(kept.get(KEPT)) || []; } catch { return []; }
}

function Asked({ parts }) {
  return <dl class="facts">{parts.map((part, i) => <div key={i}><dt>{title(part.title) || part.meaning}</dt><dd><b><bdi>{part.value}</bdi></b></dd></div>)}</dl>;
}

export function NewStanding({ me }) {
  const [parts, setParts] = useState(keptQuestion());
  const databases = useDatabases();
  const purpose = me.purposes.find((p) => p.code === session.purpose);
  const form = useForm({ reference: session.reference, until: inDays(30), databases: [] }, async ({ reference, until, databases: some }) => {
    const fields = {};
    for (const { meaning, value } of parts) fields[meaning] = fields[meaning] ? [fields[meaning], value].flat() : value;
    await call('POST', '/v1/standing', { body: { fields, reference: reference.trim(), until, ...(some.length && { databases: some }) } });
    kept.remove(KEPT);
    location.hash = '#/mine/standing';
  });
  if (!parts.length) return <p class="quiet">{t('standing.from')} <a href="#/search">{t('back')}</a></p>;
  return (
    <form class="desk" onSubmit={form.submit} noValidate><h2>{t('standing.new')}</h2>
      <p>{t('standing.help')}</p>
      <ul class="parts-asked">{parts.map((part, i) => <li key={i}><span class="quiet">{title(part.title)}</span> <b><bdi>{part.value}</bdi></b> {parts.length > 1 && <button type="button" class="link" onClick={() => setParts(parts.filter((_, k) => k !== i))}>{t('desk.remove')}<span class="hidden"> {part.value}</span></button>}</li>)}</ul>
      <div class="field"><span>{t('purpose')}</span><span>{purpose?.title}</span></div>
      <Line form={form} name="reference" label={t('reference')} isRequired maxlength="64" autofocus />
      <Line form={form} name="until" label={t('standing.until')} type="date" min={inDays(1)} max={inDays(DAYS_MAX)} help={t('standing.until.help', { count: DAYS_MAX })} isRequired />
      <Within kind="databases" names={databases} held={form.values.databases} onChange={(list) => form.put('databases', list)} isAllMeant all="scope.databases.mine" />
      <Foot form={form} names={['reference', 'until']} button={t('standing.ask')} onCancel={() => { location.hash = '#/mine/standing'; }} />
    </form>
  );
}

function Renew({ query, onDone, onCancel }) {
  const form = useForm({ until: inDays(DAYS_MAX) }, async ({ until }) => {
    await call('POST', `/v1/standing/${encodeURIComponent(query.id)}/renew`, { body: { until } });
    onDone();
  });
  return (
    <form class="desk inline" onSubmit={form.submit} noValidate>
      <Line form={form} name="until" label={t('standing.until')} type="date" min={inDays(1)} max={inDays(DAYS_MAX)} />
      <Foot form={form} names={['until']} button={t('standing.renew')} onCancel={onCancel} />
    </form>
  );
}

function Hits({ hits }) {
  if (!hits.length) return <p class="quiet">{t('standing.met.none')}</p>;
  return <>{[...hits].reverse().map(({ time, hit }) => <div key={`${hit.id} ${time}`} class="met"><p class="quiet">{t('standing.met.at', { time: when(time) })}</p><Card hit={hit} /></div>)}</>;
}

// Who asked it may not approve it; who approves it is of the national bureau.
const mayApprove = (me, query) => me.role === 'national-bureau' && query.officer !== me.officer && ['waiting', 'renewal'].includes(query.state);
const mayEnd = (me, query) => query.state !== 'over' && (query.own || me.role === 'national-bureau');

function Query({ query, me, databases, purposes, again }) {
  const [mode, setMode] = useState('');
  const [problem, setProblem] = useState(null);
  const path = `/v1/standing/${encodeURIComponent(query.id)}`;
  async function approve() {
    try { await call('POST', `${path}/approve`); setProblem(null); again(); } catch (failure) { setProblem(failure); }
  }
  return (
    <article class={`panel query ${query.state}`} aria-label={query.asked.map((one) => one.value).join(t('comma'))}>
      <p><span class="state">{t(`standing.${query.state}`)}</span> <span class="quiet"><code>{query.id}</code> · {query.reference} · {nameIn(purposes, query.purpose)} · {t('standing.ends', { day: day(query.until) })}{!query.own && <> · <bdi>{query.officer}</bdi> <bdi>{query.unit}</bdi></>}{query.approved_by && <> · {t('standing.approved', { officer: query.approved_by })}</>}</span></p>
      {query.asked_until && <p class="old">{t('standing.wants', { day: day(query.asked_until) })}</p>}
      <Asked parts={query.asked} />
      <dl class="facts"><div><dt>{t('scope.databases')}</dt><dd>{query.databases.length ? <Names list={databases} codes={query.databases} none="" /> : t('databases.every')}</dd></div></dl>
      {problem && <p role="alert" class="problem">{problem.message}</p>}
      {mode === 'renew' ? <Renew query={query} onDone={() => { setMode(''); again(); }} onCancel={() => setMode('')} /> : (
        <p class="actions">
          {mayApprove(me, query) && <button type="button" class="primary" data-approve onClick={approve}>{t('standing.approve')}</button>}
          {query.own && query.state !== 'waiting' && <button type="button" onClick={() => setMode('renew')}>{t('standing.renew')}</button>}
          {mayEnd(me, query) && <button type="button" class="danger" onClick={() => setMode('end')}>{t('standing.end')}</button>}
        </p>
      )}
      {query.own && query.state !== 'waiting' && <Hits hits={query.hits} />}
      {mode === 'end' && <Confirm title={t('standing.end.ask')} lines={[t('standing.end.now'), t('standing.end.met')]} button={t('standing.end')} onClose={() => setMode('')}
        work={async () => { await call('DELETE', path); again(); }} />}
    </article>
  );
}

export function StandingList({ me }) {
  const { data, problem, again } = useStanding();
  const databases = useDatabases();
  const purposes = useNamed('purposes');
  return (
    <>
      <p class="quiet">{t('standing.from')} <a href="#/search">{t('back')}</a></p>
      <Loaded state={{ data, problem, isBusy: !data }} empty="standing.none">{(data || []).map((query) => <Query key={query.id} query={query} me={me} databases={databases} purposes={purposes} again={again} />)}</Loaded>
    </>
  );
}

// What one's own questions met, the newest first.
export function Met() {
  const { data, problem } = useStanding();
  const met = (data || []).flatMap((query) => (query.own ? query.hits.map((one) => ({ ...one, query })) : [])).sort((a, b) => (a.time < b.time ? 1 : -1));
  return (
    <Loaded state={{ data: data && met, problem, isBusy: !data }} empty="mine.met.none">
      {met.map(({ time, hit, query }) => <div key={`${query.id} ${hit.id} ${time}`} class="met"><p class="quiet">{t('standing.met.at', { time: when(time) })} · {query.reference} · <bdi>{query.asked.map((one) => one.value).join(t('comma'))}</bdi></p><Card hit={hit} /></div>)}
    </Loaded>
  );
}
