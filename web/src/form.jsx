// SPDX-License-Identifier: Apache-2.0
// Small forms: a line is a label, its input, a word of help, and what the node has against it; a dialog says in words what is about
// to change, before anything that is hard to take back; what is told once is shown until it is said to be kept.
import { useEffect, useRef, useState } from 'preact/hooks';
import { t } from './i18n.js';
import { Copy } from './copy.jsx';
import { Wrong } from './load.jsx';

// `work(values)` sends; what it throws is shown, beside the line it is about where it names one.
export function useForm(initial, work) {
  const [values, setValues] = useState(initial);
  const [problem, setProblem] = useState(null);
  const [isSending, setSending] = useState(false);
  const put = (name, value) => setValues((old) => ({ ...old, [name]: value }));
  async function submit(event) {
    event?.preventDefault();
    setSending(true);
    setProblem(null);
    try { await work(values); } catch (failure) { setProblem(failure); }
    setSending(false);
  }
  return { values, put, problem, isSending, submit, fail: setProblem };
}

export function Line({ form, name, label, help, type = 'text', isRequired, options, ...rest }) {
  const id = `l-${name}`;
  const fault = form.problem?.field === name ? form.problem : null;
  const common = {
    id, name, value: form.values[name] ?? '', 'aria-invalid': Boolean(fault), 'aria-required': isRequired, 'aria-describedby': `${id}-said`,
    [options ? 'onChange' : 'onInput']: (e) => form.put(name, e.target.value), ...rest,
  };
  return (
    <div class="field"><label for={id}>{label}{isRequired && <span class="bad" aria-hidden="true"> *</span>}</label>
      <span class="one">
        {options ? <select {...common}>{options.map(([value, text]) => <option key={value} value={value}>{text}</option>)}</select>
          : type === 'area' ? <textarea rows="2" dir="auto" {...common} />
            : <input type={type} dir="auto" autocomplete="off" spellcheck={false} {...common} />}
        <span id={`${id}-said`} class={fault ? 'bad said' : 'quiet said'}>{fault ? `✕ ${fault.message}` : help}</span>
      </span>
    </div>
  );
}

// The foot of a form: what is wrong as a whole, the button, the way back.
export function Foot({ form, names = [], button, onCancel, isDanger, children }) {
  const isAbove = form.problem && names.includes(form.problem.field);
  return (
    <>
      {!isAbove && <Wrong problem={form.problem} />}
      <p class="actions"><button class={isDanger ? 'danger' : 'primary'} disabled={form.isSending}>{button}</button>
        {onCancel && <button type="button" onClick={onCancel}>{t('cancel')}</button>}{children}</p>
    </>
  );
}

export function Ticks({ label, codes, held = [], onChange, help }) {
  const chosen = new Set(held);
  function toggle(code) {
    if (!chosen.delete(code)) chosen.add(code);
    onChange([...chosen]);
  }
  return (
    <fieldset class="field set several"><legend>{label}</legend>
      {help && <p class="quiet">{help}</p>}
      <span>{codes.map(({ code, name }) => <label key={code} class="tick"><input type="checkbox" value={code} checked={chosen.has(code)} onChange={() => toggle(code)} /> {name}</label>)}</span>
    </fieldset>
  );
}

// Asks before it is done. Enter is on the way back: a slip of the hand changes nothing.
export function Confirm({ title, lines = [], button, work, onClose, children }) {
  const dialog = useRef();
  const [problem, setProblem] = useState(null);
  const [isBusy, setBusy] = useState(false);
  useEffect(() => dialog.current.showModal(), []);
  async function go() {
    setBusy(true);
    try { await work(); dialog.current?.close(); } catch (failure) { setProblem(failure); setBusy(false); }
  }
  return (
    <dialog ref={dialog} class="confirm" onClose={onClose} aria-labelledby="confirm-title">
      <h2 id="confirm-title">{title}</h2>
      {lines.length > 0 && <ul>{lines.map((line, i) => <li key={i}>{line}</li>)}</ul>}
      {children}
      <Wrong problem={problem} />
      <p class="actions"><button type="button" autofocus onClick={() => dialog.current.close()}>{t('cancel')}</button>
        <button type="button" class="danger" data-yes disabled={isBusy} onClick={go}>{button}</button></p>
    </dialog>
  );
}

// A secret that no page shows again.
export function Once({ title, text, help, onDone }) {
  const box = useRef();
  useEffect(() => box.current.focus(), []);
  return (
    <section ref={box} class="once" role="status" tabindex="-1" aria-label={title}>
      <h2>{title}</h2>
      <p class="secret"><Copy text={text} /></p>
      <p>{help}</p>
      <p class="actions"><button type="button" onClick={onDone}>{t('once.kept')}</button></p>
    </section>
  );
}

const local = (date) => new Date(date - date.getTimezoneOffset() * 60000).toISOString().slice(0, 16);
export const momentIn = (hours) => local(new Date(Date.now() + hours * 3600e3)); // for an input of date and time, in this place's time
export const moment = (text) => (text ? new Date(text).toISOString().replace(/\.\d+/, '') : undefined);
