// SPDX-License-Identifier: Apache-2.0
// Record desk: the form of a definition. Every field is checked while typing (by the node, so there is one set of rules), possible
// duplicates are shown before saving, a draft is kept until it is saved or discarded.
import { useEffect, useRef, useState } from 'preact/hooks';
import { call, databaseList, session } from './api.js';
import { language, t, title } from './i18n.js';
import { kept } from './kept.js';
import { Field, loadLists, setAt } from './fields.jsx';
import { Envelope, newEnvelope } from './envelope.jsx';
import { Photographs } from './photographs.jsx';
import { Zone } from './zone.jsx';
import { Card } from './card.jsx';

const CHECK_AFTER_MS = 400;
const TELLING = 4; // the fields a definition names first stand open, the others wait to be wanted

function Choose() {
  const [databases, setDatabases] = useState([]);
  useEffect(() => { databaseList().then(setDatabases).catch(() => setDatabases([])); }, []);
  return (
    <main><h1>{t('desk.choose')}</h1>
      <ul class="kinds">{databases.map((d, i) => <li key={d.name}><a href={`#/desk/${d.name}`} autofocus={i === 0}><b>{title(d.title)}</b><span class="quiet">{language === 'en' ? title(d.help) : ''}</span></a></li>)}</ul>
    </main>
  );
}

// Drops empty texts, rows and groups, so that what was not typed is not sent.
export function pruned(value) {
  if (Array.isArray(value)) return value.map(pruned).filter((v) => v !== undefined);
  if (value && typeof value === 'object') {
    const kept = Object.entries(value).map(([k, v]) => [k, pruned(v)]).filter(([, v]) => v !== undefined && !(Array.isArray(v) && !v.length));
    return kept.length ? Object.fromEntries(kept) : undefined;
  }
  return value === '' || value === null ? undefined : value;
}
const whole = (body) => ({ ...body, fields: pruned(body.fields) || {} });

function useDraft(key, initial) {
  const [body, setBody] = useState(() => {
    try { return JSON.parse(kept.get(key)) || initial; } catch { return initial; }
  });
  const [isDraft, setDraft] = useState(kept.get(key) !== null);
  function change(next) {
    setBody(next);
    setDraft(true);
    kept.set(key, JSON.stringify(next));
  }
  function forget(next) {
    kept.remove(key);
    setDraft(false);
    if (next) setBody(next);
  }
  return [body, change, forget, isDraft];
}

const nothingSaid = { faults: [], values: [], duplicates: [] };
function useCheck(database, body) {
  const [report, setReport] = useState(nothingSaid);
  useEffect(() => {
    const abort = new AbortController();
    const timer = setTimeout(() => {
      call('POST', `/v1/records/${database}/check`, { body: whole(body), signal: abort.signal })
        .then((reply) => setReport({ ...nothingSaid, ...reply.data }))
        .catch(() => { /* saving says what is wrong */ });
    }, CHECK_AFTER_MS);
    return () => { clearTimeout(timer); abort.abort(); };
  }, [body]);
  return report;
}

// The record to correct, or an empty one.
function useStart(database, id, me) {
  const [start, setStart] = useState(null);
  useEffect(() => {
    async function load() {
      const definition = (await call('GET', `/v1/databases/${database}`)).data;
      await loadLists(definition.fields);
      const empty = { envelope: newEnvelope(me, session.purpose, definition.purposes), fields: {} };
      if (!id) { setStart({ definition, body: empty, etag: '' }); return; }
      const { data, etag } = await call('GET', `/v1/records/${encodeURIComponent(id)}`);
      setStart({ definition, body: data.body, etag });
    }
    load().catch((problem) => setStart({ problem: problem.message }));
  }, [database, id]);
  return start;
}

// By path; rows count from 1 in faults and from 0 in values. What is only missing is not held against a form still being filled.
function checksOf(report, isTried) {
  const faults = {};
  for (const fault of report.faults) if (isTried || fault.code !== 'missing') faults[fault.path] = fault;
  const values = {};
  for (const value of report.values) values[`${value.path}#${value.row}`] = value;
  return { faults, values };
}

function Duplicates({ hits }) {
  if (!hits.length) return null;
  return (
    <section id="duplicates" class="similar duplicates" role="status" tabindex="-1"><h2>▲ {t('desk.duplicates')}</h2><p>{t('desk.duplicates.ask')}</p>
      {hits.map((hit) => <Card key={hit.id} hit={hit} />)}</section>
  );
}

function Bottom({ isSaving, isDraft, faults, duplicates, onDiscard }) {
  const show = () => { const at = document.getElementById('duplicates'); at.scrollIntoView(); at.focus(); };
  return (
    <p class="bottom">
      <button class="primary" disabled={isSaving} aria-keyshortcuts="Control+s">{t(isSaving ? 'desk.saving' : 'desk.save')} <kbd>Ctrl S</kbd></button>
      {faults > 0 && <span class="bad" role="status">✕ {t('desk.faults', { count: faults })}</span>}
      {duplicates > 0 && <button type="button" class="link" onClick={show}>▲ {t('desk.duplicates')}: {duplicates}</button>}
      {isDraft && <span class="quiet">{t('desk.draft')} · <button type="button" class="link" onClick={onDiscard}>{t('desk.discard')}</button></span>}
    </p>
  );
}

function useSave({ database, id, start, body, forget, form }) {
  const [isTried, setTried] = useState(false);
  const [isSaving, setSaving] = useState(false);
  const [problem, setProblem] = useState('');
  async function save(event) {
    event?.preventDefault();
    setTried(true);
    setSaving(true);
    setProblem('');
    try {
      const { data } = id
        ? await call('PUT', `/v1/records/${encodeURIComponent(id)}`, { body: whole(body), headers: { 'If-Match': start.etag } })
        : await call('POST', `/v1/records/${database}`, { body: whole(body) });
      forget();
      if (data.waiting) { // a second person decides
        kept.set('said', t('desk.waits'));
        location.hash = '#/mine/proposals';
        return;
      }
      kept.set('said', t('desk.saved', { id: data.id || id }));
      location.hash = `#/record/${encodeURIComponent(data.id || id)}`;
    } catch (failure) {
      setProblem([failure.field, failure.message, failure.hint].filter(Boolean).join(' — '));
      setTimeout(() => form.current?.querySelector('[aria-invalid=true]')?.focus());
    } finally { setSaving(false); }
  }
  return { isTried, isSaving, problem, save };
}

function Form({ database, id, start, me }) {
  const [body, change, forget, isDraft] = useDraft(`draft:${me.officer}:${database}:${id || 'new'}`, start.body);
  const form = useRef();
  const { isTried, isSaving, problem, save } = useSave({ database, id, start, body, forget, form });
  const report = useCheck(database, body);
  const checks = checksOf(isDraft || isTried ? report : nothingSaid, isTried);
  const duplicates = report.duplicates.filter((hit) => hit.id !== id);
  const fields = start.definition.fields;
  const put = (name) => (value) => change(setAt(body, ['fields', name], value));

  useEffect(() => { form.current?.querySelector('.field input, .field select, .field textarea')?.focus(); }, []);
  useEffect(() => {
    const onKey = (event) => {
      if (event.key.toLowerCase() !== 's' || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      form.current?.requestSubmit();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, []);
  return (
    <form ref={form} class="desk" onSubmit={save} noValidate>
      <h1><span class="kind">{t(id ? 'desk.correct' : 'new')}</span> {title(start.definition.title)} {id && <code>{id}</code>}</h1>
      <Zone definition={start.definition} body={body} onChange={change} />
      <div class="fields">{fields.filter((f) => f.type !== 'photograph').map((field, i) => (
        <Field key={field.name} field={field} isTelling={i < TELLING} path={field.name} row={0} value={body.fields[field.name]} checks={checks} onChange={put(field.name)} />
      ))}</div>
      {fields.filter((f) => f.type === 'photograph').map((field) => <Photographs key={field.name} field={field} value={body.fields[field.name]} onChange={put(field.name)} />)}
      <Envelope envelope={body.envelope} me={me} checks={checks} onChange={(envelope) => change({ ...body, envelope })} />
      <Duplicates hits={duplicates} />
      {problem && <p role="alert" class="problem">{problem}</p>}
      <Bottom isSaving={isSaving} isDraft={isDraft} faults={Object.keys(checks.faults).length} duplicates={duplicates.length} onDiscard={() => forget(start.body)} />
    </form>
  );
}

function Editor({ database, id, me }) {
  const start = useStart(database, id, me);
  if (!start) return null;
  if (start.problem) return <main><p role="alert" class="problem">{start.problem}</p></main>;
  return <main><p><a href={id ? `#/record/${encodeURIComponent(id)}` : '#/desk'}>{t('arrow.back')} {t(id ? 'back.record' : 'back.kinds')}</a></p><Form database={database} id={id} start={start} me={me} /></main>;
}

export function Desk({ database, id, me }) {
  return database ? <Editor database={database} id={id} me={me} /> : <Choose />;
}
