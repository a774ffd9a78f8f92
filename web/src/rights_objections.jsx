// SPDX-License-Identifier: Apache-2.0
// That a person has protection: a member tells the hub, sealed; the hub reads and decides. The owner of the record is never told who.
import { useState } from 'preact/hooks';
import { call } from './api.js';
import { t, when } from './i18n.js';
import { useAsked } from './owner.jsx';

export function TellHub() {
  const [record, setRecord] = useState('');
  const [statement, setStatement] = useState('');
  const [said, setSaid] = useState({});
  async function send(event) {
    event.preventDefault();
    try {
      const { data } = await call('POST', '/v1/rights/objections', { body: { record: record.trim(), statement } });
      setSaid({ receipt: data.receipt });
      setRecord('');
      setStatement('');
    } catch (failure) { setSaid({ problem: failure.message }); }
  }
  return (
    <section aria-labelledby="tell"><h2 id="tell">{t('rights.tell')}</h2><p class="quiet">{t('rights.tell.help')}</p>
      <form class="desk" onSubmit={send}>
        <div class="field"><label for="o-record">{t('due.record')}</label><span class="one"><input id="o-record" class="mono" autocomplete="off" required value={record} onInput={(e) => setRecord(e.target.value)} /></span></div>
        <div class="field"><label for="o-statement">{t('rights.tell.statement')}</label><span class="one"><textarea id="o-statement" dir="auto" rows="4" required value={statement} onInput={(e) => setStatement(e.target.value)} /></span></div>
        {said.problem && <p role="alert" class="problem">{said.problem}</p>}
        {said.receipt && <p role="status" class="said-well">{t('rights.told')} <code>{said.receipt}</code></p>}
        <p class="actions"><button class="primary">{t('rights.tell.send')}</button></p>
      </form>
    </section>
  );
}

function Decide({ objection, onDone }) {
  const [reason, setReason] = useState('');
  const [problem, setProblem] = useState('');
  const ways = objection.outcome === 'waiting' ? ['suspended', 'set-aside'] : objection.outcome === 'suspended' ? ['lifted'] : [];
  const decide = (outcome) => call('POST', `/v1/rights/objections/${encodeURIComponent(objection.id)}`, { body: { outcome, reason } }).then(onDone).catch((failure) => setProblem(failure.message));
  if (!ways.length) return null;
  return (
    <p class="actions"><label>{t('rights.reason')} <input dir="auto" autocomplete="off" value={reason} onInput={(e) => setReason(e.target.value)} /></label>
      {ways.map((outcome) => <button key={outcome} type="button" data-outcome={outcome} onClick={() => decide(outcome)}>{t(`rights.decide.${outcome}`)}</button>)}
      {problem && <span role="alert" class="problem">{problem}</span>}</p>
  );
}

export function Objections() {
  const [{ data, problem }, load] = useAsked('/v1/rights/objections');
  return (
    <section aria-labelledby="objections"><h2 id="objections">{t('rights.objections')}</h2><p class="quiet">{t('rights.objections.help')}</p>
      {problem && <p role="alert" class="problem">{problem}</p>}
      {data && !data.length && <p class="quiet">{t('rights.objections.none')}</p>}
      <ul class="tickets objections">{data?.map((one) => (
        <li key={one.id} class="ticket"><b>{one.country}</b> <span class="state">{t(`rights.outcome.${one.outcome}`)}</span> <a href={`#/record/${encodeURIComponent(one.record)}`}><code>{one.record}</code></a>
          <span dir="auto">{one.statement}</span><span class="quiet">{when(one.made)}{one.reason && ` · ${one.reason}`}</span>{one.lifting_by && one.outcome === 'suspended' && <span class="old">{t('rights.lifting', { officer: one.lifting_by })}</span>}<Decide objection={one} onDone={() => load()} /></li>
      ))}</ul>
    </section>
  );
}
