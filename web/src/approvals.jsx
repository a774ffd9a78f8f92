// SPDX-License-Identifier: Apache-2.0
// Changes that wait for a second person: what is to be made, beside what it would replace, whose word it needs, and the two
// answers to it. What one has entered oneself is there as well, to be followed or withdrawn.
import { useEffect, useState } from 'preact/hooks';
import { call } from './api.js';
import { t, title, when } from './i18n.js';
import { kept } from './kept.js';
import { Confirm, Foot, Line, useForm } from './form.jsx';
import { Loaded, useLoaded } from './load.jsx';
import { nameIn, useNamed } from './scope.jsx';

const isEmpty = (value) => value === undefined || value === null || value === '';
const words = (value) => (Array.isArray(value) ? value.map(words).join(' · ') : typeof value === 'object' && value ? Object.values(value).map(words).filter(Boolean).join(' ') : String(value ?? ''));
const same = (a, b) => JSON.stringify(a ?? null) === JSON.stringify(b ?? null);

// Of a new record all there is, of a correction what differs.
function Differences({ contents, held, fields }) {
  const parts = [['fields', (name) => title(fields.find((f) => f.name === name)?.title) || name], ['envelope', (name) => name]];
  const rows = parts.flatMap(([part, nameOf]) => [...new Set([...Object.keys(held?.[part] || {}), ...Object.keys(contents[part] || {})])]
    .filter((name) => !held || !same(held[part]?.[name], contents[part]?.[name])).map((name) => ({ key: `${part} ${name}`, name: nameOf(name), was: held?.[part]?.[name], is: contents[part]?.[name] })));
  if (!rows.length) return <p class="quiet">{t('approvals.same')}</p>;
  return (
    <div class="wide"><table class="list differences">
      <thead><tr><th scope="col">{t('approvals.field')}</th>{held && <th scope="col">{t('approvals.was')}</th>}<th scope="col">{t('approvals.is')}</th></tr></thead>
      <tbody>{rows.map((row) => <tr key={row.key}><th scope="row">{row.name}</th>{held && <td class="quiet"><bdi>{isEmpty(row.was) ? '—' : words(row.was)}</bdi></td>}<td><bdi>{isEmpty(row.is) ? '—' : words(row.is)}</bdi></td></tr>)}</tbody>
    </table></div>
  );
}

// An import: which files, and the report of what they would do.
function Batch({ contents }) {
  return <ul class="files">{(contents.files || []).map((file) => <li key={file.path}><code dir="ltr" class="break">{file.path}</code> <code dir="ltr" class="quiet">{(file.sha256 || '').slice(0, 12)}</code></li>)}</ul>;
}

function Contents({ proposal }) {
  const [state, load] = useLoaded(`/v1/approvals/${encodeURIComponent(proposal.id)}`);
  const isRecord = !['import', 'undo'].includes(proposal.kind);
  const [database] = useLoaded(isRecord && proposal.database ? `/v1/databases/${encodeURIComponent(proposal.database)}` : '');
  const { data } = state;
  return (
    <Loaded state={state} again={load}>
      {data?.contents && isRecord && <Differences contents={data.contents} held={data.held} fields={database.data?.fields || []} />}
      {data?.contents && !isRecord && <Batch contents={data.contents} />}
      {data && !data.contents && data.held && <Differences contents={data.held} fields={database.data?.fields || []} />}
    </Loaded>
  );
}

function Refuse({ proposal, reasons, onDone, onCancel }) {
  const form = useForm({ reason: '', words: '' }, async ({ reason, words: said }) => {
    await call('POST', `/v1/approvals/${encodeURIComponent(proposal.id)}/refuse`, { body: { reason, words: said.trim() || undefined } });
    onDone(t('approvals.refused'));
  });
  return (
    <form class="desk inline" onSubmit={form.submit} noValidate>
      <Line form={form} name="reason" label={t('reason')} options={[['', '—'], ...reasons.map((r) => [r.code, r.name])]} isRequired autofocus />
      <Line form={form} name="words" label={t('approvals.words')} type="area" help={t('approvals.words.help')} maxlength="500" />
      <Foot form={form} names={['reason', 'words']} button={t('approvals.refuse')} isDanger onCancel={onCancel} />
    </form>
  );
}

function Answer({ proposal, reasons, onDone }) {
  const [doing, setDoing] = useState('');
  const path = `/v1/approvals/${encodeURIComponent(proposal.id)}`;
  const approve = async () => {
    const { data } = await call('POST', `${path}/approve`);
    onDone(t(data.outcome === 'waiting' ? 'approvals.others' : 'approvals.applied'));
  };
  if (doing === 'refuse') return <Refuse proposal={proposal} reasons={reasons} onDone={onDone} onCancel={() => setDoing('')} />;
  return (
    <p class="actions">
      {proposal.yours && <button type="button" class="primary" data-do="approve" onClick={() => setDoing('approve')}>✓ {t('approvals.approve')}</button>}
      {proposal.yours && <button type="button" class="danger" data-do="refuse" onClick={() => setDoing('refuse')}>✕ {t('approvals.refuse')}</button>}
      {proposal.own && <button type="button" data-do="withdraw" onClick={() => setDoing('withdraw')}>{t('approvals.withdraw')}</button>}
      {doing === 'approve' && <Confirm title={t('approvals.approve.ask')} lines={[t('approvals.approve.exactly'), ...(proposal.why || [])]} button={t('approvals.approve')} work={approve} onClose={() => setDoing('')} />}
      {doing === 'withdraw' && <Confirm title={t('approvals.withdraw.ask')} lines={[t('approvals.withdraw.gone')]} button={t('approvals.withdraw')} work={async () => { await call('DELETE', path); onDone(t('approvals.withdrawn')); }} onClose={() => setDoing('')} />}
    </p>
  );
}

function Proposal({ proposal, reasons, onDone }) {
  const [isOpen, setOpen] = useState(false);
  const outcome = proposal.outcome;
  return (
    <li class="ticket proposal" data-proposal={proposal.id} data-kind={proposal.kind}>
      <span class="name">{t(`approvals.kind.${proposal.kind}`)} {proposal.title || proposal.database} {proposal.record && <code dir="ltr">{proposal.record}</code>}</span>
      <span class={outcome === 'refused' ? 'state flag' : 'state'}>{outcome ? t(`approvals.outcome.${outcome}`) : proposal.needs.map((need) => t(`approvals.need.${need}`)).join(' · ')}</span>
      <span>{when(proposal.decided || proposal.proposed)}</span>
      <span class="quiet"><b>{proposal.owner}</b> · <bdi>{proposal.officer}</bdi>{proposal.state && <> · → <b>{proposal.state}</b></>}{proposal.reason && <> · <bdi>{proposal.reason}</bdi></>}{proposal.own && ` · ${t('approvals.own')}`}</span>
      {(proposal.why || []).map((one) => <span key={one} class="why"><bdi dir="ltr">{one}</bdi></span>)}
      {(proposal.approvals || []).map((one) => <span key={one.need} class="quiet">✓ {t(`approvals.need.${one.need}`)}: <bdi>{one.given_by}</bdi> {when(one.given_at)}</span>)}
      {proposal.refusal && <span class="bad">{proposal.refusal_title || proposal.refusal}{proposal.words && <> — <bdi>{proposal.words}</bdi></>}</span>}
      {outcome ? <span class="quiet"><bdi>{proposal.decided_by}</bdi></span> : (
        <>
          <p class="actions"><button type="button" class="link" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>{t(isOpen ? 'approvals.hide' : 'approvals.show')}</button></p>
          {isOpen && <Contents proposal={proposal} />}
          <Answer proposal={proposal} reasons={reasons} onDone={onDone} />
        </>
      )}
    </li>
  );
}

// isMine: only what this officer has entered.
export function Approvals({ isMine }) {
  const [waiting, loadWaiting] = useLoaded('/v1/approvals');
  const [decided, loadDecided] = useLoaded('/v1/approvals?state=decided&max=50');
  const [said, setSaid] = useState(kept.get('said') || '');
  const reasons = useNamed('refusal-reasons');
  useEffect(() => kept.remove('said'), []);
  const of = (state) => ({ ...state, data: state.data && state.data.proposals.filter((p) => !isMine || p.own) });
  const [open, done] = [of(waiting), of(decided)];
  const onDone = (text) => { setSaid(text); loadWaiting(); loadDecided(); };
  const list = (state) => <ul class="tickets">{state.data?.map((p) => <Proposal key={p.id + (p.outcome || '')} proposal={p} reasons={reasons} onDone={onDone} />)}</ul>;
  return (
    <>
      <p class="quiet">{t(isMine ? 'approvals.help.mine' : 'approvals.help')}</p>
      {said && <p role="status" class="said-well">✓ {said}</p>}
      <section aria-labelledby="approvals-waiting"><h2 id="approvals-waiting">{t('approvals.waiting')}</h2>
        <Loaded state={open} again={loadWaiting} empty="approvals.none">{list(open)}</Loaded></section>
      <section aria-labelledby="approvals-decided"><h2 id="approvals-decided">{t('approvals.decided')}</h2>
        <Loaded state={done} again={loadDecided} empty="approvals.decided.none">{list(done)}</Loaded></section>
    </>
  );
}
