// SPDX-License-Identifier: Apache-2.0
// Access taken in an emergency: with a reason, to the records of one owner, for minutes; the owner is told, somebody reviews it.
// While it is open every page says so, and offers to end it.
import { useEffect, useState } from 'preact/hooks';
import { call, renewSession, session } from './api.js';
import { t } from './i18n.js';
import { span, useNow } from './clock.jsx';
import { Confirm, Foot, Line, Ticks, useForm } from './form.jsx';
import { Loaded, useLoaded } from './load.jsx';
import { useNamed } from './scope.jsx';
import { GrantTable } from './admin_grants.jsx';

const MINUTES = 30;
const MINUTES_MAX = 60;

function Take({ me, onTaken }) {
  const [isAsked, setAsked] = useState(false);
  const purposes = useNamed('purposes');
  const form = useForm({ of: '', reason: '', minutes: String(MINUTES), purposes: [] }, async () => { setAsked(true); });
  const { values } = form;
  const more = purposes.filter(({ code }) => !me.purposes.some((p) => p.code === code));
  async function take() {
    const { of, reason, minutes, purposes: some } = values;
    try {
      await call('POST', '/v1/me/break-glass', { body: { of: of.trim().toUpperCase(), reason, minutes: Number(minutes), ...(some.length && { purposes: some }) } });
    } catch (failure) { form.fail(failure); return; }
    onTaken();
  }
  return (
    <form class="desk" onSubmit={form.submit} noValidate><h2>{t('glass.new')}</h2>
      <p>{t('glass.help')}</p>
      <Line form={form} name="of" label={t('glass.owner')} help={t('glass.owner.help')} maxlength="8" isRequired />
      <Line form={form} name="reason" label={t('reason')} type="area" help={t('reason.help')} isRequired />
      <Line form={form} name="minutes" label={t('glass.minutes')} type="number" min="1" max={MINUTES_MAX} help={t('glass.minutes.help', { count: MINUTES_MAX })} isRequired />
      {more.length > 0 && <details class="envelope"><summary>{t('glass.purposes')}</summary><Ticks label={t('scope.purposes')} codes={more} held={values.purposes} onChange={(list) => form.put('purposes', list)} /></details>}
      <Foot form={form} names={['of', 'reason', 'minutes']} button={t('glass.take')} isDanger />
      {isAsked && <Confirm title={t('glass.ask', { owner: values.of.trim().toUpperCase(), count: values.minutes })} lines={['glass.told', 'glass.logged', 'glass.review', 'glass.ends'].map((key) => t(key))} button={t('glass.take')} work={take} onClose={() => setAsked(false)} />}
    </form>
  );
}

export function Emergency({ me, onSession }) {
  const [state, load] = useLoaded(`/v1/grants?officer=${encodeURIComponent(me.officer)}`);
  const settle = async () => { if (session.proof) onSession(await renewSession()); await load(); };
  return (
    <>
      {me.break_glass_of === undefined && (session.proof ? <Take me={me} onTaken={settle} /> : <p class="quiet">{t('glass.session')}</p>)}
      <section aria-labelledby="own-grants"><h2 id="own-grants">{t('glass.own')}</h2>
        <Loaded state={state} again={load} empty="grants.none"><GrantTable key={me.break_glass_of} list={[...(state.data || [])].reverse()} onDone={settle} mayEnd /></Loaded></section>
    </>
  );
}

// On every page, until it is over.
export function EmergencyBar({ me, onSession }) {
  const now = useNow();
  const [grant, setGrant] = useState(null);
  const [isAsked, setAsked] = useState(false);
  const owner = me.break_glass_of;
  const settle = async () => onSession(session.proof ? await renewSession() : (await call('GET', '/v1/me')).data);
  useEffect(() => {
    if (owner === undefined) { setGrant(null); return; }
    call('GET', '/v1/grants?kind=break-glass&open=yes').then(({ data }) => setGrant(data.find((one) => one.officer === me.officer && one.in_force) || null)).catch(() => { /* the bar stands without its clock */ });
  }, [owner]);
  const left = grant ? new Date(grant.until) - now : 1;
  useEffect(() => { if (left <= 0) settle().catch(() => { /* its end is the node's to say */ }); }, [left <= 0]);
  if (owner === undefined) return null;
  return (
    <aside class="glass" role="alert">
      <span><span aria-hidden="true">⚠ </span>{t('glass.open', { owner })} {grant && <b class="left" role="timer" dir="ltr">{span(Math.max(0, left))}</b>}</span>
      {grant && <button type="button" data-end-glass onClick={() => setAsked(true)}>{t('glass.end')}</button>}
      {isAsked && <Confirm title={t('glass.end.ask')} lines={[t('glass.end.now'), t('glass.review')]} button={t('glass.end')} work={async () => { await call('DELETE', `/v1/grants/${grant.id}`); await settle(); }} onClose={() => setAsked(false)} />}
    </aside>
  );
}
