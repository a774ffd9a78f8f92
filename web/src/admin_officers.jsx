// SPDX-License-Identifier: Apache-2.0
// Officers and systems of the units one administers: found, added one by one or from a list, changed, suspended, removed.
import { useEffect, useState } from 'preact/hooks';
import { call } from './api.js';
import { t, when } from './i18n.js';
import { Foot, Line, Once, useForm } from './form.jsx';
import { Loaded, Wrong, useLoaded, useNewest } from './load.jsx';
import { nameIn, useNamed, useScopeNames } from './scope.jsx';
import { OfficerPage } from './admin_officer.jsx';
import { OfficerList } from './admin_list.jsx';
import { InvitationOnce, OfficerFields, namesOf, systemRole } from './officer_fields.jsx';

const PAGE = 50;

// A page of officers, and the next ones.
function useOfficers(kind, unit) {
  const [state, setState] = useState({ list: null, after: '', problem: null });
  const begin = useNewest();
  async function ask(find, after = '', held = []) {
    const isNewest = begin();
    const query = new URLSearchParams({ kind, max: PAGE });
    for (const [name, value] of Object.entries({ unit, find: find.trim(), after })) if (value) query.set(name, value);
    try {
      const { data, headers } = await call('GET', `/v1/officers?${query}`);
      if (isNewest()) setState({ list: [...held, ...data], after: headers.get('Bureau-Officers-After') || '', problem: null });
    } catch (problem) { if (isNewest()) setState({ list: held, after, problem }); }
  }
  return [state, ask];
}

function Row({ officer, kind, names, states, kinds }) {
  return (
    <tr>
      <td><a href={`#/admin/${kind === 'system' ? 'systems' : 'officers'}/${encodeURIComponent(officer.officer)}`}><bdi>{officer.officer}</bdi></a></td>
      <td><bdi>{officer.unit}</bdi></td>
      <td>{officer.roles.map((code) => nameIn(names.roles, code)).join(t('comma'))}</td>
      <td>{officer.signs_in_with.map((code) => nameIn(kinds, code)).join(t('comma')) || <span class="quiet">{officer.invited_until ? t('officer.invited', { time: when(officer.invited_until) }) : t('officer.cannot')}</span>}</td>
      <td class={officer.state === 'active' ? '' : 'bad'}>{nameIn(states, officer.state)}</td>
    </tr>
  );
}

function List({ kind, unit }) {
  const names = useScopeNames();
  const states = useNamed('states');
  const kinds = useNamed('credential-kinds');
  const [find, setFind] = useState('');
  const [{ list, after, problem }, ask] = useOfficers(kind, unit);
  useEffect(() => { ask(''); }, [unit]);
  const at = kind === 'system' ? 'systems' : 'officers';
  return (
    <>
      <form class="filter" role="search" onSubmit={(e) => { e.preventDefault(); ask(find); }}>
        <label>{t(`${at}.find`)}<input id="officer-find" type="search" autocomplete="off" spellcheck={false} value={find} onInput={(e) => setFind(e.target.value)} /></label>
        <button>{t('search.button')}</button>
        <span class="gap" />
        <a class="button" href={`#/admin/${at}/+`}>+ {t(`${at}.new`)}</a>
        {kind === 'officer' && <a class="button" href="#/admin/officers/+list">{t('officers.list')}</a>}
      </form>
      {unit && <p>{t('officers.of', { unit })} <a href="#/admin/officers">{t('officers.all')}</a></p>}
      <Wrong problem={problem} again={() => ask(find)} />
      <Loaded state={{ data: list, isBusy: !list }} empty={`${at}.none`}>
        <table class="list officers">
          <thead><tr>{['officer', 'unit', 'scope.roles', 'officer.signs', 'state'].map((key) => <th key={key} scope="col">{t(key)}</th>)}</tr></thead>
          <tbody>{list?.map((officer) => <Row key={officer.officer} officer={officer} kind={kind} names={names} states={states} kinds={kinds} />)}</tbody>
        </table>
        {after ? <button type="button" onClick={() => ask(find, after, list)}>{t('more')}</button> : null}
      </Loaded>
    </>
  );
}

function NewPerson({ me, units, onMade }) {
  const form = useForm({ officer: '', unit: '', roles: [], may: [], purposes: [], databases: [], own_names: '' }, async ({ officer, unit, roles, may, purposes, databases, own_names: names }) => {
    const country = units.find((u) => u.id === unit)?.country || me.country;
    const { data } = await call('POST', '/v1/officers', { body: { officer: officer.trim(), country, unit, role: roles[0], roles, may, purposes, databases, invite: true, ...(namesOf(names).length && { own_names: namesOf(names) }) } });
    onMade(data);
  });
  return (
    <form class="desk" onSubmit={form.submit} noValidate><h2>{t('officers.new')}</h2>
      <Line form={form} name="officer" label={t('officer.id')} help={t('officer.id.help')} isRequired autofocus />
      <OfficerFields form={form} me={me} units={units} />
      <Foot form={form} names={['officer', 'unit']} button={t('officer.enter')} onCancel={() => { location.hash = '#/admin/officers'; }} />
    </form>
  );
}

function NewSystem({ me, units, onMade }) {
  const form = useForm({ officer: '', unit: '', may: [], purposes: [], databases: [], by: 'token', certificate_key: '' }, async ({ officer, unit, may, purposes, databases, by, certificate_key: key }) => {
    const country = units.find((u) => u.id === unit)?.country || me.country;
    const body = { officer: officer.trim(), country, unit, role: systemRole, may, purposes, databases };
    if (by === 'certificate') body.certificate_key = key.replace(/[^0-9a-f]/gi, '').toLowerCase();
    const { data } = await call('POST', '/v1/officers', { body });
    onMade(data);
  });
  return (
    <form class="desk" onSubmit={form.submit} noValidate><h2>{t('systems.new')}</h2>
      <p class="quiet">{t('systems.help')}</p>
      <Line form={form} name="officer" label={t('system.id')} help={t('system.id.help')} isRequired autofocus />
      <OfficerFields form={form} me={me} units={units} isSystem />
      <Line form={form} name="by" label={t('officer.signs')} options={[['token', t('system.by.token')], ['certificate', t('system.by.certificate')]]} />
      {form.values.by === 'certificate' && <Line form={form} name="certificate_key" label={t('system.key')} help={t('system.key.help')} class="mono" isRequired />}
      <Foot form={form} names={['officer', 'unit', 'certificate_key']} button={t('system.enter')} onCancel={() => { location.hash = '#/admin/systems'; }} />
    </form>
  );
}

function New({ kind, me }) {
  const [state, load] = useLoaded('/v1/units');
  const [made, setMade] = useState(null);
  const go = () => { location.hash = `#/admin/${kind === 'system' ? 'systems' : 'officers'}/${encodeURIComponent(made.officer)}`; };
  if (made?.link) return <InvitationOnce made={made} onDone={go} />;
  if (made?.token) return <Once title={t('once.token', { officer: made.officer })} text={made.token} help={t('once.token.help')} onDone={go} />;
  if (made) return <p role="status" class="said-well">✓ {t('system.made', { officer: made.officer })} <button type="button" class="link" onClick={go}>{t('open.it')}</button></p>;
  const Form = kind === 'system' ? NewSystem : NewPerson;
  return <Loaded state={state} again={load}><Form me={me} units={state.data || []} onMade={setMade} /></Loaded>;
}

export function Officers({ kind, id, part, me }) {
  if (id === '+') return <New kind={kind} me={me} />;
  if (id === '+list') return <OfficerList />;
  if (id && id !== '+of') return <OfficerPage key={id} id={id} kind={kind} me={me} />;
  return <List kind={kind} unit={id ? part : ''} />;
}
