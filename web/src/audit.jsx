// SPDX-License-Identifier: Apache-2.0
// The auditor's page: entries of the log by who, record, receipt and day; what each holds; its proof. The other half, checking the
// log as a whole, is in audit_check.jsx.
import { useEffect, useState } from 'preact/hooks';
import { call, text } from './api.js';
import { day, language, t, when } from './i18n.js';
import { AuditCheck } from './audit_check.jsx';
import { Copy } from './copy.jsx';
import { useNewest } from './load.jsx';
import { save } from './save.js';
import { useCodes } from './fields.jsx';
import { outcome } from './words.js';

const PAGE = 50;
const kinds = ['search', 'read', 'write', 'import', 'feed', 'export', 'refused', 'admin'];
const nothing = { officer: '', record: '', receipt: '', kind: '', purpose: '', from: '', to: '' };
const timeOf = (entry) => new Date(entry.time_us / 1000).toISOString();

function Filter({ wanted, onChange, onAsk }) {
  const purposes = useCodes('purposes');
  const put = (name) => (e) => onChange({ ...wanted, [name]: e.target.value });
  const line = (name, type = 'text') => (
    <label>{t(`audit.${name}`)}<input id={`audit-${name}`} type={type} autocomplete="off" spellcheck={false} value={wanted[name]} onInput={put(name)} /></label>
  );
  return (
    <form class="filter" role="search" onSubmit={(e) => { e.preventDefault(); onAsk(); }}>
      {line('receipt')}{line('officer')}{line('record')}
      <label>{t('audit.kind')}<select id="audit-kind" value={wanted.kind} onChange={put('kind')}><option value="">{t('audit.any')}</option>
        {kinds.map((kind) => <option key={kind} value={kind}>{t(`audit.kind.${kind}`)}</option>)}</select></label>
      <label>{t('purpose')}<select id="audit-purpose" value={wanted.purpose} onChange={put('purpose')}><option value="">{t('audit.any')}</option>
        {purposes.map((p) => <option key={p.code} value={p.code}>{p[language] || p.en}</option>)}</select></label>
      {line('from', 'date')}{line('to', 'date')}
      <button class="primary">{t('audit.ask')}</button>
    </form>
  );
}

// A receipt names one entry; everything else is a walk down from the newest, which the node takes a bounded way at a time.
function useEntries() {
  const [state, setState] = useState({ entries: [], before: '', isBusy: false, problem: '' });
  const begin = useNewest();
  async function ask(wanted, before = '', held = []) {
    const isNewest = begin();
    const show = (next) => { if (isNewest()) setState({ before: '', isBusy: false, problem: '', ...next }); };
    setState({ entries: held, before: '', isBusy: true, problem: '' });
    try {
      if (wanted.receipt.trim()) {
        const { data } = await call('GET', `/v1/audit/${encodeURIComponent(wanted.receipt.trim())}`);
        show({ entries: [data] });
        return;
      }
      const query = new URLSearchParams({ max: PAGE });
      for (const [name, value] of Object.entries({ ...wanted, before })) if (value && name !== 'receipt') query.set(name, String(value).trim());
      const { data, headers } = await call('GET', `/v1/audit?${query}`);
      show({ entries: [...held, ...data], before: headers.get('Bureau-Audit-Before') || '' });
    } catch (problem) {
      show({ entries: held, before, problem: problem.message });
    }
  }
  return [state, ask];
}

function Detail({ item }) {
  const { entry } = item;
  const [problem, setProblem] = useState('');
  const purposes = useCodes('purposes');
  async function proof(isWhole) {
    try {
      save(`${item.receipt}.proof`, await text(`/v1/log/proof/${encodeURIComponent(item.receipt)}${isWhole ? '?content=yes' : ''}`));
      setProblem('');
    } catch (failure) { setProblem(failure.message); }
  }
  const purpose = purposes.find((p) => p.code === entry.purpose);
  const rows = [
    ['officer', entry.officer], ['unit', entry.unit], ['terminal.id', entry.terminal], ['audit.country', entry.country], ['audit.role', entry.role],
    ['purpose', purpose ? purpose[language] || purpose.en : entry.purpose], ['reference', entry.reference], ['audit.databases', entry.databases],
    ['audit.query', entry.query && JSON.stringify(entry.query, null, 1)], ['audit.verdict', outcome(entry.verdict)],
    ['audit.shown', entry.shown?.map((s) => `${s.id} ${t('version.show', { version: s.version })} ${t(`disclosure.${s.disclosure}`)}`).join('\n')],
    ['audit.took', entry.took_us && t('took', { ms: (entry.took_us / 1000).toFixed(1) })], ['audit.catalog', entry.catalog], ['audit.leaf', item.leaf],
  ];
  return (
    <div class="detail">
      <dl class="facts">{rows.filter(([, value]) => value).map(([name, value]) => <div key={name}><dt>{t(name)}</dt><dd class={/query|catalog|leaf|shown/.test(name) ? 'mono' : ''}><bdi>{value}</bdi></dd></div>)}</dl>
      {item.receipt && (
        <p class="actions">
          <button type="button" onClick={() => proof(false)}>{t('audit.proof')}</button>
          <button type="button" onClick={() => proof(true)}>{t('audit.proof.whole')}</button>
        </p>
      )}
      {problem && <p role="alert" class="problem">{problem}</p>}
    </div>
  );
}

function Row({ item, isOpen, onOpen }) {
  const { entry } = item;
  if (!entry) return <tr class="gone"><td>{item.number}</td><td colspan="5">{t('audit.destroyed')}</td></tr>;
  if (entry.other) return <tr class="gone"><td>{item.number}</td><td>{day(timeOf(entry).slice(0, 10))}</td><td colspan="4">{t('audit.other', { country: entry.country })}</td></tr>;
  return (
    <>
      <tr>
        <td><button type="button" class="link" aria-expanded={isOpen} onClick={onOpen}>{item.number}</button></td>
        <td>{when(timeOf(entry))}</td>
        <td><bdi>{entry.officer || t('audit.node')}</bdi> <span class="quiet"><bdi>{entry.unit}</bdi></span></td>
        <td>{t(`audit.kind.${entry.kind}`)} <span class="quiet">{outcome(entry.verdict)}</span></td>
        <td class="quiet"><bdi>{entry.reference}</bdi></td>
        <td>{item.receipt && <Copy text={item.receipt} />}</td>
      </tr>
      {isOpen && <tr class="open"><td colspan="6"><Detail item={item} /></td></tr>}
    </>
  );
}

function Entries() {
  const [wanted, setWanted] = useState(nothing);
  const [state, ask] = useEntries();
  const [open, setOpen] = useState(0);
  useEffect(() => { ask(nothing); }, []);
  return (
    <>
      <Filter wanted={wanted} onChange={setWanted} onAsk={() => { setOpen(0); ask(wanted); }} />
      {state.problem && <p role="alert" class="problem">{state.problem}</p>}
      <div class="wide" role="region" aria-label={t('audit.entries')} tabindex="0">
        <table class="list" aria-busy={state.isBusy}>
          <thead><tr><th scope="col">{t('audit.number')}</th><th scope="col">{t('time')}</th><th scope="col">{t('audit.who')}</th><th scope="col">{t('audit.what')}</th><th scope="col">{t('reference')}</th><th scope="col">{t('receipt')}</th></tr></thead>
          <tbody>{state.entries.map((item) => <Row key={item.number} item={item} isOpen={open === item.number} onOpen={() => setOpen(open === item.number ? 0 : item.number)} />)}</tbody>
        </table>
      </div>
      <p role="status" class="quiet">{state.isBusy ? t('audit.looking') : t('audit.found', { count: state.entries.length })}</p>
      {state.before && !state.isBusy && <button type="button" onClick={() => ask(wanted, state.before, state.entries)}>{t('audit.more')}</button>}
    </>
  );
}

export function Audit({ part }) {
  const tab = (name, key) => <a href={`#/audit${name && `/${name}`}`} aria-current={(part || '') === name ? 'page' : undefined}>{t(key)}</a>;
  return (
    <main class="page">
      <h1>{t('audit')}</h1>
      <nav class="tabs" aria-label={t('audit')}>{tab('', 'audit.entries')}{tab('check', 'audit.check')}</nav>
      {part === 'check' ? <AuditCheck /> : <Entries />}
    </main>
  );
}
