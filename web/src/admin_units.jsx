// SPDX-License-Identifier: Apache-2.0
// Units as a tree: founded, changed, closed within what the unit above may. A branch is drawn when it is opened, so that a country
// of ten thousand units opens as fast as one of ten.
import { useState } from 'preact/hooks';
import { call } from './api.js';
import { t } from './i18n.js';
import { Confirm, Foot, Line, useForm } from './form.jsx';
import { Loaded, useLoaded } from './load.jsx';
import { ListedAndEffective, Within, nameIn, namesIn, under, useNamed, useScopeNames } from './scope.jsx';
import { OfficeOf } from './office.jsx';

const FOUND_MAX = 50; // of those a search shows
const COUNT_MAX = 1000;
export const unitPath = (id) => `/v1/units/${id.split('/').map(encodeURIComponent).join('/')}`;
const address = (id) => `#/admin/units/${encodeURI(id)}`;

// [roots, children by parent]
function treeOf(units) {
  const ids = new Set(units.map((unit) => unit.id));
  const below = new Map();
  for (const unit of units) if (ids.has(unit.parent)) below.set(unit.parent, [...(below.get(unit.parent) || []), unit]);
  return [units.filter((unit) => !ids.has(unit.parent)), below];
}
function lineOf(units, id) { // the unit and all above it
  const line = [];
  for (let unit = units.find((u) => u.id === id); unit && line.length < 20; unit = units.find((u) => u.id === unit.parent)) line.push(unit.id);
  return line;
}
function allBelow(below, id) {
  return [id, ...(below.get(id) || []).flatMap((unit) => allBelow(below, unit.id))];
}

function UnitLink({ unit, current }) {
  return <a href={address(unit.id)} aria-current={unit.id === current ? 'true' : undefined}>{unit.name} <bdi class="quiet">{unit.id}</bdi>{!unit.open && <span class="bad"> {t('unit.closed')}</span>}</a>;
}

function Branch({ unit, below, current, line, depth }) {
  const [isOpen, setOpen] = useState(depth < 1 || line.includes(unit.id));
  const children = below.get(unit.id) || [];
  if (!children.length) return <li class="leaf"><UnitLink unit={unit} current={current} /></li>;
  return (
    <li>
      <button type="button" class="twist" aria-expanded={isOpen} aria-label={`${t('units.below')} ${unit.name}`} onClick={() => setOpen(!isOpen)}><span aria-hidden="true" /></button><UnitLink unit={unit} current={current} />
      {isOpen && <ul>{children.map((child) => <Branch key={child.id} unit={child} below={below} current={current} line={line} depth={depth + 1} />)}</ul>}
    </li>
  );
}

function Tree({ units, current }) {
  const [find, setFind] = useState('');
  const [roots, below] = treeOf(units);
  const wanted = find.trim().toLowerCase();
  const found = wanted && units.filter((u) => `${u.id} ${u.name}`.toLowerCase().includes(wanted));
  return (
    <nav class="tree" aria-label={t('admin.units')}>
      <label>{t('units.find')}<input id="unit-find" type="search" autocomplete="off" value={find} onInput={(e) => setFind(e.target.value)} /></label>
      {found ? <ul>{found.slice(0, FOUND_MAX).map((unit) => <li key={unit.id}><UnitLink unit={unit} current={current} /></li>)}</ul>
        : <ul>{roots.map((unit) => <Branch key={unit.id} unit={unit} below={below} current={current} line={lineOf(units, current)} depth={0} />)}</ul>}
      {found && <p class="quiet" role="status">{found.length ? t('of', { shown: Math.min(found.length, FOUND_MAX), total: found.length }) : t('units.none')}</p>}
      <p><a class="button" href="#/admin/units/+">+ {t('units.new')}</a></p>
    </nav>
  );
}

const emptyUnit = (me, units) => ({ id: '', country: me.country, name: '', parent: units.some((u) => u.id === me.unit) ? me.unit : units[0]?.id || '', level: me.hub ? 'national-bureau' : 'unit', purposes: [], databases: [] });

// What takes something away is said in words before it is done.
function losses(before, after, names) {
  const now = under({}, { effective: before.effective });
  const lost = (kind, list) => (list ? (now[kind] || names[kind].map((c) => c.code)).filter((code) => !list.includes(code)) : []);
  return ['purposes', 'databases'].flatMap((kind) => {
    const gone = lost(kind, after[kind]?.length ? after[kind] : null);
    return gone.length ? [t(`unit.loses.${kind}`, { names: namesIn(names[kind], gone).join(t('comma')) })] : [];
  });
}

function UnitForm({ unit, units, me, onDone, onCancel }) {
  const names = useScopeNames();
  const levels = useNamed('unit-levels');
  const [asking, setAsking] = useState(null);
  const form = useForm(unit ? { ...unit, purposes: unit.purposes || [], databases: unit.databases || [] } : emptyUnit(me, units), async (values) => {
    const lines = unit ? losses(unit, values, names) : [];
    if (lines.length) setAsking(lines);
    else await save(values);
  });
  const { values } = form;
  const parent = units.find((u) => u.id === values.parent);
  const limit = under({}, parent);
  const allowed = new Set(unit ? allBelow(treeOf(units)[1], unit.id) : []); // nothing stands below itself
  async function save({ id, country, name, parent: above, level, purposes, databases }) {
    const body = { name, parent: above || undefined, level, purposes, databases };
    const { data } = unit ? await call('PUT', unitPath(unit.id), { body: { ...body, version: unit.version } }) : await call('POST', '/v1/units', { body: { ...body, id, country } });
    onDone(data.id);
  }
  return (
    <form class="desk" onSubmit={form.submit} noValidate>
      {!unit && <Line form={form} name="id" label={t('unit.id')} help={t('unit.id.help', { country: values.country })} isRequired autofocus />}
      {!unit && me.hub && <Line form={form} name="country" label={t('audit.country')} isRequired maxlength="3" />}
      <Line form={form} name="name" label={t('unit.name')} isRequired />
      {units.length > 0 && <Line form={form} name="parent" label={t('unit.parent')} options={units.filter((u) => !allowed.has(u.id)).map((u) => [u.id, `${u.name} (${u.id})`])} />}
      <div class="field"><span>{t('unit.level')}</span><span>{nameIn(levels, values.level)}</span></div>
      <Within kind="purposes" names={names.purposes} limit={limit.purposes} held={values.purposes} onChange={(list) => form.put('purposes', list)} isAllMeant />
      <Within kind="databases" names={names.databases} limit={limit.databases} held={values.databases} onChange={(list) => form.put('databases', list)} isAllMeant />
      <Foot form={form} names={['id', 'country', 'name', 'parent']} button={t(unit ? 'unit.save' : 'unit.found')} onCancel={onCancel} />
      {asking && <Confirm title={t('unit.change.ask', { unit: unit.name })} lines={[...asking, t('unit.change.below')]} button={t('unit.save')} work={() => save(values)} onClose={() => setAsking(null)} />}
    </form>
  );
}

function Close({ unit, units, onDone, onCancel }) {
  const ids = new Set(allBelow(treeOf(units)[1], unit.id));
  const [{ data, headers }] = useLoaded(`/v1/officers?max=${COUNT_MAX}`);
  const count = (data || []).filter((officer) => ids.has(officer.unit)).length;
  const isMore = Boolean(headers?.get('Bureau-Officers-After'));
  return (
    <Confirm title={t('unit.close.ask', { unit: unit.name })} button={t('unit.close')} onClose={onCancel}
      lines={[t('unit.close.officers', { count: isMore ? `${count}+` : count }), ids.size > 1 && t('unit.close.below', { count: ids.size - 1 }), t('unit.close.records'), t('unit.close.again')].filter(Boolean)}
      work={async () => { await call('DELETE', unitPath(unit.id)); onDone(); }} />
  );
}

function Unit({ unit, units, me, onDone }) {
  const names = useScopeNames();
  const levels = useNamed('unit-levels');
  const [mode, setMode] = useState('');
  const isOwn = unit.id === me.unit;
  const above = units.find((u) => u.id === unit.parent);
  if (mode === 'change') return <section class="panel" aria-label={unit.name}><h2>{t('unit.change')}: {unit.name}</h2><UnitForm unit={unit} units={units} me={me} onDone={(id) => { setMode(''); onDone(id, 'unit.changed'); }} onCancel={() => setMode('')} /></section>;
  return (
    <section class="panel" aria-label={unit.name}>
      <p class="back"><a href="#/admin/units">{t('arrow.back')} {t('admin.units')}</a></p>
      <h2>{unit.name} <bdi class="quiet">{unit.id}</bdi></h2>
      {!unit.open && <p class="problem">{t('unit.closed.why')}</p>}
      <dl class="facts">
        <div><dt>{t('unit.level')}</dt><dd>{nameIn(levels, unit.level)}</dd></div>
        <div><dt>{t('audit.country')}</dt><dd>{unit.country}</dd></div>
        {above && <div><dt>{t('unit.parent')}</dt><dd><a href={address(above.id)}>{above.name}</a></dd></div>}
        <div><dt>{t('admin.officers')}</dt><dd><a href={`#/admin/officers/+of/${encodeURIComponent(unit.id)}`}>{t('unit.officers')}</a></dd></div>
      </dl>
      <ListedAndEffective listed={unit} effective={unit.effective} names={names} />
      <OfficeOf key={unit.id} unit={unit} me={me} />
      {isOwn ? <p class="quiet">{t('unit.own')}</p> : (
        <p class="actions"><button type="button" onClick={() => setMode('change')}>{t('unit.change')}</button>
          <button type="button" class="danger" onClick={() => setMode('close')}>{t('unit.close')}</button></p>
      )}
      {mode === 'close' && <Close unit={unit} units={units} onDone={() => onDone('', 'unit.is.closed')} onCancel={() => setMode('')} />}
    </section>
  );
}

export function Units({ id, me }) {
  const [state, load] = useLoaded('/v1/units');
  const [said, setSaid] = useState('');
  const units = state.data || [];
  const unit = units.find((u) => u.id === id);
  async function done(next, word) {
    await load();
    setSaid(word);
    location.hash = address(next);
  }
  return (
    <>
      {said && <p role="status" class="said-well">✓ {t(said)}</p>}
      <Loaded state={state} again={load}>
        <div class={`split ${id ? 'chosen' : ''}`}>
          <Tree key={id} units={units} current={id} />
          {id === '+' && <section class="panel" aria-labelledby="new-unit"><p class="back"><a href="#/admin/units">{t('arrow.back')} {t('admin.units')}</a></p><h2 id="new-unit">{t('units.new')}</h2><UnitForm units={units} me={me} onDone={(next) => done(next, 'unit.founded')} onCancel={() => { location.hash = '#/admin/units'; }} /></section>}
          {unit && <Unit key={`${unit.id} ${unit.version}`} unit={unit} units={units} me={me} onDone={done} />}
          {id && id !== '+' && !unit && <section class="panel"><p class="quiet">{t('units.none')}</p></section>}
          {!id && <section class="panel hint"><p class="quiet">{t(units.length ? 'units.choose' : 'units.empty')}</p></section>}
        </div>
      </Loaded>
    </>
  );
}
