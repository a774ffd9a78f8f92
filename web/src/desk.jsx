// SPDX-License-Identifier: Apache-2.0
// Record desk: the form of a definition. Every field is checked while typing (by the node, so there is one set of rules), possible
// duplicates are shown before saving, a draft is kept on this device until it is saved or discarded.
import { useEffect, useRef, useState } from 'preact/hooks';
import { call, session } from './api.js';
import { language, t, title } from './i18n.js';
import { Field, setAt } from './fields.jsx';
import { Envelope, newEnvelope } from './envelope.jsx';
import { fillFromZone } from './zone.js';
import { Card } from './card.jsx';

const CHECK_AFTER_MS = 400;

function Choose() {
  const [databases, setDatabases] = useState([]);
  useEffect(() => { call('GET', '/v1/databases', { language }).then((r) => setDatabases(r.data.databases || r.data)); }, []);
  return (
    <main><h1>{t('desk.choose')}</h1>
      <ul class="kinds">{databases.map((d) => <li key={d.name}><a href={`#/desk/${d.name}`}><b>{title(d.title)}</b><span class="quiet">{title(d.help)}</span></a></li>)}</ul>
    </main>
  );
}

// Drops empty texts, rows and groups, so that what was not typed is not sent.
export function pruned(value) {
  if (Array.isArray(value)) return value.map(pruned).filter((v) => v !== undefined);
  if (value && typeof value === 'object') {
    const kept = Object.entries(value).map(([k, v]) => [k, pruned(v)]).filter(([, v]) => v !== undefined);
    return kept.length ? Object.fromEntries(kept) : undefined;
  }
  return value === '' || value === null ? undefined : value;
}

function useDraft(key, initial) {
  const [body, setBody] = useState(() => {
    try { return JSON.parse(localStorage.getItem(key)) || initial; } catch { return initial; }
  });
  const [isDraft, setDraft] = useState(localStorage.getItem(key) !== null);
  function change(next) {
    setBody(next);
    setDraft(true);
    localStorage.setItem(key, JSON.stringify(next));
  }
  function forget(next) {
    localStorage.removeItem(key);
    setDraft(false);
    if (next) setBody(next);
  }
  return [body, change, forget, isDraft];
}

function useCheck(database, body, isReady) {
  const [report, setReport] = useState({ faults: [], values: [], duplicates: [] });
  useEffect(() => {
    if (!isReady) return undefined;
    const abort = new AbortController();
    const timer = setTimeout(() => {
      call('POST', `/v1/records/${database}/check`, { body: { ...body, fields: pruned(body.fields) || {} }, signal: abort.signal, language })
        .then((reply) => setReport({ faults: [], values: [], duplicates: [], ...reply.data }))
        .catch(() => { /* saving says what is wrong */ });
    }, CHECK_AFTER_MS);
    return () => { clearTimeout(timer); abort.abort(); };
  }, [body, isReady]);
  return report;
}

function Zone({ definition, body, onChange }) {
  const [text, setText] = useState('');
  const [said, setSaid] = useState('');
  async function fill() {
    const { data } = await call('POST', '/v1/recognise', { body: { text }, language });
    const reading = (data.understood || []).find((r) => r.type === 'mrz');
    if (!reading) { setSaid(t('read-again')); return; }
    const [next, count] = fillFromZone(definition, body, reading.parts);
    setSaid(`${title(reading.title)}: ${count}`);
    onChange(next);
  }
  return (
    <details class="zone"><summary>{t('desk.mrz')}</summary>
      <label for="zone">{t('desk.mrz.label')}</label>
      <textarea id="zone" rows="3" class="mono" spellcheck={false} value={text} onInput={(e) => setText(e.target.value)} />
      <button type="button" onClick={fill}>{t('desk.mrz')}</button> <span role="status">{said}</span>
    </details>
  );
}

function Photograph({ definition, body, onChange }) {
  const field = definition.fields.find((f) => f.type === 'photograph');
  const [said, setSaid] = useState('');
  if (!field) return null;
  async function attach(event) {
    const file = event.target.files[0];
    if (!file) return;
    try {
      const { data } = await call('POST', '/v1/photographs', { raw: file, type: file.type });
      const value = { sha256: data.sha256, mime: 'image/jpeg', width: String(data.width), height: String(data.height) };
      const held = body.fields[field.name];
      onChange(setAt(body, ['fields', field.name], field.many ? [...(held || []), value] : value));
      setSaid(`${file.name}: ${data.width} × ${data.height}`);
    } catch (problem) { setSaid(problem.message); }
  }
  return <p class="attach"><label for="photograph">{t('desk.photo')}</label> <input id="photograph" type="file" accept="image/jpeg,image/png" onChange={attach} /> <span role="status">{said}</span></p>;
}

// The record to correct, or an empty one.
function useStart(database, id, me) {
  const [start, setStart] = useState(null);
  useEffect(() => {
    async function load() {
      const definition = (await call('GET', `/v1/databases/${database}`, { language })).data;
      const empty = { envelope: newEnvelope(me, session.purpose), fields: {} };
      if (!id) { setStart({ definition, body: empty, etag: '' }); return; }
      const { data, etag } = await call('GET', `/v1/records/${encodeURIComponent(id)}`);
      setStart({ definition, body: data.body, etag });
    }
    load().catch((problem) => setStart({ problem: problem.message }));
  }, [database, id]);
  return start;
}

function Form({ database, id, start, me }) {
  const [body, change, forget, isDraft] = useDraft(`draft:${me.officer}:${database}:${id || 'new'}`, start.body);
  const [message, setMessage] = useState('');
  const [problem, setProblem] = useState('');
  const [isSaving, setSaving] = useState(false);
  const report = useCheck(database, body, true);
  const form = useRef();
  const byPath = (list) => Object.fromEntries(list.map((item) => [item.path, item]));
  const checks = { faults: byPath(report.faults), values: byPath(report.values) };

  async function save(event) {
    event.preventDefault();
    setSaving(true);
    setProblem('');
    const whole = { ...body, fields: pruned(body.fields) || {} };
    try {
      const { data } = id
        ? await call('PUT', `/v1/records/${encodeURIComponent(id)}`, { body: whole, headers: { 'If-Match': start.etag } })
        : await call('POST', `/v1/records/${database}`, { body: whole });
      forget();
      setMessage(t('desk.saved', { id: data.id || id }));
      location.hash = `#/record/${encodeURIComponent(data.id || id)}`;
    } catch (failure) {
      setProblem([failure.field, failure.message, failure.hint].filter(Boolean).join(' — '));
      form.current.querySelector('[aria-invalid=true]')?.focus();
    } finally { setSaving(false); }
  }
  return (
    <form ref={form} class="desk" onSubmit={save} noValidate>
      <h1>{title(start.definition.title)} {id && <code>{id}</code>}</h1>
      {isDraft && <p class="quiet">{t('desk.draft')} · <button type="button" class="link" onClick={() => forget(start.body)}>{t('desk.discard')}</button></p>}
      <Zone definition={start.definition} body={body} onChange={change} />
      {start.definition.fields.filter((f) => f.type !== 'photograph').map((field) => (
        <Field key={field.name} field={field} path={field.name} value={body.fields[field.name]} checks={checks}
          onChange={(value) => change(setAt(body, ['fields', field.name], value))} />
      ))}
      <Photograph definition={start.definition} body={body} onChange={change} />
      <Envelope envelope={body.envelope} me={me} checks={checks} onChange={(envelope) => change({ ...body, envelope })} />
      {report.duplicates.length > 0 && <section class="similar"><h2>{t('desk.duplicates')}</h2>{report.duplicates.map((hit) => <Card key={hit.id} hit={hit} />)}</section>}
      <p class="bottom">
        <button class="primary" disabled={isSaving}>{t(isSaving ? 'desk.saving' : 'desk.save')}</button>
        {report.faults.length > 0 && <span class="bad">{t('desk.faults', { count: report.faults.length })}</span>}
        <span role="status">{message}</span>
      </p>
      {problem && <p role="alert" class="problem">{problem}</p>}
    </form>
  );
}

function Editor({ database, id, me }) {
  const start = useStart(database, id, me);
  if (!start) return null;
  if (start.problem) return <main><p role="alert" class="problem">{start.problem}</p></main>;
  return <main><p><a href="#/search">← {t('back')}</a></p><Form database={database} id={id} start={start} me={me} /></main>;
}

export function Desk({ database, id, me }) {
  return database ? <Editor database={database} id={id} me={me} /> : <Choose />;
}
