// SPDX-License-Identifier: Apache-2.0
// Roles, rights, purposes and databases by their names; a choice among them within what the unit above may; what a choice comes to.
import { useEffect, useState } from 'preact/hooks';
import { databaseList } from './api.js';
import { language, t, title } from './i18n.js';
import { useCodes } from './fields.jsx';
import { Ticks } from './form.jsx';

// Of a code list: its codes with their names in the language of the page.
export function useNamed(list) {
  return useCodes(list).map((c) => ({ code: c.code, name: c[language] || c.en || c.code }));
}
export function useDatabases() {
  const [all, setAll] = useState([]);
  useEffect(() => { databaseList().then(setAll).catch(() => { /* their own names serve */ }); }, [language]);
  return all.map((d) => ({ code: d.name, name: title(d.title) }));
}
export const nameIn = (list, code) => list.find((c) => c.code === code)?.name || code;
export const namesIn = (list, codes) => (codes || []).map((code) => nameIn(list, code));

export function Names({ list, codes, none }) {
  const names = namesIn(list, codes);
  return names.length ? names.join(t('comma')) : <span class="quiet">{none}</span>;
}

// Everything the four lists are called, loaded once for a page.
export function useScopeNames() {
  return { roles: useNamed('audiences'), rights: useNamed('rights'), purposes: useNamed('purposes'), databases: useDatabases() };
}

export function ScopeFacts({ scope, names, isListedOnly }) {
  const rows = [
    scope.roles && ['roles', <Names list={names.roles} codes={scope.roles} none="—" />],
    scope.may && ['rights', <Names list={names.rights} codes={scope.may} none={t('rights.none')} />],
    (scope.purposes || !isListedOnly) && ['purposes', scope.purposes ? <Names list={names.purposes} codes={scope.purposes} none={t('purposes.none')} /> : t('scope.all')],
    (scope.databases || !isListedOnly) && ['databases', scope.databases ? <Names list={names.databases} codes={scope.databases} none={t('databases.none')} /> : t('databases.every')],
  ].filter(Boolean);
  return <dl class="facts">{rows.map(([name, value]) => <div key={name}><dt>{t(`scope.${name}`)}</dt><dd>{value}</dd></div>)}</dl>;
}

export function ListedAndEffective({ listed, effective, names, none }) {
  return (
    <div class="beside">
      <section><h3>{t('scope.listed')}</h3><ScopeFacts scope={listed} names={names} /></section>
      <section><h3>{t('scope.effective')}</h3>{effective ? <ScopeFacts scope={effective} names={names} /> : <p class="bad">{none}</p>}</section>
    </div>
  );
}

// What is listed, under a unit: nothing listed means all of the unit's.
export function under(listed, unit) {
  const limit = unit?.effective;
  const within = (mine, above) => (mine && above ? mine.filter((code) => above.includes(code)) : mine || above);
  return { ...listed, purposes: within(listed.purposes, limit?.purposes), databases: within(listed.databases, limit?.databases) };
}

// Ticks among what the unit above may; `isAllMeant`: none ticked stands for all of them.
export function Within({ kind, names, limit, held, onChange, isAllMeant, all = `scope.${kind}.all` }) {
  const [isSome, setSome] = useState(Boolean(held?.length) || !isAllMeant);
  const codes = names.filter(({ code }) => !limit || limit.includes(code) || held?.includes(code));
  return (
    <>
      {isAllMeant && <label class="tick all"><input type="checkbox" name={`all-${kind}`} checked={!isSome} onChange={(e) => { setSome(!e.target.checked); if (e.target.checked) onChange([]); }} /> {t(all)}</label>}
      {isSome && <Ticks label={t(`scope.${kind}`)} codes={codes} held={held} onChange={onChange} />}
    </>
  );
}
