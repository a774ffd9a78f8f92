// SPDX-License-Identifier: Apache-2.0
// Hits and tickets: those this desk asked about, and those it has to answer, most urgent first, with their clocks running.
import { useEffect, useState } from 'preact/hooks';
import { call } from './api.js';
import { t, when } from './i18n.js';
import { Clock } from './clock.jsx';
import { acknowledge, allTickets, sound, useAlarm, useTickets } from './tickets.js';
import { useInSight } from './tabs.jsx';
import { Handover } from './handover.jsx';
import { TicketForm } from './ticket_form.jsx';

const LISTS = { '': 'open=yes', asked: 'open=yes&side=asker', answer: 'open=yes&side=owner', closed: 'open=no' };
const HANDOVER = 'handover';

export function Party({ party }) {
  if (!party.country) return null;
  return <bdi><b>{party.country}</b> {party.unit}</bdi>;
}

// Between whom: what the node itself tells has nobody who asked.
export function Parties({ ticket }) {
  return <>{ticket.asker.country && <><Party party={ticket.asker} /> <span class="arrow" aria-hidden="true" /> </>}<Party party={ticket.owner} /></>;
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
      <span class="quiet">{ticket.database_title && `${ticket.database_title} · `}<Parties ticket={ticket} /> · {when(ticket.opened)}{ticket.taker && <> · {t('ticket.taker', { officer: ticket.taker })}</>}</span>
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

export function Tickets({ part = '', me }) {
  const row = useInSight(part);
  const tab = (name) => <a href={`#/tickets${name && `/${name}`}`} aria-current={part === name ? 'page' : undefined}>{t(`tickets.${name || 'all'}`)}</a>;
  return (
    <main class="page">
      <h1>{t('tickets')}</h1>
      <nav ref={row} class="tabs" aria-label={t('tickets')}>{[...Object.keys(LISTS), HANDOVER].map(tab)}</nav>
      {part === HANDOVER ? <Handover me={me} /> : <TicketList key={part} query={LISTS[part]} empty="tickets.none" />}
    </main>
  );
}
export const isTicketList = (part = '') => part in LISTS || part === HANDOVER;

// Rung until somebody acknowledges: seen on every page, heard where the officer has switched the sound on. One key acknowledges the
// most urgent one, which ends its sound.
export function Alarms() {
  const { tickets } = useTickets('open=yes&max=50');
  const [isOn, setOn] = useState(sound.isOn);
  const [problem, setProblem] = useState('');
  const ringing = (tickets || []).filter((ticket) => ticket.alarm && ticket.yours);
  const [first] = ringing;
  const quieten = () => acknowledge(first).then((isDone) => { setProblem(''); if (!isDone) location.hash = `#/tickets/${encodeURIComponent(first.id)}`; }).catch((failure) => setProblem(failure.message));
  useAlarm(isOn && ringing.length > 0);
  useEffect(() => {
    if (!first) return undefined;
    const press = (event) => {
      const isTyping = event.target.closest?.('input, textarea, select, [contenteditable], dialog');
      if (event.key === 'q' && !isTyping && !event.ctrlKey && !event.altKey && !event.metaKey) { event.preventDefault(); quieten(); }
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  }, [first?.id]);
  if (!first) return null;
  const between = [first.asker.country, first.owner.country].filter(Boolean).join(' → ');
  return (
    <aside class="alarms" role="alert" data-sound={isOn ? 'on' : 'off'}>
      <Bell /> <a href={`#/tickets/${encodeURIComponent(first.id)}`}>{t('alarm', { count: ringing.length })}: {first.title}, {between}</a> <Clock clock={first.clock} />
      <button type="button" data-acknowledge aria-keyshortcuts="q" onClick={quieten}>{t('alarm.acknowledge')} <kbd>q</kbd></button>
      <button type="button" data-sound-button aria-pressed={isOn} onClick={() => { sound.set(!isOn); setOn(!isOn); }}>{t(isOn ? 'alarm.off' : 'alarm.on')}</button>
      {problem && <span class="bad">{problem}</span>}
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
      <p><a href="#/search">{t('arrow.back')} {t('back')}</a></p>
      <h1><span class="kind">{t('ask.owner', { owner })} <code>{record}</code></span> {kind.title}</h1>
      <p>{t('ask.ground')}</p>
      {state.offices.map((office) => <Office key={office.unit} office={office} />)}
      {state.kinds.length > 1 && <p class="actions">{state.kinds.map((k, i) => <button key={k.kind} type="button" aria-pressed={i === chosen} onClick={() => setChosen(i)}>{k.title}</button>)}</p>}
      <TicketForm key={kind.kind} needs={kind.needs} takes={kind.takes} button={t('ask.send')} isPrimary work={send} />
    </main>
  );
}
