// SPDX-License-Identifier: Apache-2.0
// One record, with its history and, for its owner, what can be done with it.
import { useEffect, useState } from 'preact/hooks';
import { call } from './api.js';
import { kept } from './kept.js';
import { age, day, language, t, when } from './i18n.js';
import { useCodes } from './fields.jsx';
import { Cautions, Facts, Heading, Photo } from './card.jsx';
import { Copy } from './copy.jsx';
import { useNewest } from './load.jsx';
import { viewsOf } from './views.js';

const pathOf = (id) => `/v1/records/${encodeURIComponent(id)}`;
// An owner's reference, database:OWNER/REFERENCE, keeps its slashes: the server takes none that is encoded.
const askedPath = (id) => (id.includes(':') ? `/v1/references/${id.split('/').map(encodeURIComponent).join('/')}` : pathOf(id));

function History({ versions, shown, onShow }) {
  return (
    <table class="history"><caption>{t('history')}</caption>
      <thead><tr><th scope="col">{t('version')}</th><th scope="col">{t('time')}</th><th scope="col">{t('step')}</th><th scope="col">{t('state')}</th><th scope="col">{t('officer')}</th></tr></thead>
      <tbody>{[...versions].reverse().map((v) => (
        <tr key={v.version} class={v.version === shown ? 'shown' : ''}>
          <td>{v.erased ? v.version : <button type="button" class="link" aria-current={v.version === shown} onClick={() => onShow(v.version)}>{t('version.show', { version: v.version })}</button>}</td>
          <td>{when(v.time)}</td><td>{t(v.kind === 'erase' && v.officer === 'node' ? 'step.expired' : `step.${v.kind}`)}</td><td>{t(v.state)}{v.erased && ` · ${t('erased')}`}</td><td><bdi>{v.officer}</bdi></td>
        </tr>
      ))}</tbody>
    </table>
  );
}

// What the owner can do: each is one request, then the page is read anew.
function Actions({ record, etag, onDone, onProblem }) {
  const path = pathOf(record.id);
  const isActive = record.state === 'active';
  async function act(work, said) {
    try { await work(); onDone(said); } catch (problem) { onProblem([problem.message, problem.hint].filter(Boolean).join(' — ')); }
  }
  function extend() {
    const next = new Date(`${record.body.envelope.review_on}T00:00:00Z`);
    next.setUTCFullYear(next.getUTCFullYear() + 1);
    const envelope = { ...record.body.envelope, review_on: next.toISOString().slice(0, 10) };
    return call('PUT', path, { body: { ...record.body, envelope }, headers: { 'If-Match': etag } });
  }
  const change = () => call('POST', `${path}/state`, { body: { state: isActive ? 'suspended' : 'active' }, headers: { 'If-Match': etag } });
  const withdraw = () => call('DELETE', path, { headers: { 'If-Match': etag } });
  return (
    <p class="actions">
      <a class="button" href={`#/desk/${record.database}/${encodeURIComponent(record.id)}`}>{t('desk.correct')}</a>
      <button type="button" onClick={() => act(extend, 'desk.extended')}>{t('desk.extend')}</button>
      <button type="button" onClick={() => act(change, isActive ? 'desk.suspended' : 'desk.activated')}>{t(isActive ? 'desk.suspend' : 'desk.activate')}</button>
      <button type="button" class="danger" onClick={() => confirm(t('desk.withdraw.ask')) && act(withdraw, 'desk.withdrawn')}>{t('desk.withdraw')}</button>
    </p>
  );
}

// To those who keep the record: who may see it, where that is not everybody.
function For({ envelope = {} }) {
  const nameIn = (list, code) => { const found = list.find((c) => c.code === code); return found ? found[language] || found.en : code; };
  const disclosures = useCodes('disclosures');
  const confidentiality = useCodes('confidentiality');
  const said = [['allow', envelope.allow?.join(', ')], ['deny', envelope.deny?.join(', ')], ['disclose', envelope.disclose && nameIn(disclosures, envelope.disclose)],
    ['confidentiality', envelope.confidentiality && nameIn(confidentiality, envelope.confidentiality)]].filter(([, value]) => value);
  if (!said.length) return null;
  return <p class="old for">{said.map(([name, value], i) => <span key={name}>{i > 0 && ' · '}{t(`for.${name}`)} <b><bdi>{value}</bdi></b></span>)}</p>;
}

function Body({ record, me, onAsk }) {
  const photos = [...new Set([record.photo, ...(record.facts || []).map((f) => f.photo)].filter(Boolean))];
  return (
    <>
      <Cautions cautions={record.cautions} />
      {record.test && <p class="test">{t('test')}</p>}
      {record.action && <p class="action">{record.action}</p>}
      <Heading hit={record} level="h1" />
      <p class="quiet"><code>{record.id}</code> · {t('version.show', { version: record.version })} · {t('owner')} <b>{record.owner}</b> <bdi>{record.unit}</bdi> · {t('entered')} {when(record.entered)}
        {' · '}{t('updated', { age: age(record.updated) })}{record.review_on && ` · ${t('review', { date: day(record.review_on) })}`}{record.handling && ` · ${t('handling')} ${record.handling}`}</p>
      <For envelope={record.body?.envelope} />
      <div class="body">{photos.length > 0 && <div class="photos">{photos.map((hash) => <Photo key={hash} hash={hash} size="full" />)}</div>}<div><Facts facts={record.facts} onAsk={onAsk} isWhole /></div></div>
      <p class="quiet">{t('receipt')} <Copy text={record.receipt} /> · <a href={`#/print/${encodeURIComponent(record.id)}`}>{t('print')}</a>
        {record.owner === me.country && viewsOf(me).includes('owner') && <> · <a href={`#/owner/${encodeURIComponent(record.id)}`}>{t('asked.ask')}</a></>}</p>
    </>
  );
}

// The node decides; this only spares an officer the offer of what would be refused.
const mayChange = (me, record) => me.may?.includes('administer') || (me.may?.includes('write') && record.owner === me.country);

export function RecordPage({ id, me, onAsk }) {
  const [state, setState] = useState({});
  const [versions, setVersions] = useState([]);
  const [problem, setProblem] = useState('');
  const [said, setSaid] = useState(kept.get('said') || '');
  const begin = useNewest();
  async function load(version) {
    const isNewest = begin();
    let own = id;
    try {
      const { data, etag } = await call('GET', version ? `${pathOf(state.record.id)}?version=${version}` : askedPath(id));
      if (!isNewest()) return;
      own = data.id;
      setState({ record: data, etag });
      setProblem('');
    } catch (failure) {
      if (!isNewest()) return;
      setState({});
      setProblem(failure.message);
    }
    const history = await call('GET', `${pathOf(own)}/history`).catch(() => ({ data: [] }));
    if (isNewest()) setVersions(history.data.versions || history.data);
  }
  useEffect(() => { kept.remove('said'); load(); }, [id]);
  const { record, etag } = state;
  const newest = Math.max(...versions.map((v) => v.version));
  return (
    <main class="record">
      <p><a href="#/search">{t('arrow.back')} {t('back')}</a></p>
      {said && <p role="status" class="said-well">✓ {said}</p>}
      {problem && <p role="alert" class="problem">{problem}</p>}
      {record && record.version < newest && <p class="old">{t('version.old', { version: record.version, newest })}</p>}
      {record && <Body record={record} me={me} onAsk={onAsk} />}
      {record?.body && mayChange(me, record) && record.version >= newest && <Actions record={record} etag={etag} onDone={(word) => { setSaid(t(word)); load(); }} onProblem={setProblem} />}
      {versions.length > 0 && <History versions={versions} shown={record?.version} onShow={load} />}
    </main>
  );
}
