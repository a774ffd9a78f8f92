// SPDX-License-Identifier: Apache-2.0
// What waits for a second look: searches drawn by lot or flagged by a rule, whose purpose somebody else confirms or not, and
// what was opened in an emergency.
import { useState } from 'preact/hooks';
import { call } from './api.js';
import { t, when } from './i18n.js';
import { Foot, Line, useForm } from './form.jsx';
import { Loaded, useLoaded } from './load.jsx';
import { nameIn, useNamed } from './scope.jsx';
import { outcome } from './words.js';
import { GrantTable } from './admin_grants.jsx';

// What was asked: sets of meaning and values.
function Query({ query, meanings }) {
  const sets = (Array.isArray(query) ? query : []).filter((set) => set && typeof set === 'object');
  return (
    <dl class="facts">{sets.flatMap((set, i) => Object.entries(set).map(([meaning, values]) => (
      <div key={`${i} ${meaning}`}><dt>{meaning === 'text' ? t('review.text') : meanings.find((one) => one.code === meaning)?.name || t(`reading.${meaning}`)}</dt><dd>{[values].flat().map((value, k) => <span key={k}>{k > 0 && ' · '}<bdi>{String(value)}</bdi></span>)}</dd></div>
    )))}</dl>
  );
}

function Decide({ review, onDone }) {
  const [outcome, setOutcome] = useState('');
  const form = useForm({ reason: '' }, async ({ reason }) => {
    await call('POST', `/v1/audit/reviews/${review.id}`, { body: { outcome, reason: reason.trim() || undefined } });
    onDone();
  });
  if (!outcome) {
    return (
      <p class="actions"><button type="button" data-outcome="confirmed" onClick={() => setOutcome('confirmed')}>✓ {t('review.confirmed')}</button>
        <button type="button" class="danger" data-outcome="not-confirmed" onClick={() => setOutcome('not-confirmed')}>✕ {t('review.not-confirmed')}</button></p>
    );
  }
  return (
    <form class="desk inline" onSubmit={form.submit} noValidate>
      <Line form={form} name="reason" label={t('reason')} type="area" help={t(`review.${outcome}.help`)} isRequired={outcome === 'not-confirmed'} maxlength="500" autofocus />
      <Foot form={form} names={['reason']} button={t(`review.${outcome}`)} isDanger={outcome !== 'confirmed'} onCancel={() => setOutcome('')} />
    </form>
  );
}

function Review({ review, purposes, meanings, onDone }) {
  return (
    <li class="ticket review" data-why={review.why} data-id={review.id}>
      <span class="name"><bdi>{review.officer}</bdi> <span class="quiet"><bdi>{review.unit}</bdi></span></span>
      <span class={review.why === 'sample' ? 'state' : 'state flag'}>{t(`review.why.${review.why}`)}</span>
      <span>{when(review.asked)}</span>
      {review.gone ? <span class="quiet">{t('audit.destroyed')}</span> : (
        <span class="quiet">{t('purpose')}: <b>{nameIn(purposes, review.purpose)}</b>{review.reference && <> · {t('reference')}: <b><bdi>{review.reference}</bdi></b></>}{review.verdict && ` · ${outcome(review.verdict)}`}</span>
      )}
      {!review.gone && <Query query={review.query} meanings={meanings} />}
      <Decide review={review} onDone={onDone} />
    </li>
  );
}

export function Reviews() {
  const [state, load] = useLoaded('/v1/audit/reviews?max=50');
  const [said, setSaid] = useState('');
  const purposes = useNamed('purposes');
  const meanings = useNamed('meanings');
  return (
    <>
      <p class="quiet">{t('reviews.help')}</p>
      {said && <p role="status" class="said-well">✓ {said}</p>}
      <Loaded state={state} again={load} empty="reviews.none">
        <ul class="tickets">{state.data?.map((review) => <Review key={review.id} review={review} purposes={purposes} meanings={meanings} onDone={() => { setSaid(t('review.done')); load(); }} />)}</ul>
      </Loaded>
    </>
  );
}

function ReviewGrant({ grant, onDone }) {
  const form = useForm({ review: '' }, async ({ review }) => {
    await call('POST', `/v1/grants/${grant.id}/review`, { body: { review } });
    onDone();
  });
  return (
    <form class="desk inline" onSubmit={form.submit} noValidate>
      <Line form={form} name="review" label={t('glass.found')} type="area" help={t('glass.found.help')} isRequired maxlength="500" />
      <Foot form={form} names={['review']} button={t('glass.review.done')} />
    </form>
  );
}

export function Emergencies({ me }) {
  const [isAll, setAll] = useState(false);
  const [state, load] = useLoaded(`/v1/grants?kind=break-glass${isAll ? '' : '&open=yes'}`);
  const waits = (state.data || []).filter((grant) => !grant.review && grant.officer !== me.officer); // nobody reviews himself
  const others = (state.data || []).filter((grant) => !waits.includes(grant));
  return (
    <>
      <p class="quiet">{t('emergencies.help')}</p>
      <p class="filter"><label class="tick"><input type="checkbox" checked={isAll} onChange={(e) => setAll(e.target.checked)} /> {t('emergencies.all')}</label></p>
      <Loaded state={state} again={load} empty="emergencies.none">
        {waits.map((grant) => <section key={grant.id} class="panel" aria-label={grant.officer}><GrantTable list={[grant]} onDone={load} /><ReviewGrant grant={grant} onDone={load} /></section>)}
        {others.length > 0 && <GrantTable list={others} onDone={load} />}
      </Loaded>
    </>
  );
}
