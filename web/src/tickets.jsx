// SPDX-License-Identifier: Apache-2.0
// Hits and tickets: those this desk asked about, and those it has to answer, most urgent first, with their clocks running.
import { useEffect, useState } from 'preact/hooks';
import { call } from './api.js';
import { t, when } from './i18n.js';
import { Clock } from './clock.jsx';
import { allTickets, sound, useAlarm, useTickets } from './tickets.js';
import { TicketForm } from './ticket_form.jsx';

const LISTS = { '': 'open=yes', asked: 'open=yes&side=asker', answer: 'open=yes&side=owner', closed: 'open=no' };

export function Party({ party }) {
  return <bdi><b>{party.country}</b> {party.unit}</bdi>;
}

// drawn, since a plain computer has no font with bells
export function Bell() {
  return <svg class="bell" viewBox="0 0 16 16" aria-hidden="true"><path fill="currentColor" d="M8 1a1 1 0 0 0-1 1v.6A4.500 4.500 0 0 0 3.500 7v3L2 12v1h12v-1l-1.500-2V7A4.500 4.500 0 0 0 9 2.600V2a1 1 0 0 0-1-1zM6 14a2 2 0 0 0 4 0z" /></svg>;
}

export function TicketRow({ ticket }) {
  return (
    <li class={`ticket ${ticket.yours ? 'yours' : ''} ${ticket.alarm ? 'alarm' : ''}`}>
      <a class="name" href={`#/tickets/${encodeURIComponent(ticket.id)}`}>{ticket.alarm && <Bell />}{ticket.title} <code>{ticket.id}</code></a>
      {ticket.test && <span class="test">{t('test')}</span>}
      <span class="state">{ticket.state_title}</span>
      <Clock clock={ticket.clock} />
      <span class="quiet">{ticket.database_title} · <Party party={ticket.asker} /> <span class="arrow" aria-hidden="true" /> <Party party={ticket.owner} /> · {when(ticket.opened)}</span>
      {ticket.waiting && <span class="bad">{t('ticket.waiting')}</span>}
    </li>
  );
}

export function TicketList({ query, empty }) {
  const { tickets, next, problem } = useTickets(query);
  const [more, setMore] = useState({ tickets: [], next: '' });
  useEffect(() => setMore({ tickets: [], next: '' }), [tickets]);
  if (!tickets) return problem ? <p role="alert" class="problem">{problem}</p> : null;
  const after = more.next || (more.tickets.length ? '' : next);
  const goOn = () => allTickets(query, after).then((data) => setMore({ tickets: [...more.tickets, ...data.tickets], next: data.next || '' }));
  return (
    <>
      {problem && <p role="alert" class="problem">{problem}</p>}
      {!tickets.length && <p class="quiet">{t(empty)}</p>}
      <ul class="tickets">{[...tickets, ...more.tickets].map((ticket) => <TicketRow key={ticket.id} ticket={ticket} />)}</ul>
      {after && <button type="button" onClick={goOn}>{t('more')}</button>}
    </>
  );
}

export function Tickets({ part = '' }) {
  const tab = (name) => <a href={`#/tickets${name && `/${name}`}`} aria-current={part === name ? 'page' : undefined}>{t(`tickets.${name || 'all'}`)}</a>;
  return (
    <main class="page">
      <h1>{t('tickets')}</h1>
      <nav class="tabs" aria-label={t('tickets')}>{Object.keys(LISTS).map(tab)}</nav>
      <TicketList key={part} query={LISTS[part]} empty="tickets.none" />
    </main>
  );
}
export const isTicketList = (part = '') => part in LISTS;

// Rung until somebody acknowledges: seen on every page, heard where the sound is on.
export function Alarms() {
  const { tickets } = useTickets('open=yes&max=50');
  const [isOn, setOn] = useState(sound.isOn);
  const ringing = (tickets || []).filter((ticket) => ticket.alarm && ticket.yours);
  useAlarm(isOn && ringing.length > 0);
  if (!ringing.length) return null;
  const [first] = ringing;
  return (
    <aside class="alarms" role="alert" data-sound={isOn ? 'on' : 'off'}>
      <Bell /> <a href={`#/tickets/${encodeURIComponent(first.id)}`}>{t('alarm', { count: ringing.length })}: {first.title}, {first.asker.country} → {first.owner.country}</a> <Clock clock={first.clock} />
      <button type="button" aria-pressed={isOn} onClick={() => { sound.set(!isOn); setOn(!isOn); }}>{t(isOn ? 'alarm.off' : 'alarm.on')}</button>
    </aside>
  );
}

// ---- asking the owner, from a hit ----

export function Office({ office }) {
  if (!office?.unit) return null;
  return (
    <p class="office"><b>{office.title || office.unit}</b> {office.title && <bdi class="quiet">{office.unit}</bdi>}
      {office.telephone && <> · <a href={`tel:${office.telephone.replace(/[^+\d]/g, '')}`} dir="ltr">{office.telephone}</a></>}
      {office.hours && <> · <bdi>{office.hours}</bdi></>}{office.languages?.length > 0 && <> · {office.languages.join(', ')}</>}
      {office.duty && <> · {t('office.duty')} <bdi>{office.duty.officer}</bdi>{office.duty.telephone && <> <a href={`tel:${office.duty.telephone.replace(/[^+\d]/g, '')}`} dir="ltr">{office.duty.telephone}</a></>}</>}</p>
  );
}

function useAsking(owner) {
  const [state, setState] = useState(null);
  useEffect(() => {
    Promise.all([call('GET', '/v1/tickets/kinds'), call('GET', `/v1/offices?country=${encodeURIComponent(owner)}`).catch(() => ({ data: [] }))])
      .then(([kinds, offices]) => setState({ kinds: kinds.data, offices: offices.data }))
      .catch((problem) => setState({ problem: problem.message }));
  }, [owner]);
  return state;
}

export function Ask({ record, receipt, owner }) {
  const state = useAsking(owner);
  const [chosen, setChosen] = useState(0);
  if (!state) return null;
  if (state.problem) return <main><p role="alert" class="problem">{state.problem}</p></main>;
  const kind = state.kinds[chosen];
  async function send(fields) {
    const { data } = await call('POST', '/v1/tickets', { body: { kind: kind.kind, record, receipt, fields } });
    location.hash = `#/tickets/${encodeURIComponent(data.id)}`;
  }
  return (
    <main class="page">
      <p><a href="#/search">← {t('back')}</a></p>
      <h1><span class="kind">{t('ask.owner', { owner })} <code>{record}</code></span> {kind.title}</h1>
      <p>{t('ask.ground')}</p>
      {state.offices.map((office) => <Office key={office.unit} office={office} />)}
      {state.kinds.length > 1 && <p class="actions">{state.kinds.map((k, i) => <button key={k.kind} type="button" aria-pressed={i === chosen} onClick={() => setChosen(i)}>{k.title}</button>)}</p>}
      <TicketForm key={kind.kind} needs={kind.needs} takes={kind.takes} button={t('ask.send')} isPrimary work={send} />
    </main>
  );
}
