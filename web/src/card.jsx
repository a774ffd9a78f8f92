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
  return <td class="bar" aria-hidden="true"><span style={{ inlineSize: `${share}%` }} /></td>;
}

export function Why({ hit }) {
  if (!hit.why?.length) return null;
  return (
    <table class="why"><caption>{t('why')}</caption><tbody>
      {hit.why.map((w, i) => (
        <tr key={i} class={w.agreement} data-meaning={w.meaning} data-agreement={w.agreement}>
          <th scope="row">{title(w.title) || w.meaning}</th>
          <Bar why={w} />
          <td><b>{t(`agree.${w.agreement}`)}</b>{wordsAfter(w)}
            {w.held && w.held !== w.asked && <span class="quiet pair"><bdi>{w.asked}</bdi> ↔ <bdi>{w.held}</bdi></span>}</td>
        </tr>
      ))}
    </tbody></table>
  );
}

// For those who work with them; the front line reads the band and the namesakes, and compares.
function Figures({ hit }) {
  const chance = hit.probability;
  const likely = chance > 0.999 ? '> 99.9' : chance < 0.01 ? '< 1' : (chance * 100).toFixed(chance > 0.99 ? 1 : 0);
  const sign = (bits) => `${bits > 0 ? '+' : ''}${bits.toFixed(1)}`;
  return (
    <details class="figures"><summary>{t('weight')}</summary>
      <p><b>{t('probability', { p: likely })}</b> · {t('weight.bits', { bits: sign(hit.bits) })}</p>
      <ul>{hit.why.map((w, i) => <li key={i}>{title(w.title) || w.meaning} <b>{sign(w.bits)}</b></li>)}</ul>
      <p class="quiet">{t('weight.help')}</p>
    </details>
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

function Band({ hit }) {
  if (!(hit.namesakes >= 0)) return null;
  return <p class={`band ${hit.band}`}><span aria-hidden="true">{hit.band === 'hit' ? '■' : '▲'} </span>{t(`band.${hit.band}`)}</p>;
}

// What the record has and nobody asked, the most telling first: places in its facts.
function nextToCompare(hit) {
  const facts = (hit.compare || []).map((place) => hit.facts[place]).filter((fact) => fact && !fact.photo);
  return [...(hit.photo ? [t('photo')] : []), ...facts.map((fact) => title(fact.title))];
}

// How many others would match as well, and what tells them apart: no percentage.
function Chance({ hit }) {
  if (!(hit.namesakes >= 0 && hit.why?.length)) return null;
  const others = Math.round(hit.namesakes);
  const next = nextToCompare(hit);
  return (
    <div class="chance">
      <p class="namesakes" data-expected={hit.namesakes}>{others < 1 ? t('namesakes.none') : others === 1 ? t('namesakes.one') : t('namesakes', { n: new Intl.NumberFormat(language).format(others) })}</p>
      <p class="next">{next.length ? <>{t('compare.next')} <b>{next.join(t('comma'))}</b></> : t('compare')}</p>
    </div>
  );
}

// Where to ask the owner of a record that this answer showed; nothing to ask of one's own desk.
export const confirmation = (me, hit, receipt) => (receipt && !(hit.owner === me.country && hit.unit === me.unit) ? `#/ask/${encodeURIComponent(hit.id)}/${receipt}/${hit.owner}` : '');

function Foot({ hit, isHitOnly, confirm }) {
  return (
    <div class="foot"><p class="quiet">
      {t('owner')} <b>{hit.owner}</b> <bdi>{hit.unit}</bdi>
      {hit.updated && ` · ${t('updated', { age: age(hit.updated) })}`}{hit.review_on && ` · ${t('review', { date: day(hit.review_on) })}`}{hit.handling && ` · ${t('handling')} ${hit.handling}`}
    </p>
      {!isHitOnly && <a class="button" href={`#/record/${encodeURIComponent(hit.id)}`}>{t('open')}</a>}
      {confirm && <a class="button confirm" href={confirm} aria-keyshortcuts="a">{t('ask.this')}</a>}
    </div>
  );
}

// A thing goes by the number it was found by; where names are weighed, by the name.
function headingOf(hit) {
  if (hit.why?.some((w) => w.bits)) return hit.heading;
  return hit.facts?.find((fact) => fact.pivot && hit.why?.some((w) => w.held === fact.value))?.value || hit.heading;
}

export function Card({ hit: found, isSimilar, onAsk, confirm, hasFigures }) {
  const hit = { ...found, heading: headingOf(found) };
  const isHitOnly = hit.disclosure === 'hit-only';
  function onKeyDown(event) {
    if (event.key !== 'Enter' || event.target !== event.currentTarget || isHitOnly) return;
    location.hash = `#/record/${encodeURIComponent(hit.id)}`;
  }
  return (
    <article class={`card ${isSimilar ? 'near' : hit.band || 'hit'}`} tabindex="0" data-record={hit.id} aria-label={`${title(hit.title)} ${hit.heading || ''}`} onKeyDown={onKeyDown}>
      {hit.photo && <Photo hash={hit.photo} />}
      <div class="what">
        <Cautions cautions={hit.cautions} />
        {hit.test && <p class="test">{t('test')}</p>}
        {hit.action && <p class="action">{hit.action}</p>}
        <Heading hit={hit} />
        {isHitOnly && <p>{t('hit-only', { owner: hit.owner })}</p>}
        {isSimilar && <p class="quiet">{t('similar.note', { chance: hit.expected_by_chance?.toPrecision(2) ?? '—' })}</p>}
        <Facts facts={hit.facts} except={hit.heading} max={FACTS_SHOWN} onAsk={onAsk} />
      </div>
      {hit.why?.length > 0 && (
        <div class="because">
          <Band hit={hit} />
          <Chance hit={hit} />
          <Why hit={hit} />
          {hasFigures && hit.why.some((w) => w.bits) && hit.probability >= 0 && <Figures hit={hit} />}
        </div>
      )}
      <Foot hit={hit} isHitOnly={isHitOnly} confirm={confirm} />
    </article>
  );
}
