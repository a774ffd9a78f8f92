// SPDX-License-Identifier: Apache-2.0
// What an officer is and may: chosen within what his unit may, with what that comes to as it is chosen.
import { t, when } from './i18n.js';
import { Line, Once, Ticks } from './form.jsx';
import { ScopeFacts, Within, nameIn, under, useScopeNames } from './scope.jsx';

export const systemRole = 'integrating-system';
const never = ['system', systemRole]; // the node itself, and what is entered under systems

// One name a line.
export const namesOf = (text) => (text || '').split('\n').map((one) => one.trim()).filter(Boolean);

export function OfficerFields({ form, me, units, isSystem }) {
  const names = useScopeNames();
  const { values, put } = form;
  const unit = units.find((u) => u.id === values.unit);
  const limit = under({}, unit);
  const roles = names.roles.filter(({ code }) => !never.includes(code) && (code !== 'hub' || me.hub));
  const isAdministrator = values.roles?.includes('administrator') || values.may?.includes('administer');
  const isAuditor = values.may?.includes('audit');
  return (
    <>
      {units.length > 0 ? <Line form={form} name="unit" label={t('unit')} isRequired options={[['', t('choose')], ...units.filter((u) => u.open).map((u) => [u.id, `${u.name} (${u.id})`])]} />
        : <Line form={form} name="unit" label={t('unit')} isRequired />}
      {!isSystem && <Ticks label={t('scope.roles')} codes={roles} held={values.roles} onChange={(list) => put('roles', list)} help={t('roles.help')} />}
      {!isSystem && values.roles?.length > 1 && <p>{t('roles.first', { role: nameIn(names.roles, values.roles[0]) })}</p>}
      <Ticks label={t('scope.rights')} codes={names.rights.filter(({ code }) => !isSystem || code === 'write')} held={values.may} onChange={(list) => put('may', list)} />
      {!isSystem && <Line form={form} name="own_names" type="area" label={t('own.names')} help={t('own.names.help')} />}
      {isAdministrator && isAuditor && <p class="problem" role="alert">{t('rights.both')}</p>}
      <Within kind="purposes" names={names.purposes} limit={limit.purposes} held={values.purposes} onChange={(list) => put('purposes', list)} />
      <Within key={unit?.id} kind="databases" names={names.databases} limit={limit.databases} held={values.databases} onChange={(list) => put('databases', list)} isAllMeant />
      <section class="comes" aria-live="polite"><h3>{t('scope.comes')}</h3>
        <ScopeFacts scope={under({ roles: isSystem ? [systemRole] : values.roles, may: values.may, purposes: values.purposes, databases: values.databases?.length ? values.databases : undefined }, unit)} names={names} /></section>
    </>
  );
}

export function InvitationOnce({ made, onDone }) {
  return <Once title={t('once.link', { officer: made.officer })} text={made.link} help={t('once.link.help', { time: when(made.until) })} onDone={onDone} />;
}
