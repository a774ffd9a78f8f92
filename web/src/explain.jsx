// SPDX-License-Identifier: Apache-2.0
// Why an officer sees a record as he does, rule by rule; and all he can reach, before there is a record.
import { useState } from 'preact/hooks';
import { call } from './api.js';
import { fill, t } from './i18n.js';
import { Copy } from './copy.jsx';
import { Foot, Line, useForm } from './form.jsx';
import { nameIn, useDatabases, useNamed } from './scope.jsx';

const order = ['none', 'hit-only', 'masked', 'full'];
const sign = { none: '✕', 'hit-only': '▲', masked: '▤', full: '✓' };

export function Level({ of }) {
  return <span class={`level ${of}`}><span aria-hidden="true">{sign[of]} </span>{t(`disclosure.${of}`)}</span>;
}

// The values of a rule's words are codes: each by its name.
function useBecause() {
  const lists = [useNamed('purposes'), useNamed('audiences'), useNamed('states'), useNamed('confidentiality'), useDatabases()];
  function name(code) {
    if (code.startsWith('; ')) return t('explain.value.emergency');
    if (['all', 'nobody', 'victim', 'sensitive', 'nothing'].includes(code)) return t(`explain.value.${code}`);
    if (order.includes(code)) return t(`disclosure.${code}`);
    return lists.map((list) => list.find((one) => one.code === code)?.name).find(Boolean) || code;
  }
  return (step) => (step.with ? fill(t(`explain.because.${step.rule}`), step.with.map((value) => value.split(', ').map((code) => (code ? name(code) : '')).join(t('comma')))) : step.words);
}

// The lowest wins: it is the rule that decided.
function Explained({ answer }) {
  const because = useBecause();
  const lowest = Math.min(...answer.steps.map((step) => order.indexOf(step.at_most)));
  return (
    <section class="panel" aria-live="polite">
      <h2><bdi>{answer.officer}</bdi>: <Level of={answer.disclosure} /></h2>
      <table class="list steps">
        <thead><tr><th scope="col">{t('explain.rule')}</th><th scope="col">{t('explain.at_most')}</th><th scope="col">{t('explain.words')}</th></tr></thead>
        <tbody>{answer.steps.map((step) => (
          <tr key={step.rule} class={order.indexOf(step.at_most) === lowest && step.at_most !== 'full' ? 'decided' : ''}><th scope="row">{t(`explain.rule.${step.rule}`)}</th><td><Level of={step.at_most} /></td><td>{because(step)}</td></tr>
        ))}</tbody>
      </table>
      <p class="quiet">{t('receipt')} <Copy text={answer.receipt} /></p>
    </section>
  );
}

export function Explain({ me }) {
  const [answer, setAnswer] = useState(null);
  const purposes = useNamed('purposes');
  const form = useForm({ officer: '', record: '', purpose: me.purposes[0]?.code || '' }, async ({ officer, record, purpose }) => {
    setAnswer(null);
    setAnswer((await call('POST', '/v1/policy/explain', { body: { officer: officer.trim() || undefined, record: record.trim(), purpose: purpose || undefined } })).data);
  });
  return (
    <>
      <p class="quiet">{t('explain.help')}</p>
      <form class="desk" onSubmit={form.submit} noValidate>
        <Line form={form} name="officer" label={t('officer')} help={t('explain.officer.help')} />
        <Line form={form} name="record" label={t('asked.record')} class="mono" isRequired />
        <Line form={form} name="purpose" label={t('purpose')} options={[['', t('choose')], ...purposes.map((p) => [p.code, p.name])]} />
        <Foot form={form} names={['officer', 'record', 'purpose']} button={t('explain.ask')} />
      </form>
      {answer && <Explained answer={answer} />}
    </>
  );
}

const classes = ['official-use', 'restricted', 'confidential', 'victim'];
const acts = ['search', 'read', 'write', 'import', 'feed'];

function ReachTable({ answer }) {
  const purposes = useNamed('purposes');
  const databases = useDatabases();
  const [whose, setWhose] = useState('others');
  const byDatabase = new Map();
  for (const row of answer.reach) byDatabase.set(row.database, [...(byDatabase.get(row.database) || []), row]);
  if (!answer.reach.length) return <p class="quiet">{t('reach.none')}</p>;
  return (
    <section aria-live="polite">
      <h2><bdi>{answer.officer}</bdi></h2>
      <p class="actions" role="group" aria-label={t('reach.whose')}>{['others', 'own'].map((one) => <button key={one} type="button" aria-pressed={whose === one} onClick={() => setWhose(one)}>{t(`reach.${one}`)}</button>)}</p>
      {[...byDatabase].map(([database, rows]) => (
        <details key={database} class="envelope"><summary>{nameIn(databases, database)} <span class="quiet">{t('reach.purposes', { count: rows.length })}</span></summary>
          <div class="wide" role="region" aria-label={nameIn(databases, database)} tabindex="0"><table class="list reach">
            <thead><tr><th scope="col">{t('purpose')}</th><th scope="col">{t('reach.may')}</th>{classes.map((one) => <th key={one} scope="col">{t(`reach.${one}`)}</th>)}</tr></thead>
            <tbody>{rows.map((row) => <tr key={row.purpose}><th scope="row">{nameIn(purposes, row.purpose)}</th><td>{acts.filter((act) => row.may.includes(act)).map((act) => t(`reach.may.${act}`)).join(t('comma')) || '—'}</td>{classes.map((one) => <td key={one} data-label={t(`reach.${one}`)}>{row[whose] ? <Level of={row[whose][one]} /> : '—'}</td>)}</tr>)}</tbody>
          </table></div>
        </details>
      ))}
    </section>
  );
}

export function Reach() {
  const [answer, setAnswer] = useState(null);
  const form = useForm({ officer: '' }, async ({ officer }) => {
    setAnswer(null);
    setAnswer((await call('GET', `/v1/policy/audit${officer.trim() ? `?officer=${encodeURIComponent(officer.trim())}` : ''}`)).data);
  });
  return (
    <>
      <p class="quiet">{t('reach.help')}</p>
      <form class="desk" onSubmit={form.submit} noValidate>
        <Line form={form} name="officer" label={t('officer')} help={t('explain.officer.help')} />
        <Foot form={form} names={['officer']} button={t('reach.ask')} />
      </form>
      {answer && <ReachTable answer={answer} />}
    </>
  );
}
