// SPDX-License-Identifier: Apache-2.0
// More than an officer has otherwise, for a time: given, ended, and the list of what is open.
import { useState } from 'preact/hooks';
import { call } from './api.js';
import { t, when } from './i18n.js';
import { Confirm, Foot, Line, Ticks, moment, momentIn, useForm } from './form.jsx';
import { Loaded, useLoaded } from './load.jsx';
import { ScopeFacts, Within, nameIn, useNamed, under, useScopeNames } from './scope.jsx';

const DAYS_MAX = 90;
const hidden = ['system', 'integrating-system', 'hub'];

function GrantRow({ grant, kinds, names, mayEnd, onEnd }) {
  const isGlass = grant.kind === 'break-glass';
  const isOver = new Date(grant.until) < new Date();
  return (
    <li class={`ticket ${grant.in_force ? 'yours' : ''} ${isGlass && grant.in_force ? 'alarm' : ''}`}>
      <span class="name"><bdi>{grant.officer}</bdi> <span class="quiet"><bdi>{grant.unit}</bdi></span></span>
      <span class="state">{grant.in_force ? t('grant.in_force') : isOver ? t('grant.over') : t('grant.coming')}</span>
      <span>{when(grant.from)} – {when(grant.until)}</span>
      <span class="quiet">{nameIn(kinds, grant.kind)}{isGlass && grant.of && `: ${t('glass.of', { owner: grant.of })}`} · {t('grant.by', { officer: grant.given_by })}</span>
      <blockquote class="reason" dir="auto">{grant.reason}</blockquote>
      <ScopeFacts scope={Object.fromEntries(['roles', 'may', 'purposes', 'databases'].filter((kind) => grant[kind]?.length).map((kind) => [kind, grant[kind]]))} names={names} isListedOnly />
      {grant.review && <p class="said-well">{t('glass.reviewed', { officer: grant.reviewed_by, time: when(grant.reviewed_at) })} <bdi>{grant.review}</bdi></p>}
      {mayEnd && !isOver && <p class="actions"><button type="button" class="danger" onClick={() => onEnd(grant)}>{t('grant.end')}</button></p>}
    </li>
  );
}

export function GrantTable({ list, mayEnd, onDone }) {
  const [asked, setAsked] = useState(null);
  const kinds = useNamed('grant-kinds');
  const names = useScopeNames();
  return (
    <>
      <ul class="tickets grants">{list.map((grant) => <GrantRow key={grant.id} grant={grant} kinds={kinds} names={names} mayEnd={mayEnd} onEnd={setAsked} />)}</ul>
      {asked && <Confirm title={t('grant.end.ask', { officer: asked.officer })} lines={[t('grant.end.now'), t('credential.revoke.sessions')]} button={t('grant.end')}
        work={async () => { await call('DELETE', `/v1/grants/${asked.id}`); onDone(); }} onClose={() => setAsked(null)} />}
    </>
  );
}

function Give({ officer, onDone }) {
  const [units] = useLoaded('/v1/units');
  const names = useScopeNames();
  const form = useForm({ officer: officer || '', roles: [], may: [], purposes: [], databases: [], until: momentIn(24), reason: '' }, async (values) => {
    const { until, officer: id, databases, ...rest } = values;
    await call('POST', '/v1/grants', { body: { ...rest, ...(databases.length && { databases }), officer: id.trim(), until: moment(until) } });
    onDone();
  });
  const { values, put } = form;
  const [{ data: held }] = useLoaded(officer ? `/v1/officers/${encodeURIComponent(officer)}` : '');
  const limit = under({}, units.data?.find((u) => u.id === held?.unit));
  return (
    <form class="desk" onSubmit={form.submit} noValidate><h2>{t('grant.give')}</h2>
      <Line form={form} name="officer" label={t('officer')} isRequired autofocus={!officer} />
      <Line form={form} name="until" label={t('grant.until')} type="datetime-local" help={t('grant.until.help', { count: DAYS_MAX })} isRequired />
      <Line form={form} name="reason" label={t('reason')} type="area" help={t('reason.help')} isRequired />
      <Within kind="purposes" names={names.purposes} limit={limit.purposes} held={values.purposes} onChange={(list) => put('purposes', list)} />
      <Ticks label={t('scope.roles')} codes={names.roles.filter(({ code }) => !hidden.includes(code))} held={values.roles} onChange={(list) => put('roles', list)} />
      <Ticks label={t('scope.rights')} codes={names.rights} held={values.may} onChange={(list) => put('may', list)} />
      <Within kind="databases" names={names.databases} limit={limit.databases} held={values.databases} onChange={(list) => put('databases', list)} />
      <Foot form={form} names={['officer', 'until', 'reason']} button={t('grant.give')} onCancel={() => { location.hash = '#/admin/grants'; }} />
    </form>
  );
}

function GrantList() {
  const [isAll, setAll] = useState(false);
  const [state, load] = useLoaded(`/v1/grants${isAll ? '' : '?open=yes'}`);
  return (
    <>
      <p class="filter"><label class="tick"><input type="checkbox" checked={isAll} onChange={(e) => setAll(e.target.checked)} /> {t('grants.all')}</label><span class="gap" /><a class="button" href="#/admin/grants/+">+ {t('grant.give')}</a></p>
      <Loaded state={state} again={load} empty="grants.none"><GrantTable list={state.data || []} onDone={load} mayEnd /></Loaded>
    </>
  );
}

export function Grants({ officer }) {
  if (officer) return <Give officer={officer === '+' ? '' : officer} onDone={() => { location.hash = '#/admin/grants'; }} />;
  return <GrantList />;
}
