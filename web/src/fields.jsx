// SPDX-License-Identifier: Apache-2.0
// One field of a form, by its type: a text, a choice from a code list, a group of fields, or a list of any of these. What is not
// required and may be given several times, or has parts, is a button until it is wanted: a form stays as long as what is known.
import { useEffect, useRef, useState } from 'preact/hooks';
import { call } from './api.js';
import { language, t, title } from './i18n.js';
import { told, toldHint, words } from './words.js';

const SELECT_MAX = 40; // longer lists are typed with suggestions

// A copy of `tree` with `value` at `path`.
export function setAt(tree, path, value) {
  if (!path.length) return value;
  const [head, ...rest] = path;
  const copy = Array.isArray(tree) ? [...tree] : { ...tree };
  copy[head] = setAt(copy[head] ?? {}, rest, value);
  return copy;
}

const lists = new Map();
async function loadCodes(name) {
  if (!lists.has(name)) lists.set(name, (await call('GET', `/v1/codes/${name}`)).data.codes);
  return lists.get(name);
}
export function useCodes(name) {
  const [codes, setCodes] = useState(lists.get(name) || []);
  useEffect(() => { if (name && !lists.has(name)) loadCodes(name).then(setCodes).catch(() => { /* typed by hand then */ }); }, [name]);
  return codes;
}

function listOf(field) {
  return field.list || { country: 'countries', sex: 'sex' }[field.type] || '';
}

// The lists of a form are there before it is shown: no field changes its kind under the officer's hands.
export async function loadLists(fields) {
  const named = (all) => all.flatMap((f) => [listOf(f), ...named(f.fields || [])]).filter(Boolean);
  await Promise.allSettled([...new Set(named(fields))].map(loadCodes));
}
const nameOf = (code) => code[language] || code.en || code.code;

function Choice({ id, codes, value, onChange, ...rest }) {
  if (codes.length > SELECT_MAX) {
    return (
      <>
        <input id={id} list={`${id}-codes`} dir="auto" autocomplete="off" value={value ?? ''} onInput={(e) => onChange(e.target.value)} {...rest} />
        <datalist id={`${id}-codes`}>{codes.map((c) => <option key={c.code} value={c.code}>{nameOf(c)}</option>)}</datalist>
      </>
    );
  }
  return (
    <select id={id} value={value ?? ''} onChange={(e) => onChange(e.target.value)} {...rest}>
      <option value="">{t('choose')}</option>
      {codes.map((c) => <option key={c.code} value={c.code}>{nameOf(c)}</option>)}
    </select>
  );
}

// What the node says of a value: a fault, or how it was understood and whether its check digit agrees.
function Said({ id, fault, found, codes }) {
  if (fault) return <span id={id} class="bad said">✕ {told(fault)}{fault.hint && toldHint(fault) && ` — ${toldHint(fault)}`}</span>;
  if (!found) return <span id={id} class="said" />;
  const code = codes.find((c) => c.code === found.norm);
  return (
    <span id={id} class={found.check === 'failed' ? 'bad said' : 'quiet said'}>
      {found.check === 'ok' && <span class="good">✓ {t('check.ok')} </span>}{found.check === 'failed' && `✕ ${t('check.failed')} `}
      <bdi>{found.note ? words(found, 'note') : code ? nameOf(code) : ''}</bdi>
    </span>
  );
}

// A map value (a name in parts, an address) as an input for each of its parts.
function Parts({ id, value, onChange }) {
  return (
    <span class="parts">{Object.entries(value).map(([key, part]) => (
      <label key={key}>{key} <input id={`${id}.${key}`} dir="auto" value={String(part ?? '')} onInput={(e) => onChange({ ...value, [key]: e.target.value })} /></label>
    ))}</span>
  );
}

function One({ field, path, row, value, checks, onChange, label }) {
  const codes = useCodes(listOf(field));
  const id = `f-${path}`;
  const fault = checks.faults[path];
  const rest = { 'aria-invalid': Boolean(fault), 'aria-describedby': `${id}-said`, 'aria-label': label, 'aria-required': field.required };
  const isMap = value && typeof value === 'object';
  return (
    <span class="one">
      {isMap ? <Parts id={id} value={value} onChange={onChange} />
        : codes.length ? <Choice id={id} codes={codes} value={value} onChange={onChange} {...rest} />
          : field.type === 'text' ? <textarea id={id} rows="1" dir="auto" value={value ?? ''} onInput={(e) => onChange(e.target.value)} {...rest} />
            : <input id={id} dir="auto" autocomplete="off" spellcheck={false} value={value ?? ''} onInput={(e) => onChange(e.target.value)} {...rest} />}
      <Said id={`${id}-said`} fault={fault} found={checks.values[`${field.path}#${row}`]} codes={codes.length > SELECT_MAX ? codes : []} />
    </span>
  );
}

function Group({ field, path, row, value, checks, onChange }) {
  return (
    <span class="group">{field.fields.map((inner) => (
      <Field key={inner.name} field={inner} path={`${path}.${inner.name}`} row={row} value={value?.[inner.name]} checks={checks}
        onChange={(next) => onChange({ ...(value || {}), [inner.name]: next })} />
    ))}</span>
  );
}

function Many({ field, path, value, checks, onChange }) {
  const rows = Array.isArray(value) && value.length ? value : [undefined];
  const Part = field.fields?.length ? Group : One;
  const name = title(field.title);
  return (
    <span class="many">
      {rows.map((row, i) => (
        <span class="row" key={i}>
          <Part field={field} path={`${path}[${i + 1}]`} row={i} value={row} checks={checks} label={rows.length > 1 ? `${name} ${i + 1}` : name}
            onChange={(next) => onChange(rows.map((old, k) => (k === i ? next : old ?? '')))} />
          {rows.length > 1 && <button type="button" class="link" onClick={() => onChange(rows.filter((_, k) => k !== i))}>{t('desk.remove')} {i + 1}</button>}
        </span>
      ))}
      <button type="button" class="link" onClick={() => onChange([...rows, field.fields?.length ? {} : ''])}>+ {t('desk.another')}</button>
    </span>
  );
}

// The definitions explain their fields in English; a language they do not speak is given no help rather than that.
const helpOf = ({ help }) => (language === 'en' || typeof help === 'object' ? title(help) : undefined);

const isEmpty = (value) => value === undefined || value === '' || (typeof value === 'object' && !Object.keys(value ?? {}).length);

function Cluster(props) {
  const { field, path, value, checks } = props;
  const [isOpen, setOpen] = useState(false);
  const box = useRef();
  const fault = checks.faults[path];
  const isWanted = isOpen || field.required || !isEmpty(value) || Object.keys(checks.faults).some((p) => p.startsWith(path)) || props.isTelling;
  useEffect(() => { if (isOpen) box.current?.querySelector('input, select, textarea')?.focus(); }, [isOpen]);
  if (!isWanted) return <button type="button" class="more" onClick={() => setOpen(true)}>+ {title(field.title)}</button>;
  return (
    <fieldset ref={box} class="field set"><legend title={helpOf(field)}>{title(field.title)}{field.required && <span class="bad" aria-hidden="true"> *</span>}</legend>
      {field.many ? <Many {...props} /> : <Group {...props} />}
      {fault && <span class="bad said">✕ {told(fault)}</span>}
    </fieldset>
  );
}

export function Field(props) {
  const { field, path } = props;
  if (field.many || field.fields?.length) return <Cluster {...props} />;
  return (
    <div class="field"><label for={`f-${path}`} title={helpOf(field)}>{title(field.title)}{field.required && <span class="bad" title={t('desk.required')}> *</span>}</label><One {...props} /></div>
  );
}
