// SPDX-License-Identifier: Apache-2.0
// The transparency report: whole months, rounded down to fives, nothing below five; words come from the node.
import { useState } from 'preact/hooks';
import { text } from './api.js';
import { t } from './i18n.js';
import { useAsked } from './owner.jsx';
import { save } from './save.js';

export function Report() {
  const today = new Date().toISOString().slice(0, 10);
  const [from, setFrom] = useState(`${today.slice(0, 4)}-01-01`);
  const [to, setTo] = useState(today);
  const query = `from=${from}&to=${to}`;
  const [{ data, problem }, load] = useAsked(`/v1/rights/report?from=${today.slice(0, 4)}-01-01&to=${today}`);
  const [failure, setFailure] = useState('');
  const keep = () => text(`/v1/rights/report?form=csv&${query}`).then((file) => { save(`transparency-${from}-${to}.csv`, file, 'text/csv'); setFailure(''); }).catch((wrong) => setFailure(wrong.message));
  const said = failure || problem;
  return (
    <section aria-labelledby="report"><h2 id="report">{t('rights.report')}</h2>
      <form class="filter" onSubmit={(e) => { e.preventDefault(); load(`/v1/rights/report?${query}`); }}>
        <label>{t('rights.from')}<input id="report-from" type="date" required value={from} onInput={(e) => setFrom(e.target.value)} /></label>
        <label>{t('rights.to')}<input id="report-to" type="date" required value={to} onInput={(e) => setTo(e.target.value)} /></label>
        <button>{t('rights.show')}</button> <button type="button" onClick={keep}>{t('rights.keep.csv')}</button>
      </form>
      {said && <p role="alert" class="problem">{said}</p>}
      {data && <><p>{data.period}</p><p class="quiet">{data.rounding}</p>
        {data.sections.filter((one) => one.rows.length).map((one) => (
          <section key={one.section} aria-labelledby={`r-${one.section}`}><h3 id={`r-${one.section}`}>{one.title}</h3>
            <table class="list report"><tbody>{one.rows.map((row) => <tr key={row.key}><th scope="row">{row.title}</th><td data-figure={row.key}>{row.few ? data.few : row.count}</td></tr>)}</tbody></table></section>
        ))}</>}
    </section>
  );
}
