// SPDX-License-Identifier: Apache-2.0
// The record of processing with what differs from what was signed, and its signature: what opens more serves only once it is signed.
import { useState } from 'preact/hooks';
import { call, text } from './api.js';
import { language, t, when } from './i18n.js';
import { useAsked } from './owner.jsx';
import { save } from './save.js';

function Differences({ rows }) {
  if (!rows.length) return <p class="quiet">{t('rights.differences.none')}</p>;
  return (
    <div class="wide" role="region" aria-label={t('rights.differences')} tabindex="0">
      <table class="list differences">
        <thead><tr><th scope="col">{t('rights.definition')}</th><th scope="col">{t('rights.what')}</th><th scope="col">{t('audit.role')}</th><th scope="col">{t('rights.before')}</th><th scope="col">{t('rights.after')}</th><th scope="col">{t('rights.effect')}</th></tr></thead>
        <tbody>{rows.map((row, i) => <tr key={i} data-what={row.what}><td>{row.definition}</td><td>{t(`rights.what.${row.what}`)}</td><td>{row.role}</td><td>{row.before}</td><td>{row.after}</td>
          <td>{row.waits ? <b class="bad">{t('rights.waits')}</b> : <span class="quiet">{t('rights.applies')}</span>}</td></tr>)}</tbody>
      </table>
    </div>
  );
}

function Sign({ processing, onDone }) {
  const [isRead, setRead] = useState(false);
  const [said, setSaid] = useState({});
  const sign = () => call('POST', '/v1/rights/processing/sign', { body: { hash: processing.hash } }).then(({ data }) => { setSaid({ done: data }); onDone(); }).catch((failure) => setSaid({ problem: failure.message }));
  return (
    <>
      {processing.hash !== processing.signed.hash && <p class="actions"><label class="tick"><input id="has-read" type="checkbox" checked={isRead} onChange={(e) => setRead(e.target.checked)} /> {t('rights.read')}</label> <button type="button" class="primary" disabled={!isRead} onClick={sign}>{t('rights.sign')}</button></p>}
      {said.problem && <p role="alert" class="problem">{said.problem}</p>}
      {said.done && <p role="status" class="said-well">{t(said.done.serves ? 'rights.signed.serves' : 'rights.signed.next', { version: said.done.version })}</p>}
    </>
  );
}

function Activity({ one }) {
  return (
    <details class="activity"><summary>{one.title} <span class="quiet">{t('rights.activity', { roles: one.recipients.length, days: Math.max(...one.retention.map((r) => r.days)) })}</span></summary>
      <p><b>{t('rights.purposes')}</b> {one.purposes.join(', ')}</p><p><b>{t('rights.data')}</b> {one.data.join(', ')}</p><p><b>{t('rights.links')}</b> {one.links.join(', ') || '—'}</p>
      <table class="list"><thead><tr><th scope="col">{t('audit.role')}</th><th scope="col">{t('rights.sees')}</th><th scope="col">{t('rights.fields')}</th></tr></thead>
        <tbody>{one.recipients.map((r) => <tr key={r.role}><td>{r.title}</td><td>{t(`rights.sees.${r.sees}`)}</td><td>{r.fields}</td></tr>)}</tbody></table>
    </details>
  );
}

export function Processing({ me }) {
  const [{ data, problem }, load] = useAsked('/v1/rights/processing');
  const [failure, setFailure] = useState('');
  const keep = (form, name, type) => text(`/v1/rights/processing?form=${form}`).then((file) => { save(name, file, type); setFailure(''); }).catch((wrong) => setFailure(wrong.message));
  const said = failure || problem;
  return (
    <section aria-labelledby="processing"><h2 id="processing">{t('rights.processing')}</h2><p class="quiet">{t('rights.processing.help')}</p>
      {said && <p role="alert" class="problem">{said}</p>}
      {data && <>
        <p>{t('rights.signed', { version: data.signed.version, by: data.signed.by === 'set-up' ? t('rights.setup') : data.signed.by, time: when(data.signed.at) })} {!data.serves && <b class="bad">{t('rights.unserved')}</b>}</p>
        <h3>{t('rights.differences')}</h3><Differences rows={data.differences} />
        {me.role === 'data-protection' && <Sign key={data.hash} processing={data} onDone={() => load()} />}
        <h3>{t('rights.processed')}</h3>{data.processed.map((one) => <Activity key={one.definition} one={one} />)}
        <p class="actions"><button type="button" onClick={() => keep('html', `processing-${language}.html`, 'text/html')}>{t('rights.keep.html')}</button><button type="button" onClick={() => keep('markdown', `processing-${language}.md`, 'text/markdown')}>{t('rights.keep.markdown')}</button></p>
      </>}
    </section>
  );
}
