// SPDX-License-Identifier: Apache-2.0
// One ticket: its clocks, what was said, what this officer may do now. The moves and their fields come with the ticket; the page has
// no list of its own.
import { useEffect, useState } from 'preact/hooks';
import { call } from './api.js';
import { t, when } from './i18n.js';
import { Facts } from './card.jsx';
import { useNewest } from './load.jsx';
import { Clock, Limit } from './clock.jsx';
import { Office, Parties } from './tickets.jsx';
import { TicketForm } from './ticket_form.jsx';
import { useTickets } from './tickets.js';

// "Not this person": with the person's consent, the document presented is remembered as a hash that lowers this alert only.
function Clearance({ value, onChange }) {
  const put = (name) => (e) => onChange({ ...value, [name]: e.target.type === 'checkbox' ? e.target.checked : e.target.value });
  const line = (name, type = 'text') => <div class="field"><label for={`c-${name}`}>{t(`clearance.${name}`)}</label><span class="one"><input id={`c-${name}`} type={type} dir="auto" autocomplete="off" value={value[name] || ''} onInput={put(name)} /></span></div>;
  return (
    <fieldset class="field set"><legend>{t('clearance')}</legend><p class="quiet">{t('clearance.help')}</p>
      <label class="tick"><input id="c-consent" type="checkbox" checked={Boolean(value.consent)} onChange={put('consent')} /> {t('clearance.consent')}</label>
      {value.consent && <>{line('document')}{line('issuer')}{line('until', 'date')}</>}
    </fieldset>
  );
}

function Move({ move, ticket, onDone, onCancel }) {
  const [clearance, setClearance] = useState({});
  async function send(fields) {
    const body = { to: move.to, fields, version: ticket.version };
    if (clearance.consent) body.clearance = clearance;
    await call('POST', `/v1/tickets/${encodeURIComponent(ticket.id)}/moves`, { body });
    onDone();
  }
  return (
    <section class="move" aria-label={move.title}><h2>{move.title}</h2>
      {move.four_eyes && <p class="quiet">{t('ticket.eyes')}</p>}
      <TicketForm needs={move.needs} takes={move.takes} given={ticket.waiting?.to === move.to ? ticket.waiting.fields : null} button={move.title} isPrimary work={send} onCancel={onCancel}>
        {move.clearance && <Clearance value={clearance} onChange={setClearance} />}
      </TicketForm>
    </section>
  );
}

export function Moves({ ticket, onDone }) {
  const [chosen, setChosen] = useState(null);
  const [problem, setProblem] = useState('');
  const move = ticket.moves.find((m) => m.to === chosen);
  if (!ticket.moves.length) return null;
  // what needs nothing is done with one key
  async function press(next) {
    const isPlain = !next.needs.length && !next.takes.length && !next.clearance;
    if (!isPlain) { setChosen(next.to); return; }
    try {
      await call('POST', `/v1/tickets/${encodeURIComponent(ticket.id)}/moves`, { body: { to: next.to, fields: {}, version: ticket.version } });
      onDone();
    } catch (failure) { setProblem(failure.message); }
  }
  return (
    <>
      <p class="actions moves">{ticket.moves.map((m, i) => <button key={m.to} type="button" data-move={m.to} class={i === 0 && !chosen ? 'primary' : ''} aria-pressed={m.to === chosen} onClick={() => press(m)}>{m.title}</button>)}</p>
      {problem && <p role="alert" class="problem">{problem}</p>}
      {move && <Move key={move.to} move={move} ticket={ticket} onDone={() => { setChosen(null); onDone(); }} onCancel={() => setChosen(null)} />}
    </>
  );
}

export function History({ steps }) {
  return (
    <table class="history"><caption>{t('history')}</caption>
      <thead><tr><th scope="col">{t('time')}</th><th scope="col">{t('step')}</th><th scope="col">{t('unit')}</th><th scope="col">{t('officer')}</th></tr></thead>
      <tbody>{[...steps].reverse().map((step) => (
        <tr key={`${step.version}${step.what}`}><td>{when(step.time)}</td><td>{step.what === 'limit' ? t('ticket.limit') : step.what === 'clock' ? `${t('ticket.clock')} ${step.step ? t(`clock.step.${step.step}`) : ''}` : step.state_title}{step.what === 'second-eyes' && ` · ${t('ticket.second')}`}</td>
          <td><b>{step.country}</b> <bdi>{step.unit}</bdi></td><td><bdi>{step.officer}</bdi></td></tr>
      ))}</tbody>
    </table>
  );
}

export function TicketPage({ id }) {
  const [ticket, setTicket] = useState(null);
  const [problem, setProblem] = useState('');
  const begin = useNewest();
  function load() {
    const isNewest = begin();
    return call('GET', `/v1/tickets/${encodeURIComponent(id)}`).then(({ data }) => [data, ''], (failure) => [null, failure.message])
      .then(([data, failure]) => { if (isNewest()) { setTicket(data); setProblem(failure); } });
  }
  const { tickets } = useTickets('open=all&max=200'); // news of any: this one may have moved
  useEffect(() => { load(); }, [id]);
  const news = tickets?.find((one) => one.id === id)?.version;
  useEffect(() => { if (news && ticket && news > ticket.version) load(); }, [news]);
  if (problem) return <main class="page"><p><a href="#/tickets">{t('arrow.back')} {t('tickets')}</a></p><p role="alert" class="problem">{problem}</p></main>;
  if (!ticket) return null;
  return (
    <main class="page ticket-page" data-state={ticket.state}>
      <p><a href="#/tickets">{t('arrow.back')} {t('tickets')}</a></p>
      {ticket.test && <p class="test">{t('test')}</p>}
      <h1><span class="kind">{ticket.title} <code>{ticket.id}</code></span> {ticket.state_title}</h1>
      <p><Clock clock={ticket.clock} /> {ticket.clock?.profile_title && <span class="quiet">{ticket.clock.profile_title}</span>}</p>
      <Limit limit={ticket.limit} />
      <p class="quiet">{ticket.database && <>{ticket.database_title} · <a href={`#/record/${encodeURIComponent(ticket.record)}`}>{t('open')} <code>{ticket.record}</code></a> · </>}<Parties ticket={ticket} />{ticket.taker && <> · {t('ticket.taker', { officer: ticket.taker })}</>}</p>
      {ticket.waiting && <p class="old">{t('ticket.waiting')}</p>}
      <Facts facts={ticket.facts} isWhole />
      <Moves key={ticket.version} ticket={ticket} onDone={load} />
      {ticket.clearances?.map((c) => <p key={c.time} class="said-well">{t('clearance.held', { country: c.country, until: c.until || '—' })}</p>)}
      <section class="offices"><h2>{t('offices')}</h2><Office office={ticket.offices?.asker} /><Office office={ticket.offices?.owner} /></section>
      <History steps={ticket.history} />
    </main>
  );
}
