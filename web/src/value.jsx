// SPDX-License-Identifier: Apache-2.0
// Who of the own country searched for a value. The question is on the log, with the value's hash alone.
import { useState } from 'preact/hooks';
import { call } from './api.js';
import { t, when } from './i18n.js';
import { Foot, Line, moment, useForm } from './form.jsx';
import { Copy } from './copy.jsx';
import { nameIn, useNamed } from './scope.jsx';
import { outcome } from './words.js';

function Found({ rows }) {
  const purposes = useNamed('purposes');
  if (!rows.length) return <p class="quiet">{t('value.none')}</p>;
  return (
    <table class="list searched">
      <thead><tr>{['time', 'officer', 'unit', 'purpose', 'reference', 'audit.verdict', 'audit.shown'].map((key) => <th key={key} scope="col">{t(key)}</th>)}</tr></thead>
      <tbody>{rows.map((row) => (
        <tr key={row.number}><td>{when(row.time)}</td><td><b><bdi>{row.officer}</bdi></b></td><td><bdi>{row.unit}</bdi></td><td>{row.purpose && nameIn(purposes, row.purpose)}</td><td><bdi>{row.reference || '—'}</bdi></td><td>{outcome(row.verdict)}</td><td data-label={t('audit.shown')}>{row.shown}</td></tr>
      ))}</tbody>
    </table>
  );
}

export function ValueQuestion() {
  const [answer, setAnswer] = useState(null);
  async function ask({ value, from }, before, held = []) {
    const { data } = await call('POST', '/v1/audit/searches', { body: { value, from: moment(from), ...(before && { before }) } });
    setAnswer({ ...data, searches: [...held, ...data.searches], count: (held.length ? answer.count : 0) + data.looked_at });
  }
  const form = useForm({ value: '', from: '' }, (values) => ask(values));
  return (
    <>
      <p class="quiet">{t('value.help')}</p>
      <form class="desk" onSubmit={form.submit} noValidate>
        <Line form={form} name="value" label={t('value.value')} isRequired />
        <Line form={form} name="from" label={t('audit.from')} type="datetime-local" />
        <Foot form={form} names={['value', 'from']} button={t('value.ask')} />
      </form>
      {answer && <section aria-live="polite"><Found rows={answer.searches} />
        <p class="quiet">{t(answer.whole ? 'value.whole' : 'value.part', { count: answer.count })} · {t('receipt')} <Copy text={answer.receipt} /></p>
        {!answer.whole && <button type="button" onClick={() => ask(form.values, answer.before, answer.searches)}>{t('audit.more')}</button>}</section>}
    </>
  );
}
