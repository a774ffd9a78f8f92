// SPDX-License-Identifier: Apache-2.0
// A sheet of paper is a disclosure: the record is asked anew for it, through policy and onto the log, and the sheet carries who printed
// it, when, and the receipt. Other pages print nothing of a record.
import { useEffect, useState } from 'preact/hooks';
import { call, session } from './api.js';
import { t, when } from './i18n.js';
import { Cautions, Facts, Heading } from './card.jsx';

export function PrintSheet({ id, me }) {
  const [state, setState] = useState({});
  useEffect(() => {
    call('GET', `/v1/records/${encodeURIComponent(id)}`).then(({ data }) => setState({ record: data, time: new Date().toISOString() }))
      .catch((problem) => setState({ problem: problem.message }));
  }, [id]);
  const { record, time, problem } = state;
  if (problem) return <main><p role="alert" class="problem">{problem}</p></main>;
  if (!record) return null;
  const purpose = me.purposes.find((p) => p.code === session.purpose)?.title;
  return (
    <main class="record sheet">
      <p class="actions"><a href={`#/record/${encodeURIComponent(id)}`}>{t('arrow.back')} {t('back.record')}</a> <button type="button" class="primary" onClick={() => print()}>{t('print')}</button></p>
      {record.test && <p class="test">{t('test')}</p>}
      <Cautions cautions={record.cautions} />
      {record.action && <p class="action">{record.action}</p>}
      <Heading hit={record} level="h1" />
      <Facts facts={record.facts} isWhole />
      <p class="stamp">{t('print.by')} <b><bdi>{me.officer}</bdi></b> <bdi>{me.unit}</bdi> · {when(time)} · {purpose}{session.reference && <> · <bdi>{session.reference}</bdi></>}
        <br />{t('receipt')} <b class="mono" dir="ltr">{record.receipt}</b> · <code>{record.id}</code> {t('version.show', { version: record.version })} · {t('owner')} {record.owner}{record.handling && ` · ${t('handling')} ${record.handling}`}</p>
    </main>
  );
}
