// SPDX-License-Identifier: Apache-2.0
// A hit as a card, made from the definition's fields: cautions, then what to do, then facts, then why it matched.
import { useEffect, useState } from 'preact/hooks';
import { photograph } from './api.js';
import { age, t, title } from './i18n.js';

const BAR_BITS = 25; // a full bar: what an agreeing long document number weighs

export function Photo({ hash, size = 'thumb' }) {
  const [source, setSource] = useState('');
  useEffect(() => {
    let url = '';
    photograph(hash, size).then((made) => { url = made; setSource(made); }).catch(() => { /* text stands without it */ });
    return () => url && URL.revokeObjectURL(url);
  }, [hash, size]);
  return source ? <img class="photo" src={source} alt={t('photo')} /> : <span class="photo" aria-hidden="true" />;
}

export function Facts({ facts }) {
  const rows = [];
  for (const fact of facts || []) {
    const last = rows[rows.length - 1];
    if (last && last.field === fact.field) last.values.push(fact);
    else rows.push({ field: fact.field, title: title(fact.title), values: [fact] });
  }
  return (
    <dl class="facts">
      {rows.map((row) => (
        <div key={row.field}>
          <dt>{row.title}</dt>
          <dd>{row.values.map((fact, i) => (
            <span key={i} class="fact">
              {fact.masked ? <em class="quiet">{fact.value || t('masked')}</em> : <bdi>{fact.to ? <a href={`#/record/${encodeURIComponent(fact.to)}`}>{fact.value}</a> : fact.value}</bdi>}
              {fact.check === 'failed' && <span class="bad" title={fact.note}> ✕ {t('check.failed')}</span>}
              {fact.note && fact.check !== 'failed' && <span class="quiet"> ({fact.note})</span>}
            </span>
          ))}</dd>
        </div>
      ))}
    </dl>
  );
}

export function Why({ why }) {
  if (!why?.length) return null;
  return (
    <table class="why"><caption>{t('why')}</caption><tbody>
      {why.map((w, i) => {
        const share = w.bits ? Math.min(1, Math.abs(w.bits) / BAR_BITS) : w.agreement === 'same' ? 0.6 : 0.2;
        return (
          <tr key={i} class={w.agreement}>
            <th scope="row">{title(w.title) || w.meaning}</th>
            <td class="bar"><span style={{ inlineSize: `${Math.round(share * 100)}%` }} /></td>
            <td><b>{t(`agree.${w.agreement}`)}</b>{w.words && `: ${w.words}`} {w.held && w.held !== w.asked && <span class="quiet"><bdi>{w.asked}</bdi> / <bdi>{w.held}</bdi></span>}</td>
          </tr>
        );
      })}
    </tbody></table>
  );
}

export function Cautions({ cautions }) {
  if (!cautions?.length) return null;
  return <ul class="cautions">{cautions.map((c) => <li key={c.code}>⚠ {title(c.title) || c.code}</li>)}</ul>;
}

function open(id) {
  location.hash = `#/record/${encodeURIComponent(id)}`;
}

export function Card({ hit, isSimilar }) {
  const isHitOnly = hit.disclosure === 'hit-only';
  const head = hit.facts?.slice(0, 1).map((f) => f.value)[0];
  return (
    <article class={`card ${isSimilar ? 'near' : hit.band || 'hit'}`} tabindex="0" aria-label={`${title(hit.title)} ${head || ''}`}
      onKeyDown={(e) => { if (e.key === 'Enter' && e.target === e.currentTarget && !isHitOnly) open(hit.id); }}>
      <Cautions cautions={hit.cautions} />
      {hit.test && <p class="test">{t('test')}</p>}
      {hit.action && <p class="action">{hit.action}</p>}
      <h3><span class="kind">{title(hit.title)}</span> {head && <bdi>{head}</bdi>} {hit.state !== 'active' && <span class="bad">{t(hit.state)}</span>}</h3>
      {isHitOnly && <p>{t('hit-only', { owner: hit.owner })}</p>}
      {isSimilar && <p class="quiet">{t('similar.note', { chance: hit.expected_by_chance?.toPrecision(2) ?? '—' })}</p>}
      <div class="body">
        <div>
          <Facts facts={hit.facts} />
          {hit.namesakes >= 0 && hit.bits > 0 && <p class="quiet">{t('namesakes', { n: hit.namesakes < 0.1 ? '< 0.1' : hit.namesakes.toFixed(1) })} {hit.band === 'possible' && t('compare')}</p>}
        </div>
        <Why why={hit.why} />
        {hit.photo && <Photo hash={hit.photo} />}
      </div>
      <p class="quiet foot">{t('owner')} <b>{hit.owner}</b> {hit.unit} · {t('updated', { age: age(hit.updated) })}{hit.review_on && ` · ${t('review', { date: hit.review_on })}`}{hit.handling && ` · ${t('handling')} ${hit.handling}`}
        {!isHitOnly && <> · <a href={`#/record/${encodeURIComponent(hit.id)}`}>{t('open')}</a></>}</p>
    </article>
  );
}
