// SPDX-License-Identifier: Apache-2.0
// What one signs in with, and tokens for one's own programs: of no more than is ticked, until a day, told once.
import { useState } from 'preact/hooks';
import { call, renewSession, session } from './api.js';
import { t } from './i18n.js';
import { Confirm, Foot, Line, Once, Ticks, useForm } from './form.jsx';
import { Loaded, useLoaded } from './load.jsx';
import { Within, nameIn, useNamed, useScopeNames } from './scope.jsx';
import { CredentialTable } from './admin_officer.jsx';

const DAYS = 30;
const DAYS_MAX = 365;

function NewToken({ me, names, onMade }) {
  const own = me.purposes.map((p) => p.code);
  const form = useForm({ label: '', days: String(DAYS), may: [], purposes: [], databases: [] }, async ({ label, days, may, purposes, databases }) => {
    const { data } = await call('POST', '/v1/me/tokens', { body: { label, days: Number(days), may, purposes, ...(databases.length && { databases }) } });
    onMade(data);
  });
  const { values, put } = form;
  const rights = names.rights.filter(({ code }) => me.may.includes(code));
  return (
    <form class="desk" onSubmit={form.submit} noValidate><h2>{t('tokens.new')}</h2>
      <Line form={form} name="label" label={t('credential.label')} help={t('tokens.label.help')} maxlength="64" />
      <Line form={form} name="days" label={t('tokens.days')} type="number" min="1" max={DAYS_MAX} help={t('tokens.days.help', { count: DAYS_MAX })} isRequired />
      {rights.length > 0 && <Ticks label={t('scope.rights')} codes={rights} held={values.may} onChange={(list) => put('may', list)} />}
      <Within kind="purposes" names={names.purposes} limit={own} held={values.purposes} onChange={(list) => put('purposes', list)} />
      <Within kind="databases" names={names.databases} limit={me.databases} held={values.databases} onChange={(list) => put('databases', list)} isAllMeant all="scope.databases.mine" />
      <Foot form={form} names={['label', 'days']} button={t('tokens.make')} />
    </form>
  );
}

export function Tokens({ me, onSession }) {
  const [state, load] = useLoaded('/v1/me/tokens');
  const [made, setMade] = useState(null);
  const [asked, setAsked] = useState(null);
  const names = useScopeNames();
  const kinds = useNamed('credential-kinds');
  async function settle() { if (session.proof) onSession(await renewSession()); await load(); }
  return (
    <>
      <section aria-labelledby="signs"><h2 id="signs">{t('tokens.held')}</h2>
        <Loaded state={state} again={load} empty="tokens.none"><CredentialTable list={state.data || []} kinds={kinds} names={names} onRevoke={setAsked} /></Loaded></section>
      {made ? <Once title={t('once.token', { officer: made.label || made.id })} text={made.token} help={t('once.token.help')} onDone={() => setMade(null)} />
        : session.proof ? <NewToken me={me} names={names} onMade={async (one) => { setMade(one); await settle(); }} /> : <p class="quiet">{t('tokens.session')}</p>}
      {asked && <Confirm title={t('credential.revoke.ask', { kind: `${nameIn(kinds, asked.kind)} ${asked.label || ''}`.trim(), officer: me.officer })} lines={[t('credential.revoke.own'), t('credential.revoke.again')]} button={t('credential.revoke')}
        work={async () => { await call('DELETE', `/v1/credentials/${asked.id}`); await settle(); }} onClose={() => setAsked(null)} />}
    </>
  );
}
