// SPDX-License-Identifier: Apache-2.0
// Rights of the persons in the records: what they ask, under which clock; one request with who asked, its records, evidence, decision
// and answer. Kinds, moves and their fields come from the node; the page has no list of its own.
import { useEffect, useState } from 'preact/hooks';
import { call, text } from './api.js';
import { language, names as languageNames, t, when } from './i18n.js';
import { Clock } from './clock.jsx';
import { Facts } from './card.jsx';
import { useNewest } from './load.jsx';
import { History, Moves } from './ticket.jsx';
import { TicketForm } from './ticket_form.jsx';
import { useAsked } from './owner.jsx';
import { Objections, TellHub } from './rights_objections.jsx';
import { Processing } from './rights_processing.jsx';
import { Report } from './rights_report.jsx';
import { save } from './save.js';
import { Tabs } from './tabs.jsx';
import { rightsParts } from './views.js';

const APPLICANT = ['name', 'birth_date', 'contact', 'note'];

// ---- a new request ----

function Applicant({ value, onChange }) {
  const put = (name) => (e) => onChange({ ...value, [name]: e.target.value });
  return (
    <fieldset class="field set"><legend>{t('rights.applicant')}</legend><p class="quiet">{t('rights.applicant.help')}</p>
      {APPLICANT.map((name) => (
        <div class="field" key={name}><label for={`a-${name}`}>{t(`rights.applicant.${name}`)}{['name', 'contact'].includes(name) && <span class="bad"> *</span>}</label>
          <span class="one"><input id={`a-${name}`} type={name === 'birth_date' ? 'date' : 'text'} dir="auto" autocomplete="off" value={value[name] || ''} onInput={put(name)} /></span></div>
      ))}
      <div class="field"><label for="a-language">{t('rights.applicant.language')}</label>
        <span class="one"><select id="a-language" value={value.language || language} onChange={put('language')}>{Object.entries(languageNames).map(([code, name]) => <option key={code} value={code}>{name}</option>)}</select></span></div>
    </fieldset>
  );
}

function NewRequest({ onDone, onCancel }) {
  const [{ data: kinds, problem }] = useAsked('/v1/rights/kinds');
  const [right, setRight] = useState('access');
  const [applicant, setApplicant] = useState({});
  const kind = kinds?.find((one) => one.right === right)?.kind;
  async function send(fields) {
    const { data } = await call('POST', '/v1/rights/requests', { body: { kind: kind.kind, applicant: { language, ...applicant }, fields } });
    onDone(data.ticket.id);
  }
  if (!kinds) return problem ? <p role="alert" class="problem">{problem}</p> : null;
  return (
    <section class="move" aria-labelledby="new-request"><h2 id="new-request">{t('rights.new')}</h2>
      <fieldset class="field set"><legend>{t('rights.kind')}</legend>{kinds.map((one) => <label key={one.right} class="tick"><input type="radio" name="right" value={one.right} checked={one.right === right} onChange={() => setRight(one.right)} /> {one.kind.title}</label>)}</fieldset>
      {kind && <TicketForm key={kind.kind} needs={kind.needs} takes={kind.takes} button={t('rights.enter')} isPrimary work={send} onCancel={onCancel}><Applicant value={applicant} onChange={setApplicant} /></TicketForm>}
    </section>
  );
}

// ---- the list ----

function Requests({ me }) {
  const [isAll, setAll] = useState(false);
  const [isNew, setNew] = useState(false);
  const [{ data, problem }, load] = useAsked('/v1/rights/requests?max=100');
  useEffect(() => { load(`/v1/rights/requests?max=100&open=${isAll ? 'all' : 'yes'}`); }, [isAll]);
  return (
    <section aria-labelledby="requests"><h2 id="requests">{t('rights.requests')}</h2><p class="quiet">{t('rights.requests.help')}</p>
      <p class="actions">{me.role === 'data-protection' && !isNew && <button type="button" class="primary" onClick={() => setNew(true)}>{t('rights.new')}</button>}
        <label class="tick"><input type="checkbox" checked={isAll} onChange={(e) => setAll(e.target.checked)} /> {t('rights.closed')}</label></p>
      {isNew && <NewRequest onDone={(id) => { location.hash = `#/rights/requests/${encodeURIComponent(id)}`; }} onCancel={() => setNew(false)} />}
      {problem && <p role="alert" class="problem">{problem}</p>}
      {data && !data.requests.length && <p class="quiet">{t('rights.requests.none')}</p>}
      <ul class="tickets requests">{data?.requests.map((one) => (
        <li key={one.id} class={`ticket ${one.yours ? 'yours' : ''}`}><a class="name" href={`#/rights/requests/${encodeURIComponent(one.id)}`}>{one.title} <code>{one.id}</code></a>
          <span class="state">{one.state_title}</span> <Clock clock={one.clock} /><span class="quiet">{[one.database_title, one.asker.country, one.owner.country !== one.asker.country && one.owner.country, when(one.opened)].filter(Boolean).join(' · ')}</span></li>
      ))}</ul>
    </section>
  );
}

// ---- one request ----

function About({ records }) {
  if (!records.length) return null;
  return (
    <section aria-labelledby="about"><h2 id="about">{t('rights.about')}</h2>
      <table class="list about"><thead><tr><th scope="col">{t('due.record')}</th><th scope="col">{t('audit.country')}</th><th scope="col">{t('rights.state')}</th></tr></thead>
        <tbody>{records.map((r) => <tr key={r.id}><td><a href={`#/record/${encodeURIComponent(r.id)}`}><code>{r.id}</code></a> {r.title || r.database}</td><td><b>{r.owner}</b></td>
          <td>{r.erased ? t('rights.deleted') : t(r.state)}{r.held && <span class="bad"> · {t(r.held.hub ? 'rights.held.hub' : 'rights.held.request')}</span>}</td></tr>)}</tbody></table>
    </section>
  );
}

function Person({ applicant }) {
  if (!applicant) return null;
  const lines = [...APPLICANT, 'language'].filter((name) => applicant[name]);
  return (
    <section class="applicant" aria-labelledby="applicant"><h2 id="applicant">{t('rights.applicant')}</h2>
      <dl>{lines.map((name) => <div key={name}><dt>{t(`rights.applicant.${name}`)}</dt><dd dir="auto">{name === 'language' ? languageNames[applicant[name]] || applicant[name] : applicant[name]}</dd></div>)}</dl></section>
  );
}

function Papers({ me, request }) {
  const [problem, setProblem] = useState('');
  const { id, asker } = request.ticket;
  const path = `/v1/rights/requests/${encodeURIComponent(id)}`;
  const keep = () => text(`${path}/evidence`).then((file) => { save(`${id}.evidence.json`, file, 'application/json'); setProblem(''); }).catch((wrong) => setProblem(wrong.message));
  const mayAnswer = me.role === 'data-protection' && me.country === asker.country;
  return (
    <section aria-labelledby="papers"><h2 id="papers">{t('rights.papers')}</h2>
      <p class="actions"><button type="button" onClick={keep}>{t('rights.evidence')}</button>
        {mayAnswer && Object.entries(languageNames).map(([code, name]) => <a key={code} class="button" href={`#/answer/${encodeURIComponent(id)}/${code}`}>{t('rights.answer')} (<span lang={code}>{name}</span>)</a>)}</p>
      {problem && <p role="alert" class="problem">{problem}</p>}
    </section>
  );
}

function Request({ id, me }) {
  const [request, setRequest] = useState(null);
  const [problem, setProblem] = useState('');
  const begin = useNewest();
  function load() {
    const isNewest = begin();
    return call('GET', `/v1/rights/requests/${encodeURIComponent(id)}`).then(({ data }) => [data, ''], (wrong) => [null, wrong.message])
      .then(([data, wrong]) => { if (isNewest()) { setRequest(data); setProblem(wrong); } });
  }
  useEffect(() => { load(); }, [id]);
  const back = <p><a href="#/rights/requests">{t('arrow.back')} {t('rights.requests')}</a></p>;
  if (problem) return <>{back}<p role="alert" class="problem">{problem}</p></>;
  if (!request) return null;
  const { ticket } = request;
  return (
    <div class="ticket-page" data-state={ticket.state}>
      {back}
      <h2><span class="kind">{ticket.title} <code>{ticket.id}</code></span> {ticket.state_title}</h2>
      <p><Clock clock={ticket.clock} /> {ticket.clock?.profile_title && <span class="quiet">{ticket.clock.profile_title}</span>}</p>
      {request.withheld && <p class="old">{t('rights.withheld')}</p>}
      <Person applicant={request.applicant} />
      <Facts facts={ticket.facts} isWhole />
      <About records={request.records} />
      <Moves key={ticket.version} ticket={ticket} onDone={load} />
      <Papers me={me} request={request} />
      <History steps={ticket.history} />
    </div>
  );
}

// The answer on paper: what the person is told, in the person's language, without an officer's name.
export function AnswerSheet({ id, of }) {
  const [{ data, problem }] = useAsked(`/v1/rights/requests/${encodeURIComponent(id)}/answer?language=${encodeURIComponent(of || language)}`);
  return (
    <main class="page sheet answer" lang={of} dir={of === 'ar' ? 'rtl' : 'ltr'}>
      <p class="actions" lang={language}><a href={`#/rights/requests/${encodeURIComponent(id)}`}>{t('arrow.back')} {t('rights.requests')}</a> <button type="button" onClick={() => print()}>{t('print')}</button></p>
      {problem && <p role="alert" class="problem">{problem}</p>}
      {data && <><h1>{data.title}</h1><p>{data.day}</p>{data.parts.map((part) => <section key={part.heading}><h2>{part.heading}</h2>{part.lines.map((line, i) => <p key={i} dir="auto">{line}</p>)}</section>)}</>}
    </main>
  );
}

const parts = { requests: Requests, processing: Processing, report: Report, objections: Objections, tell: TellHub };

export function Rights({ part, id, me }) {
  const names = rightsParts(me);
  const name = names.includes(part) ? part : names[0];
  const Part = parts[name];
  return (
    <main class="page rights">
      <h1>{t('rights')}</h1>
      <Tabs view="rights" names={names} part={name} />
      {name === 'requests' && id ? <Request key={id} id={id} me={me} /> : <Part me={me} />}
    </main>
  );
}
