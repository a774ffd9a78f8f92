// SPDX-License-Identifier: Apache-2.0
// A desk from one shift to the next: one list of its open tickets that the leaving and the coming officer both sign.
import { useState } from 'preact/hooks';
import { call } from './api.js';
import { t, when } from './i18n.js';
import { Clock } from './clock.jsx';
import { Loaded, Wrong, useLoaded } from './load.jsx';

function Row({ handed, officers, taker, isFixed, onTaker }) {
  const { ticket } = handed;
  const isLeft = handed.urgent && !taker;
  return (
    <tr class={isLeft ? 'yours' : ''}>
      <td><a href={`#/tickets/${encodeURIComponent(ticket.id)}`}>{ticket.title} <code>{ticket.id}</code></a><br /><span class="quiet">{ticket.state_title}</span></td>
      <td>{handed.urgent && <strong class="bad">{t('handover.urgent')}</strong>} {handed.since && <span class="quiet">{t('handover.since')}</span>} <Clock clock={ticket.clock} /></td>
      <td>{isFixed ? <bdi>{taker}</bdi> : (
        <select aria-label={t('handover.taker.of', { ticket: ticket.id })} data-taker={ticket.id} aria-invalid={isLeft} value={taker} onChange={(e) => onTaker(e.target.value)}>
          <option value="">{t('handover.nobody')}</option>
          {[...new Set([...officers, taker].filter(Boolean))].map((officer) => <option key={officer} value={officer}>{officer}</option>)}
        </select>
      )}</td>
    </tr>
  );
}

// What the last handover says, in words.
function Last({ last, isMine }) {
  if (!last) return null;
  const facts = { left: last.left_by, at: when(last.left_at), taken: last.taken_by, when: last.taken_at && when(last.taken_at) };
  return (
    <p class={last.taken_at ? 'quiet' : 'old'}>{t(last.taken_at ? 'handover.taken' : 'handover.left', facts)}{isMine && ` ${t('handover.again')}`}
      {[last.note, last.taken_note].filter(Boolean).map((note) => <><br /><bdi>{note}</bdi></>)}</p>
  );
}

function Sign({ desk, me, onSigned }) {
  const { last, tickets } = desk;
  const isWaiting = Boolean(last && !last.taken_at);
  const isMine = isWaiting && last.left_by === me.officer;
  const isTaking = isWaiting && !isMine;
  const officers = isTaking ? [me.officer, ...desk.officers] : desk.officers;
  // who leaves has nothing in hand any more
  const held = (handed) => (!isTaking && handed.taker === me.officer ? '' : handed.taker || '');
  const [chosen, setChosen] = useState({});
  const [note, setNote] = useState('');
  const [problem, setProblem] = useState(null);
  const [isBusy, setBusy] = useState(false);
  const takerOf = (handed) => chosen[handed.ticket.id] ?? held(handed);
  async function sign(event) {
    event.preventDefault();
    setBusy(true);
    const takers = Object.fromEntries(Object.entries(chosen).filter(([, officer]) => officer));
    const body = { takers, note, digest: isTaking ? last.digest : desk.digest, ...(isTaking && { version: last.version }) };
    try {
      await call('POST', isTaking ? `/v1/handover/${encodeURIComponent(last.id)}` : '/v1/handover', { body });
      onSigned();
    } catch (failure) { setProblem(failure); setBusy(false); }
  }
  return (
    <form class="handover" onSubmit={sign} data-signing={isTaking ? 'take' : 'leave'} noValidate>
      <Last last={last} isMine={isMine} />
      {!tickets.length && <p class="quiet">{t('handover.none')}</p>}
      {tickets.length > 0 && (
        <div class="wide" role="region" aria-label={t('handover.tickets')} tabindex="0">
          <table class="list">
            <thead><tr><th scope="col">{t('handover.ticket')}</th><th scope="col">{t('handover.clock')}</th><th scope="col">{t('handover.taker')}</th></tr></thead>
            <tbody>{tickets.map((handed) => <Row key={handed.ticket.id} handed={handed} officers={officers} taker={takerOf(handed)} isFixed={isTaking && Boolean(handed.taker)} onTaker={(officer) => setChosen({ ...chosen, [handed.ticket.id]: officer })} />)}</tbody>
          </table>
        </div>
      )}
      {desk.more && <p class="bad">{t('handover.more')}</p>}
      <p class="field"><label for="handover-note">{t('handover.note')}</label> <input id="handover-note" dir="auto" maxlength="500" autocomplete="off" value={note} onInput={(e) => setNote(e.target.value)} /></p>
      <Wrong problem={problem} />
      <p class="actions"><button class="primary" disabled={isBusy}>{t(isTaking ? 'handover.take' : 'handover.leave')}</button></p>
    </form>
  );
}

export function Handover({ me }) {
  const [state, load] = useLoaded('/v1/handover');
  const [signed, setSigned] = useState(0);
  const onSigned = async () => { await load(); setSigned(signed + 1); };
  return (
    <section aria-labelledby="handover"><h2 id="handover">{t('handover.desk')} <bdi>{state.data?.desk.unit}</bdi></h2>
      <p class="quiet">{t('handover.help')}</p>
      {signed > 0 && <p role="status" class="said-well" data-signed={signed}>{t('handover.done')}</p>}
      <Loaded state={state} again={load}>{state.data && <Sign key={`${signed} ${state.data.digest}`} desk={state.data} me={me} onSigned={onSigned} />}</Loaded>
    </section>
  );
}
