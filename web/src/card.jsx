// SPDX-License-Identifier: Apache-2.0
// A hit as a card, made from the definition's fields: cautions, then what to do, then facts, then why it matched.
import { useEffect, useState } from 'preact/hooks';
import { photograph } from './api.js';
import { age, day, language, t, title, when } from './i18n.js';
import { words, wordsAfter } from './words.js';

const BAR_BITS = 25; // a full bar: what an agreeing long document number weighs
const TEXT_SHOWN = 180; // characters of a long remark on a card
const LINES_SHOWN = 4; // entries of one group, as names
const FACTS_SHOWN = 8; // rows of a card; a definition names the most telling fields first

export function Photo({ hash, size = 'thumb' }) {
  const [source, setSource] = useState('');
  useEffect(() => {
    let url = '';
    let isGone = false;
    photograph(hash, size).then((made) => { if (isGone) URL.revokeObjectURL(made); else { url = made; setSource(made); } })
      .catch(() => { /* text stands without it */ });
    return () => { isGone = true; if (url) URL.revokeObjectURL(url); };
  }, [hash, size]);
  return source ? <img class="photo" src={source} alt={t('photo')} /> : <span class="photo empty" aria-hidden="true" />;
}

const isMoment = (text) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$/.test(text);

function Fact({ fact, isWhole, onAsk }) {
  const value = isWhole || fact.value.length <= TEXT_SHOWN ? fact.value : `${fact.value.slice(0, TEXT_SHOWN)} …`;
  if (fact.value && isMoment(fact.value)) return <time class="fact" datetime={fact.value}>{when(fact.value)}</time>;
  if (fact.masked) return <span class="fact"><em class="quiet">{fact.value || t('masked')}</em></span>;
  return (
    <span class="fact">
      {fact.to ? <a href={`#/record/${encodeURIComponent(fact.to)}`}><bdi>{fact.value}</bdi></a>
        : fact.pivot && onAsk ? <button type="button" class="link" title={t('ask.value')} onClick={() => onAsk(fact.value)}><bdi>{fact.value}</bdi></button>
          : <bdi>{value}</bdi>}
      {fact.check === 'failed' && <span class="bad" title={words(fact, 'note')}> ✕ {t('check.failed')}</span>}
      {isWhole && fact.note && fact.check !== 'failed' && <span class="quiet"> ({words(fact, 'note')})</span>}
    </span>
  );
}

const groupOf = (field) => (field.includes('.') ? field.slice(0, field.lastIndexOf('.')) : '');

// Values of one field stand together. Where a group of fields has several entries, each entry is a line of its own.
function rowsOf(facts, except) {
  const entries = new Map(); // of a group: its rows
  for (const fact of facts) entries.set(groupOf(fact.field), (entries.get(groupOf(fact.field)) || new Set()).add(fact.row));
  const rows = new Map();
  for (const fact of facts) {
    if (fact.photo) continue; // shown as a picture
    const group = groupOf(fact.field);
    const isLines = group && entries.get(group).size > 1;
    const key = isLines ? group : fact.field;
    const row = rows.get(key) || { key, title: title(fact.title), isLines, lines: new Map() };
    row.lines.set(isLines ? fact.row : 0, [...(row.lines.get(isLines ? fact.row : 0) || []), fact]);
    rows.set(key, row);
  }
  // what the heading says already is not said again
  return [...rows.values()].filter((row) => [...row.lines.values()].flat().some((fact) => fact.value !== except));
}

// The first value of an entry is what it is about; a date among the others says of what.
function Line({ facts, isEntry, ...rest }) {
  const text = (fact, i) => (
    <span key={i} class={isEntry && i > 0 ? 'quiet' : ''}>{i > 0 && ' · '}{isEntry && i > 0 && /^[<>~c\d]/.test(fact.value) && !fact.pivot && `${title(fact.title)} `}<Fact fact={fact} {...rest} /></span>
  );
  return <>{facts.map(text)}</>;
}

function Row({ row, max, ...rest }) {
  const lines = [...row.lines.values()];
  const shown = lines.slice(0, max);
  return (
    <div><dt>{row.title}</dt><dd>
      {row.isLines ? <ul>{shown.map((facts, i) => <li key={i}><Line facts={facts} isEntry {...rest} /></li>)}{shown.length < lines.length && <li class="quiet">{t('chips.more', { count: lines.length - shown.length })}</li>}</ul>
        : <Line facts={shown[0]} {...rest} />}
    </dd></div>
  );
}

// isWhole: with the remarks on each value, as on the record's own page
export function Facts({ facts, except, isWhole, onAsk, max = Infinity }) {
  const [isOpen, setOpen] = useState(false);
  const rows = rowsOf(facts || [], except);
  const shown = isOpen ? rows : rows.slice(0, max);
  return (
    <>
      <dl class="facts">{shown.map((row) => <Row key={row.key} row={row} isWhole={isWhole} onAsk={onAsk} max={isOpen || isWhole ? Infinity : LINES_SHOWN} />)}</dl>
      {rows.length > shown.length && <button type="button" class="link" onClick={() => setOpen(true)}>{t('facts.more', { count: rows.length - shown.length })}</button>}
    </>
  );
}

function Bar({ why }) {
  if (!why.bits) return <td class="bar" aria-hidden="true">{{ same: '✓', close: '≈', different: '✕' }[why.agreement]}</td>;
  const share = Math.round(Math.min(1, Math.abs(why.bits) / BAR_BITS) * 100);
  return <td class="bar" title={`${why.bits} ${t('why.bits')}`}><span style={{ inlineSize: `${share}%` }} /></td>;
}

export function Why({ hit }) {
  if (!hit.why?.length) return null;
  const isWeighed = hit.why.some((w) => w.bits);
  const chance = hit.probability;
  const likely = chance > 0.999 ? '> 99.9' : chance < 0.01 ? '< 1' : (chance * 100).toFixed(chance > 0.99 ? 1 : 0);
  return (
    <table class="why"><caption>{t('why')}{isWeighed && hit.probability > 0 && <span class="quiet"> · {t('probability', { p: likely })}</span>}</caption><tbody>
      {hit.why.map((w, i) => (
        <tr key={i} class={w.agreement}>
          <th scope="row">{title(w.title) || w.meaning}</th>
          <Bar why={w} />
          <td><b>{t(`agree.${w.agreement}`)}</b>{wordsAfter(w)}
            {w.held && w.held !== w.asked && <span class="quiet pair"><bdi>{w.asked}</bdi> ↔ <bdi>{w.held}</bdi></span>}</td>
        </tr>
      ))}
    </tbody></table>
  );
}

export function Cautions({ cautions }) {
  if (!cautions?.length) return null;
  return <ul class="cautions">{cautions.map((c) => <li key={c.code}>⚠ {title(c.title) || c.code}</li>)}</ul>;
}

export function Heading({ hit, level: Level = 'h3' }) {
  return (
    <Level>
      <span class="kind">{title(hit.title)}</span> {hit.heading && <bdi>{hit.heading}</bdi>} {hit.state && hit.state !== 'active' && <span class="state">{t(hit.state)}</span>}
    </Level>
  );
}

function Chance({ hit }) {
  if (!(hit.namesakes >= 0 && hit.bits > 0)) return null;
  const count = new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(hit.namesakes);
  return <p class="quiet">{t('namesakes', { n: hit.namesakes < 0.1 ? '< 0.1' : count })} {hit.band === 'possible' && t('compare')}</p>;
}

// Where to ask the owner of a record that this answer showed; nothing to ask of one's own desk.
export const confirmation = (me, hit, receipt) => (receipt && !(hit.owner === me.country && hit.unit === me.unit) ? `#/ask/${encodeURIComponent(hit.id)}/${receipt}/${hit.owner}` : '');

function Foot({ hit, isHitOnly, confirm }) {
  return (
    <p class="quiet foot">
      {t('owner')} <b>{hit.owner}</b> <bdi>{hit.unit}</bdi>
      {hit.updated && ` · ${t('updated', { age: age(hit.updated) })}`}{hit.review_on && ` · ${t('review', { date: day(hit.review_on) })}`}{hit.handling && ` · ${t('handling')} ${hit.handling}`}
      {!isHitOnly && <> · <a href={`#/record/${encodeURIComponent(hit.id)}`}>{t('open')}</a></>}
      {confirm && <> · <a class="confirm" href={confirm}>{t('ask.this')}</a></>}
    </p>
  );
}

// A thing goes by the number it was found by; where names are weighed, by the name.
function headingOf(hit) {
  if (hit.why?.some((w) => w.bits)) return hit.heading;
  return hit.facts?.find((fact) => fact.pivot && hit.why?.some((w) => w.held === fact.value))?.value || hit.heading;
}

export function Card({ hit: found, isSimilar, onAsk, confirm }) {
  const hit = { ...found, heading: headingOf(found) };
  const isHitOnly = hit.disclosure === 'hit-only';
  function onKeyDown(event) {
    if (event.key !== 'Enter' || event.target !== event.currentTarget || isHitOnly) return;
    location.hash = `#/record/${encodeURIComponent(hit.id)}`;
  }
  return (
    <article class={`card ${isSimilar ? 'near' : hit.band || 'hit'}`} tabindex="0" aria-label={`${title(hit.title)} ${hit.heading || ''}`} onKeyDown={onKeyDown}>
      {hit.photo && <Photo hash={hit.photo} />}
      <div class="what">
        <Cautions cautions={hit.cautions} />
        {hit.test && <p class="test">{t('test')}</p>}
        {hit.action && <p class="action">{hit.action}</p>}
        <Heading hit={hit} />
        {isHitOnly && <p>{t('hit-only', { owner: hit.owner })}</p>}
        {isSimilar && <p class="quiet">{t('similar.note', { chance: hit.expected_by_chance?.toPrecision(2) ?? '—' })}</p>}
        <Facts facts={hit.facts} except={hit.heading} max={FACTS_SHOWN} onAsk={onAsk} />
        <Chance hit={hit} />
      </div>
      <Why hit={hit} />
      <Foot hit={hit} isHitOnly={isHitOnly} confirm={confirm} />
    </article>
  );
}
