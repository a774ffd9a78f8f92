// SPDX-License-Identifier: Apache-2.0
// One field of a form, by its type: a text, a choice from a code list, a group of fields, or a list of any of these.
import { useEffect, useState } from 'preact/hooks';
import { call } from './api.js';
import { language, t, title } from './i18n.js';

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
export function useCodes(name) {
  const [codes, setCodes] = useState(lists.get(name) || []);
  useEffect(() => {
    if (!name || lists.has(name)) return;
    call('GET', `/v1/codes/${name}`, { language }).then(({ data }) => { lists.set(name, data.codes); setCodes(data.codes); }).catch(() => {});
  }, [name]);
  return codes;
}
const nameOf = (code) => code[language] || code.en;

function Choice({ id, codes, list, value, onChange, ...rest }) {
  if (codes.length > SELECT_MAX) {
    return (
      <>
        <input id={id} list={`${id}-codes`} dir="auto" value={value ?? ''} onInput={(e) => onChange(e.target.value)} {...rest} />
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

function Said({ id, fault, found }) {
  if (fault) return <span id={id} class="bad said">{fault.reason}{fault.hint && ` — ${fault.hint}`}</span>;
  if (!found) return null;
  return (
    <span id={id} class={found.check === 'failed' ? 'bad said' : 'quiet said'}>
      {found.check === 'ok' && `✓ ${t('check.ok')} `}{found.check === 'failed' && `✕ ${t('check.failed')} `}{found.note || (found.norm !== undefined ? found.norm : '')}
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

function One({ field, path, value, checks, onChange, label }) {
  const list = field.list || (field.type === 'country' ? 'countries' : field.type === 'sex' ? 'sex' : '');
  const codes = useCodes(list);
  const id = `f-${path}`;
  const fault = checks.faults[path];
  const rest = { 'aria-invalid': Boolean(fault), 'aria-describedby': `${id}-said`, 'aria-label': label };
  const isMap = value && typeof value === 'object';
  return (
    <span class="one">
      {isMap ? <Parts id={id} value={value} onChange={onChange} />
        : list && codes.length ? <Choice id={id} codes={codes} value={value} onChange={onChange} {...rest} />
          : field.type === 'text' ? <textarea id={id} rows="2" dir="auto" value={value ?? ''} onInput={(e) => onChange(e.target.value)} {...rest} />
            : <input id={id} dir="auto" autocomplete="off" spellcheck={false} value={value ?? ''} onInput={(e) => onChange(e.target.value)} {...rest} />}
      <Said id={`${id}-said`} fault={fault} found={checks.values[path]} />
    </span>
  );
}

function Group({ field, path, value, checks, onChange }) {
  return (
    <span class="group">{field.fields.map((inner) => (
      <Field key={inner.name} field={inner} path={`${path}.${inner.name}`} value={value?.[inner.name]} checks={checks}
        onChange={(next) => onChange({ ...(value || {}), [inner.name]: next })} />
    ))}</span>
  );
}

function Many({ field, path, value, checks, onChange }) {
  const rows = Array.isArray(value) && value.length ? value : [undefined];
  const Part = field.fields?.length ? Group : One;
  return (
    <span class="many">
      {rows.map((row, i) => (
        <span class="row" key={i}>
          <Part field={field} path={`${path}[${i}]`} value={row} checks={checks} label={`${title(field.title)} ${i + 1}`}
            onChange={(next) => onChange(rows.map((old, k) => (k === i ? next : old ?? '')))} />
          {rows.length > 1 && <button type="button" class="link" onClick={() => onChange(rows.filter((_, k) => k !== i))}>{t('desk.remove')} {i + 1}</button>}
        </span>
      ))}
      <button type="button" class="link" onClick={() => onChange([...rows, field.fields?.length ? {} : ''])}>{t('desk.add', { what: title(field.title) })}</button>
    </span>
  );
}

export function Field(props) {
  const { field, path } = props;
  const isPlain = !field.many && !field.fields?.length;
  const name = <>{title(field.title)} {field.required && <span class="bad" title={t('desk.required')}>*</span>}</>;
  if (isPlain) return <div class="field"><label for={`f-${path}`} title={title(field.help)}>{name}</label><One {...props} /></div>;
  return (
    <fieldset class="field"><legend title={title(field.help)}>{name}</legend>
      {field.many ? <Many {...props} /> : <Group {...props} />}
      {props.checks.faults[path] && <span class="bad said">{props.checks.faults[path].reason}</span>}
    </fieldset>
  );
}
