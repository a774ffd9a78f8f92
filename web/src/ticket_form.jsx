// SPDX-License-Identifier: Apache-2.0
// A form of what a step needs and takes, made from the life cycle: for opening a ticket, and for each of its moves.
import { useEffect, useRef, useState } from 'preact/hooks';
import { t, title } from './i18n.js';
import { Field, loadLists } from './fields.jsx';
import { told } from './words.js';

const local = (iso) => { // for an input of date and time, in this place's time
  if (!iso) return '';
  const at = new Date(iso);
  return new Date(at - at.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
};
const moment = (text) => (text ? new Date(text).toISOString().replace(/\.\d+/, '') : '');

function Moment({ field, value, fault, onChange }) {
  const id = `f-${field.name}`;
  return (
    <div class="field"><label for={id}>{title(field.title)}{field.required && <span class="bad"> *</span>}</label>
      <span class="one"><input id={id} type="datetime-local" value={local(value)} aria-invalid={Boolean(fault)} aria-describedby={`${id}-said`} onInput={(e) => onChange(moment(e.target.value))} />
        <span id={`${id}-said`} class="bad said">{fault && `✕ ${told(fault)}`}</span></span>
    </div>
  );
}

// `work(fields)` sends; what the node says against a field stands beside it. `given`: what another has filled in.
export function TicketForm({ needs, takes, given, button, isPrimary, children, work, onCancel }) {
  const [values, setValues] = useState(given || {});
  const [isReady, setReady] = useState(false);
  const [isSending, setSending] = useState(false);
  const [problem, setProblem] = useState(null);
  const form = useRef();
  const fields = [...needs.map((f) => ({ ...f, required: true })), ...takes];
  useEffect(() => { loadLists(fields).then(() => setReady(true)); }, []);
  const fault = problem?.field && fields.find((f) => problem.field.split('.').pop() === f.name);
  const checks = { faults: fault ? { [fault.name]: problem } : {}, values: {} };
  async function submit(event) {
    event.preventDefault();
    setSending(true);
    try {
      await work(Object.fromEntries(Object.entries(values).filter(([, v]) => v !== '' && v !== undefined)));
    } catch (failure) { setProblem(failure); setSending(false); }
  }
  useEffect(() => { if (isReady) form.current?.querySelector('select, input, textarea')?.focus(); }, [isReady]);
  if (!isReady) return null;
  return (
    <form ref={form} class="desk ticket-form" onSubmit={submit} noValidate>
      {fields.map((field) => {
        const common = { key: field.name, field, value: values[field.name], onChange: (value) => setValues({ ...values, [field.name]: value }) };
        return field.type === 'moment' ? <Moment {...common} fault={checks.faults[field.name]} /> : <Field {...common} isTelling path={field.name} row={0} checks={checks} />;
      })}
      {children}
      {problem && !fault && <p role="alert" class="problem">{[problem.message, problem.hint].filter(Boolean).join(' — ')}</p>}
      <p class="actions"><button class={isPrimary ? 'primary' : ''} disabled={isSending}>{button}</button>{onCancel && <button type="button" onClick={onCancel}>{t('cancel')}</button>}</p>
    </form>
  );
}
