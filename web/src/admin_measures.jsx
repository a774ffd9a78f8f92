// SPDX-License-Identifier: Apache-2.0
// Measures against a member: decided and lifted by the hub, seen by the member.
import { useState } from 'preact/hooks';
import { call } from './api.js';
import { t, when } from './i18n.js';
import { Confirm, Foot, Line, moment, useForm } from './form.jsx';
import { Loaded, useLoaded } from './load.jsx';
import { Names, Within, nameIn, useDatabases, useNamed } from './scope.jsx';

function MeasureTable({ list, kinds, databases, onLift }) {
  return (
    <table class="list measures">
      <thead><tr>{['audit.country', 'measure.kind', 'scope.databases', 'measure.time', 'reason'].map((key) => <th key={key} scope="col">{t(key)}</th>)}{onLift && <th scope="col"><span class="hidden">{t('measure.lift')}</span></th>}</tr></thead>
      <tbody>{list.map((m) => (
        <tr key={m.id} class={m.in_force ? '' : 'gone'}><td><b>{m.country}</b></td><td>{nameIn(kinds, m.kind)}{m.rate && ` · ${t('measure.rate.is', { count: m.rate })}`}</td>
          <td>{m.databases ? <Names list={databases} codes={m.databases} none="—" /> : t('databases.every')}</td>
          <td>{when(m.from)} – {m.until ? when(m.until) : t('measure.lifted')}</td><td><bdi>{m.reason}</bdi> <span class="quiet"><bdi>{m.given_by}</bdi></span></td>
          {onLift && <td>{m.in_force && <button type="button" class="link bad" onClick={() => onLift(m)}>{t('measure.lift')}<span class="hidden"> {m.country} {nameIn(kinds, m.kind)}</span></button>}</td>}</tr>
      ))}</tbody>
    </table>
  );
}

function Decide({ kinds, databases, onDone }) {
  const [isAsked, setAsked] = useState(false);
  const form = useForm({ country: '', kind: 'rate-limit', rate: '5', until: '', reason: '', databases: [] }, async () => { setAsked(true); });
  const { values } = form;
  const kind = nameIn(kinds, values.kind);
  async function send() {
    const { country, rate, until, reason, databases: some, kind: code } = values;
    try {
      await call('POST', '/v1/measures', { body: { country: country.trim().toUpperCase(), kind: code, reason, until: moment(until), ...(code === 'rate-limit' && { rate: Number(rate) }), ...(some.length && { databases: some }) } });
    } catch (failure) { form.fail(failure); return; }
    onDone();
  }
  return (
    <form class="desk" onSubmit={form.submit} noValidate><h2>{t('measure.new')}</h2>
      <Line form={form} name="country" label={t('audit.country')} help={t('measure.country.help')} isRequired maxlength="3" />
      <Line form={form} name="kind" label={t('measure.kind')} options={kinds.map((k) => [k.code, k.name])} />
      <p class="quiet">{t(`measure.${values.kind}`)}</p>
      {values.kind === 'rate-limit' && <Line form={form} name="rate" label={t('measure.rate')} type="number" min="1" isRequired />}
      <Line form={form} name="until" label={t('grant.until')} type="datetime-local" help={t('measure.until.help')} />
      <Line form={form} name="reason" label={t('reason')} type="area" isRequired />
      <Within kind="databases" names={databases} held={values.databases} onChange={(list) => form.put('databases', list)} isAllMeant />
      <Foot form={form} names={['country', 'rate', 'until', 'reason']} button={t('measure.decide')} isDanger />
      {isAsked && <Confirm title={t('measure.ask', { country: values.country, kind })} lines={[t(`measure.${values.kind}`), t(values.databases.length ? 'measure.some' : 'measure.every', { count: values.databases.length }), t(values.until ? 'measure.ends' : 'measure.endless'), t('measure.seen')]}
        button={t('measure.decide')} work={send} onClose={() => setAsked(false)} />}
    </form>
  );
}

export function Measures({ me }) {
  const [state, load] = useLoaded('/v1/measures');
  const [lifted, setLifted] = useState(null);
  const kinds = useNamed('measure-kinds');
  const databases = useDatabases();
  return (
    <>
      {!me.hub && <p class="quiet">{t('measures.help')}</p>}
      <Loaded state={state} again={load} empty={me.hub ? 'measures.none' : 'measures.none.own'}><MeasureTable list={state.data || []} kinds={kinds} databases={databases} onLift={me.hub && setLifted} /></Loaded>
      {me.hub && <Decide key={state.data?.length} kinds={kinds} databases={databases} onDone={load} />}
      {lifted && <Confirm title={t('measure.lift.ask', { country: lifted.country, kind: nameIn(kinds, lifted.kind) })} lines={[t('measure.lift.now')]} button={t('measure.lift')}
        work={async () => { await call('DELETE', `/v1/measures/${lifted.id}`); load(); }} onClose={() => setLifted(null)} />}
    </>
  );
}
