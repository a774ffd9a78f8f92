// SPDX-License-Identifier: Apache-2.0
// The first line of an answer: one of five words, told apart by word, shape and colour; under it what was asked as it was
// understood, which databases answered and when, and the receipt.
import { useEffect, useState } from 'preact/hooks';
import { databaseList } from './api.js';
import { clock, t, title } from './i18n.js';
import { readingName } from './chips.jsx';
import { Copy } from './copy.jsx';
import { words } from './words.js';

const shapes = { 'nothing-found': '○', match: '■', possible: '▲', 'read-again': '↻', 'no-answer': '✕', waiting: '…' };
const signs = { hit: '■', 'too-many': '▲', 'no-answer': '✕', 'no-hit': '○', closed: '–' };
const order = Object.keys(signs);

export function Word({ verdict }) {
  return <h1><span class="shape" aria-hidden="true">{shapes[verdict]}</span> {t(verdict)}</h1>;
}

// The likeliest reading with its parts; how else the text is taken follows by name.
function Asked({ readings }) {
  const [first, ...others] = readings.filter((r) => r.on);
  if (!first) return null;
  const parts = first.parts || [];
  const nameOf = (part) => (part.meaning === first.type || parts.length === 1 ? readingName(first) : title(part.title));
  return (
    <p class="asked"><span class="quiet">{t('asked')}{parts.length > 2 && ` ${readingName(first)} –`}</span> {parts.map((p, i) => (
      <span key={i}>{i > 0 && ' · '}<span class="quiet">{nameOf(p)}</span> <b><bdi>{p.value}</bdi></b>{p.check === 'failed' && <span class="bad"> ✕</span>}</span>
    ))}{others.length > 0 && <span class="quiet"> · {t('also')} {others.map(readingName).join(', ')}</span>}</p>
  );
}

function useDatabases() {
  const [all, setAll] = useState([]);
  useEffect(() => { databaseList().then(setAll).catch(() => { /* the answer names those that were asked */ }); }, []);
  return all;
}

function DatabaseTable({ rows }) {
  return (
    <table class="databases"><caption>{t('databases.list')}</caption><tbody>
      {rows.map((d) => (
        <tr key={d.name} class={d.result}>
          <td class="sign" aria-hidden="true">{signs[d.result]}</td>
          <th scope="row">{title(d.title)}</th><td>{t(d.result)}{d.count > 0 && d.result !== 'closed' && ` · ${d.count}`}</td><td>{words(d, 'reason')}</td>
        </tr>
      ))}
    </tbody></table>
  );
}

export function Repair({ repaired, keyboard, onUse, isQuiet }) {
  return (
    <div class={isQuiet ? 'repair quiet-repair' : 'repair'} role="status">
      <p>{keyboard ? t('repair.keyboard', { layout: keyboard }) : t('repair.misread')}</p>
      <code><bdi>{repaired}</bdi></code>
      <button type="button" class="primary" onClick={() => onUse(repaired)} aria-keyshortcuts="Alt+r">{t('repair')} <kbd>Alt R</kbd></button>
    </div>
  );
}

function Scope({ answer, rows, isListOpen, onList }) {
  const closed = rows.filter((r) => r.result === 'closed').length;
  const silent = answer.databases.filter((d) => d.result === 'no-answer').length;
  const count = answer.databases.length;
  return (
    <p class="scope">
      <button type="button" class="link" aria-expanded={isListOpen} aria-keyshortcuts="d" onClick={onList}>
        {t(closed ? 'databases.open' : 'databases.all', { count })}
      </button>, {t('asof', { time: clock(answer.as_of) })}
      {silent > 0 && <strong class="bad"> · {t('databases.silent', { count: silent })}</strong>}
      <span class="quiet"> · {t('receipt')} <Copy text={answer.receipt} /> · <bdi>{t('took', { ms: (answer.took_us / 1000).toFixed(1) })}</bdi></span>
    </p>
  );
}

const isFound = (answer) => ['match', 'possible'].includes(answer.verdict);

export function Verdict({ answer, isOld, isListOpen, onList, onRepair }) {
  const all = useDatabases();
  const named = new Set(answer.databases.map((d) => d.name));
  const doubt = answer.understood?.find((reading) => reading.on && reading.check === 'failed' && reading.note);
  const rows = [...answer.databases, ...all.filter((d) => !named.has(d.name)).map((d) => ({ ...d, result: 'closed' }))]
    .sort((a, b) => order.indexOf(a.result) - order.indexOf(b.result));
  return (
    <section class={`verdict ${answer.verdict}`} aria-live="assertive" data-verdict={answer.verdict}>
      <Word verdict={answer.verdict} />
      {isOld && <p class="old">{t('old')}</p>}
      {doubt && isFound(answer) && <p class="advice">{words(doubt, 'note')}</p>}
      {answer.repaired ? <Repair repaired={answer.repaired} keyboard={answer.keyboard} onUse={onRepair} isQuiet={isFound(answer)} />
        : answer.advice && !(doubt && isFound(answer)) && <p class="advice">{words(answer, 'advice')}</p>}
      <Asked readings={answer.understood || []} />
      <Scope answer={answer} rows={rows} isListOpen={isListOpen} onList={onList} />
      {isListOpen && <DatabaseTable rows={rows} />}
    </section>
  );
}

// A text that cannot be asked is to be read again; everything else that goes wrong is no answer.
const isUnreadable = (problem) => [400, 413, 422].includes(problem.status);

export function Failure({ problem, repaired, keyboard, onAgain, onRepair }) {
  const verdict = isUnreadable(problem) ? 'read-again' : 'no-answer';
  return (
    <section class={`verdict ${verdict}`} role="alert" data-verdict={verdict}>
      <Word verdict={verdict} />
      {isUnreadable(problem) && repaired ? <Repair repaired={repaired} keyboard={keyboard} onUse={onRepair} />
        : <p class="advice">{problem.message}{problem.hint && ` — ${problem.hint}`}</p>}
      <p>{verdict === 'no-answer' && <button type="button" onClick={onAgain}>{t('again')}</button>} <span class="quiet">{t('kept')}</span></p>
    </section>
  );
}

export function Waiting({ isLate }) {
  return (
    <section class="verdict waiting" role="status" aria-busy="true">
      <Word verdict="waiting" />
      <p>{isLate ? t('late') : '\u00a0'}</p>
    </section>
  );
}
