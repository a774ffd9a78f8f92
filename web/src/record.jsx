// SPDX-License-Identifier: Apache-2.0
// One record, with its history and, for its owner, what can be done with it.
import { useEffect, useState } from 'preact/hooks';
import { call } from './api.js';
import { language, t, title, when } from './i18n.js';
import { Cautions, Facts, Photo } from './card.jsx';

function History({ versions }) {
  return (
    <table class="history"><caption>{t('history')}</caption>
      <thead><tr><th>{t('version')}</th><th>{t('time')}</th><th>{t('state')}</th><th>{t('officer')}</th></tr></thead>
      <tbody>{versions.map((v) => (
        <tr key={v.seq}><td>{v.version}</td><td>{when(v.time)}</td><td>{t(v.state)}{v.erased && ` · ${t('erased')}`}</td><td>{v.officer}</td></tr>
      ))}</tbody>
    </table>
  );
}

// What the owner can do: each is one request, then the page is read anew.
function Actions({ record, etag, onDone, onProblem }) {
  const path = `/v1/records/${encodeURIComponent(record.id)}`;
  async function act(work) {
    try { await work(); onDone(); } catch (problem) { onProblem(problem.message); }
  }
  function extend() {
    const envelope = { ...record.body.envelope };
    const next = new Date(`${envelope.review_on}T00:00:00Z`);
    next.setUTCFullYear(next.getUTCFullYear() + 1);
    envelope.review_on = next.toISOString().slice(0, 10);
    return call('PUT', path, { body: { ...record.body, envelope }, headers: { 'If-Match': etag } });
  }
  const isActive = record.state === 'active';
  return (
    <p class="actions">
      <a class="button" href={`#/desk/${record.database}/${encodeURIComponent(record.id)}`}>{t('desk.correct')}</a>
      <button onClick={() => act(extend)}>{t('desk.extend')}</button>
      <button onClick={() => act(() => call('POST', `${path}/state`, { body: { state: isActive ? 'suspended' : 'active' }, headers: { 'If-Match': etag } }))}>{t(isActive ? 'desk.suspend' : 'desk.activate')}</button>
      <button class="danger" onClick={() => confirm(t('desk.withdraw.ask')) && act(() => call('DELETE', path, { headers: { 'If-Match': etag } }))}>{t('desk.withdraw')}</button>
    </p>
  );
}

export function RecordPage({ id }) {
  const [state, setState] = useState({});
  const [problem, setProblem] = useState('');
  async function load() {
    // another record's owner may have named this one by reference, database:OWNER/REFERENCE
    const asked = id.includes(':') ? `/v1/references/${encodeURIComponent(id)}` : `/v1/records/${encodeURIComponent(id)}`;
    try {
      const { data, etag } = await call('GET', asked, { language });
      const path = `/v1/records/${encodeURIComponent(data.id)}`;
      setState({ record: data, etag, versions: [] });
      const history = await call('GET', `${path}/history`).catch(() => ({ data: [] }));
      setState({ record: data, etag, versions: history.data.versions || history.data });
    } catch (failure) {
      setProblem(failure.message);
    }
  }
  useEffect(() => { load(); }, [id]);
  const { record, versions, etag } = state;
  return (
    <main class="record">
      <p><a href="#/search">← {t('back')}</a></p>
      {problem && <p role="alert" class="problem">{problem}</p>}
      {record && (
        <>
          <Cautions cautions={record.cautions} />
          {record.test && <p class="test">{t('test')}</p>}
          <h1>{title(record.title)} <code>{record.id}</code></h1>
          {record.action && <p class="action">{record.action}</p>}
          <div class="body"><Facts facts={record.facts} />{record.photo && <Photo hash={record.photo} size="full" />}</div>
          <p class="quiet">{t('owner')} <b>{record.owner}</b> {record.unit} · {t('entered')} {when(record.entered)} · {t(record.state)} · {t('review', { date: record.review_on })}</p>
          {record.body && <Actions record={record} etag={etag} onDone={load} onProblem={setProblem} />}
          {versions?.length > 0 && <History versions={versions} />}
        </>
      )}
    </main>
  );
}
