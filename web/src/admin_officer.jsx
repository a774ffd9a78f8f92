// SPDX-License-Identifier: Apache-2.0
// One officer or system: what is listed, what that comes to now, what it signs in with; changed, invited anew, suspended, removed.
// Nobody is offered a change to himself.
import { useState } from 'preact/hooks';
import { call } from './api.js';
import { t, when } from './i18n.js';
import { Confirm, Foot, useForm } from './form.jsx';
import { Loaded, useLoaded } from './load.jsx';
import { ListedAndEffective, ScopeFacts, nameIn, useNamed, useScopeNames } from './scope.jsx';
import { InvitationOnce, OfficerFields, namesOf } from './officer_fields.jsx';
import { GrantTable } from './admin_grants.jsx';

const pathOf = (id) => `/v1/officers/${encodeURIComponent(id)}`;

export function CredentialTable({ list, kinds, names, onRevoke }) {
  return (
    <table class="list credentials">
      <thead><tr>{['credential.kind', 'credential.label', 'credential.made', 'credential.ends', 'credential.scope'].map((key) => <th key={key} scope="col">{t(key)}</th>)}<th scope="col"><span class="hidden">{t('credential.revoke')}</span></th></tr></thead>
      <tbody>{list.map((one) => (
        <tr key={one.id}><td><b>{nameIn(kinds, one.kind)}</b></td><td><bdi>{one.label || '—'}</bdi>{one.suspect && <strong class="bad"> ▲ {t('passkey.suspect', { time: when(one.suspect) })}</strong>}</td><td data-label={t('credential.made')}>{when(one.created)}</td><td data-label={t('credential.ends')}>{one.expires ? when(one.expires) : t('never')}</td>
          <td data-label={t('credential.scope')}>{one.may || one.purposes || one.databases ? <details><summary>{t('credential.limited')}</summary><ScopeFacts scope={{ may: one.may, purposes: one.purposes, databases: one.databases }} names={names} /></details> : t('credential.whole')}</td>
          <td><button type="button" class="link bad" onClick={() => onRevoke(one)}>{t('credential.revoke')}<span class="hidden"> {nameIn(kinds, one.kind)} {one.label}</span></button></td></tr>
      ))}</tbody>
    </table>
  );
}

function Credentials({ id }) {
  const [state, load] = useLoaded(`${pathOf(id)}/credentials`);
  const [asked, setAsked] = useState(null);
  const kinds = useNamed('credential-kinds');
  const names = useScopeNames();
  return (
    <section aria-labelledby="signs"><h3 id="signs">{t('officer.signs')}</h3>
      <Loaded state={state} again={load} empty="officer.cannot"><CredentialTable list={state.data || []} kinds={kinds} names={names} onRevoke={setAsked} /></Loaded>
      {asked && <Confirm title={t('credential.revoke.ask', { kind: nameIn(kinds, asked.kind), officer: id })} lines={[t('credential.revoke.sessions'), t('credential.revoke.again')]} button={t('credential.revoke')}
        work={async () => { await call('DELETE', `/v1/credentials/${asked.id}`); load(); }} onClose={() => setAsked(null)} />}
    </section>
  );
}

function Change({ officer, me, isSystem, onDone, onCancel }) {
  const [state, load] = useLoaded('/v1/units');
  const form = useForm({ unit: officer.unit, roles: officer.roles, may: officer.may, purposes: officer.purposes, databases: officer.databases || [], own_names: (officer.own_names || []).join('\n') }, async ({ unit, roles, may, purposes, databases, own_names: names }) => {
    await call('PUT', pathOf(officer.officer), { body: { version: officer.version, unit, roles, may, purposes, databases, own_names: namesOf(names) } });
    onDone();
  });
  return (
    <Loaded state={state} again={load}>
      <form class="desk" onSubmit={form.submit} noValidate><h2>{t('officer.change')}: <bdi>{officer.officer}</bdi></h2>
        <OfficerFields form={form} me={me} units={state.data || []} isSystem={isSystem} />
        <p class="quiet">{t('officer.change.sessions')}</p>
        <Foot form={form} names={['unit']} button={t('officer.save')} onCancel={onCancel} />
      </form>
    </Loaded>
  );
}

// Each act with the words that say what it changes.
const acts = {
  suspend: { lines: ['officer.suspend.now', 'officer.suspend.back'], work: (o) => call('PUT', pathOf(o.officer), { body: { version: o.version, state: 'suspended' } }) },
  remove: { lines: ['officer.suspend.now', 'officer.remove.all', 'officer.remove.log', 'officer.remove.never'], work: (o) => call('DELETE', pathOf(o.officer)) },
};

function Acts({ officer, isSystem, onAct, onChange, onInvite }) {
  const isActive = officer.state === 'active';
  return (
    <p class="actions">
      <button type="button" onClick={onChange}>{t('officer.change')}</button>
      {!isSystem && isActive && <button type="button" onClick={onInvite}>{t('officer.invite')}</button>}
      <a class="button" href={`#/admin/grants/${encodeURIComponent(officer.officer)}`}>{t('grant.give')}</a>
      {isActive ? <button type="button" class="danger" onClick={() => onAct('suspend')}>{t('officer.suspend')}</button>
        : <button type="button" onClick={() => onAct('activate')}>{t('officer.activate')}</button>}
      <button type="button" class="danger" onClick={() => onAct('remove')}>{t('officer.remove')}</button>
    </p>
  );
}

function Facts({ officer }) {
  const states = useNamed('states');
  const names = useScopeNames();
  return (
    <>
      <dl class="facts">
        <div><dt>{t('unit')}</dt><dd><a href={`#/admin/units/${encodeURI(officer.unit)}`}><bdi>{officer.unit}</bdi></a> <span class="quiet">{officer.country}</span></dd></div>
        <div><dt>{t('state')}</dt><dd class={officer.state === 'active' ? '' : 'bad'}>{nameIn(states, officer.state)}</dd></div>
        {officer.invited_until && <div><dt>{t('officer.invite')}</dt><dd>{t('officer.invited', { time: when(officer.invited_until) })}</dd></div>}
      </dl>
      {officer.own_names?.length > 0 && <dl class="facts"><div><dt>{t('own.names')}</dt><dd>{officer.own_names.map((name) => <bdi key={name} class="line">{name}</bdi>)}</dd></div></dl>}
      <ListedAndEffective listed={officer} effective={officer.effective} names={names} none={t('officer.nothing')} />
    </>
  );
}

function GrantsOf({ id }) {
  const [state, load] = useLoaded(`/v1/grants?officer=${encodeURIComponent(id)}&open=yes`);
  return <section aria-labelledby="grants-of"><h3 id="grants-of">{t('admin.grants')}</h3><Loaded state={state} again={load} empty="grants.none"><GrantTable list={state.data || []} onDone={load} mayEnd /></Loaded></section>;
}

export function OfficerPage({ id, kind, me }) {
  const isSystem = kind === 'system';
  const back = isSystem ? 'systems' : 'officers';
  const [state, load] = useLoaded(pathOf(id));
  const [mode, setMode] = useState('');
  const [link, setLink] = useState(null);
  const officer = state.data;
  const act = acts[mode];
  async function activate() { await call('PUT', pathOf(id), { body: { version: officer.version, state: 'active' } }).then(() => load()); }
  async function invite() { setLink((await call('POST', `${pathOf(id)}/invitation`)).data); setMode(''); }
  if (link) return <InvitationOnce made={link} onDone={() => { setLink(null); load(); }} />;
  if (mode === 'change') return <Change officer={officer} me={me} isSystem={isSystem} onDone={() => { setMode(''); load(); }} onCancel={() => setMode('')} />;
  return (
    <>
      <p><a href={`#/admin/${back}`}>{t('arrow.back')} {t(`admin.${back}`)}</a></p>
      <Loaded state={state} again={load}>
        <h2><bdi>{id}</bdi></h2>
        {officer && <Facts officer={officer} />}
        {id === me.officer ? <p class="quiet">{t('officer.self')}</p>
          : officer && <Acts officer={officer} isSystem={isSystem} onChange={() => setMode('change')} onInvite={() => setMode('invite')} onAct={(name) => (name === 'activate' ? activate() : setMode(name))} />}
        <Credentials id={id} />
        <GrantsOf id={id} />
        {act && <Confirm title={t(`officer.${mode}.ask`, { officer: id })} lines={act.lines.map((line) => t(line))} button={t(`officer.${mode}`)} onClose={() => setMode('')}
          work={async () => { await act.work(officer); if (mode === 'remove') location.hash = `#/admin/${back}`; else load(); }} />}
        {mode === 'invite' && <Confirm title={t('officer.invite.ask', { officer: id })} lines={[t('officer.invite.old'), t('officer.invite.until')]} button={t('officer.invite')} work={invite} onClose={() => setMode('')} />}
      </Loaded>
    </>
  );
}
