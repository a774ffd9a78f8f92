// SPDX-License-Identifier: Apache-2.0
// One box, one answer. The box understands as one types; the answer's first line is one of five words. An answer to an
// older question is dropped; after two seconds the page says that it still waits; nothing typed is ever lost.
import { useEffect, useRef, useState } from 'preact/hooks';
import { call, session } from './api.js';
import { clock, language, t, title } from './i18n.js';
import { Card } from './card.jsx';
import { linesWanted, PATIENCE_MS } from './scanner.js';

const LATE_MS = 2000;
const shapes = { 'nothing-found': '○', match: '■', possible: '▲', 'read-again': '↻', 'no-answer': '✕' };

function queryId() {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}

function Chips({ readings, off, onToggle }) {
  if (!readings?.length) return null;
  return (
    <ul class="chips" aria-label={t('readings')}>
      {readings.map((r) => {
        const isOn = !off.has(r.type);
        return (
          <li key={r.type + r.title}>
            <button type="button" class={isOn ? 'chip on' : 'chip'} aria-pressed={isOn} title={t('readings')} onClick={() => onToggle(r.type)}>
              {title(r.title)}
              {r.parts?.some((p) => p.check === 'failed') && <span class="bad"> ✕ {t('check.failed')}</span>}
              {r.parts?.length > 0 && r.parts.every((p) => p.check !== 'failed') && r.parts.some((p) => p.check === 'ok') && <span class="good"> ✓</span>}
            </button>
          </li>
        );
      })}
    </ul>
  );
}

function Verdict({ answer, isListOpen, onList }) {
  const asked = answer.understood?.filter((r) => r.on !== false) || [];
  const parts = [...new Map(asked.flatMap((r) => r.parts || []).map((p) => [p.meaning + p.value, p])).values()].slice(0, 8);
  return (
    <section class={`verdict ${answer.verdict}`} aria-live="assertive" data-verdict={answer.verdict}>
      <h1><span class="shape" aria-hidden="true">{shapes[answer.verdict]}</span> {t(answer.verdict)}</h1>
      {answer.advice && <p class="advice">{answer.advice}</p>}
      <p class="asked">
        {t('asked')}: {parts.length ? parts.map((p, i) => (
          <span key={i}>{i > 0 && ' · '}{title(p.title)} <b><bdi>{p.value}</bdi></b>{p.check === 'failed' && <span class="bad"> ✕</span>}</span>
        )) : '—'}
      </p>
      <p class="quiet">
        <button type="button" class="link" aria-expanded={isListOpen} onClick={onList}>
          {t('databases.all', { count: answer.databases.length })}
        </button>, {t('asof', { time: clock(answer.as_of) })} · {t('receipt')} <code>{answer.receipt}</code> · {t('took', { ms: (answer.took_us / 1000).toFixed(1) })}
      </p>
      {isListOpen && (
        <table class="databases"><caption>{t('databases.list')}</caption><tbody>
          {answer.databases.map((d) => (
            <tr key={d.name} class={d.result}><th scope="row">{title(d.title)}</th><td>{t(d.result)}{d.count > 0 && ` · ${d.count}`}</td><td>{d.reason}</td></tr>
          ))}
        </tbody></table>
      )}
    </section>
  );
}

function Failure({ problem }) {
  return (
    <section class="verdict no-answer" role="alert" data-verdict="no-answer">
      <h1><span class="shape" aria-hidden="true">{shapes['no-answer']}</span> {t('no-answer')}</h1>
      <p class="advice">{problem.message}{problem.hint && ` — ${problem.hint}`}</p>
    </section>
  );
}

function Try({ suggestions, onTry }) {
  return (
    <section class="try">
      <h2>{t('try')}</h2>
      <ul>{suggestions.map((s) => (
        <li key={s.text}><button type="button" class="link" onClick={() => onTry(s.text)}><span>{title(s.title)}</span> <code><bdi>{s.text}</bdi></code></button></li>
      ))}</ul>
    </section>
  );
}

function useRecognition(text) {
  const [readings, setReadings] = useState([]);
  useEffect(() => {
    if (!text.trim()) { setReadings([]); return undefined; }
    const abort = new AbortController();
    const timer = setTimeout(() => {
      call('POST', '/v1/recognise', { body: { text }, signal: abort.signal, language })
        .then((reply) => setReadings(reply.data.understood || []))
        .catch(() => { /* recognition is a convenience; the search itself says what is wrong */ });
    }, 120);
    return () => { clearTimeout(timer); abort.abort(); };
  }, [text]);
  return readings;
}

// Runs searches; keeps only the newest question's answer.
function useSearch() {
  const [state, setState] = useState({ answer: null, problem: null, isLate: false, isWaiting: false });
  const newest = useRef(0);
  const abort = useRef(null);
  async function run(question) {
    const mine = ++newest.current;
    abort.current?.abort();
    abort.current = new AbortController();
    setState({ answer: null, problem: null, isLate: false, isWaiting: true });
    const late = setTimeout(() => mine === newest.current && setState((s) => ({ ...s, isLate: true })), LATE_MS);
    try {
      const { data } = await call('POST', '/v1/search', {
        body: { ...question, purpose: session.purpose, reference: session.reference || undefined, id: queryId() },
        signal: abort.current.signal, language,
      });
      if (mine === newest.current) setState({ answer: data, problem: null, isLate: false, isWaiting: false });
    } catch (problem) {
      if (mine === newest.current && problem.name !== 'AbortError') setState({ answer: null, problem, isLate: false, isWaiting: false });
    } finally {
      clearTimeout(late);
    }
  }
  function clear() {
    newest.current++;
    setState({ answer: null, problem: null, isLate: false, isWaiting: false });
  }
  return [state, run, clear];
}

function Results({ answer, onMore, onSimilar }) {
  return (
    <div id="results" tabindex="-1">
      {answer.hits?.length > 0 && <h2>{t('results')} <span class="quiet">{t('of', { shown: answer.hits.length, total: answer.total })}</span></h2>}
      {answer.hits?.map((hit) => <Card key={hit.id} hit={hit} />)}
      {answer.hits?.length < answer.total && <button type="button" onClick={onMore}>{t('more')}</button>}
      {answer.similar?.length > 0 && (
        <section class="similar">
          <h2>{t('similar')}</h2>
          {answer.similar.map((hit) => <Card key={hit.id} hit={hit} isSimilar />)}
        </section>
      )}
      {!answer.similar?.length && answer.verdict === 'nothing-found' && <button type="button" onClick={onSimilar}>{t('similar.ask')}</button>}
    </div>
  );
}

// j and k walk the cards, d opens the list, Escape empties the box.
function useKeys(isOpen, box, onList, onClear) {
  useEffect(() => {
    if (!isOpen) return undefined;
    function onKey(event) {
      if (event.key === 'Escape') { onClear(); box.current?.focus(); return; }
      if (/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) {
        if (event.key !== 'ArrowDown' || event.target !== box.current) return;
        document.querySelector('.card')?.focus();
        event.preventDefault();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const cards = [...document.querySelectorAll('.card')];
      const here = cards.indexOf(document.activeElement);
      if (event.key === '/') box.current?.focus();
      else if (event.key === 'd') onList();
      else if (event.key === 'j' || event.key === 'ArrowDown') cards[Math.min(here + 1, cards.length - 1)]?.focus();
      else if (event.key === 'k' || event.key === 'ArrowUp') (here > 0 ? cards[here - 1] : box.current)?.focus();
      else return;
      event.preventDefault();
    }
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  });
}

export function Search({ isOpen, demonstration }) {
  const [text, setText] = useState(sessionStorage.getItem('typed') || '');
  const [off, setOff] = useState(new Set());
  const [limit, setLimit] = useState(10);
  const [isListOpen, setListOpen] = useState(false);
  const [state, run, clear] = useSearch();
  const readings = useRecognition(text);
  const box = useRef();
  const patience = useRef(0);
  useEffect(() => { if (isOpen) box.current?.focus(); }, [isOpen]);

  function type(next) {
    setText(next);
    sessionStorage.setItem('typed', next);
  }
  function ask(asked = text, options = {}) {
    clearTimeout(patience.current);
    const dropped = options.off || off;
    if (asked.trim()) run({ text: asked.trim(), off: [...dropped], similar: options.similar || 'auto', limit: options.limit || limit });
  }
  function onKeyDown(event) {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    if (linesWanted(text) > 0 && !text.endsWith('\n')) {
      type(`${text}\n`);
      clearTimeout(patience.current);
      const now = box.current;
      patience.current = setTimeout(() => ask(now.value), PATIENCE_MS);
      return;
    }
    ask();
    box.current.select();
  }
  function toggle(name) {
    const next = new Set(off);
    if (!next.delete(name)) next.add(name);
    setOff(next);
    if (state.answer) ask(text, { off: next });
  }
  useKeys(isOpen, box, () => setListOpen((open) => !open), () => { type(''); setOff(new Set()); clear(); });

  const { answer, problem } = state;
  return (
    <main>
      <form class="box" role="search" onSubmit={(e) => { e.preventDefault(); ask(); }}>
        <label for="query" class="hidden">{t('search.label')}</label>
        <textarea id="query" ref={box} rows={Math.min(4, Math.max(1, text.split('\n').length))} dir="auto" spellcheck={false} autocomplete="off"
          autocapitalize="off" maxlength="1000" placeholder={t('search.placeholder')} value={text}
          onInput={(e) => { type(e.target.value); clearTimeout(patience.current); }} onKeyDown={onKeyDown} aria-describedby="query-help" />
        <button class="primary">{t('search.button')}</button>
      </form>
      <Chips readings={answer?.understood || readings} off={off} onToggle={toggle} />
      <p id="query-help" class="quiet hint">{t('search.hint')}</p>
      {state.isWaiting && <div class="waiting" role="status">{state.isLate ? t('late') : '…'}</div>}
      {problem && <Failure problem={problem} />}
      {answer && <Verdict answer={answer} isListOpen={isListOpen} onList={() => setListOpen(!isListOpen)} />}
      {answer && <Results answer={answer} onMore={() => { setLimit(limit + 20); ask(text, { limit: limit + 20 }); }} onSimilar={() => ask(text, { similar: 'yes' })} />}
      {!answer && !problem && !state.isWaiting && demonstration?.try?.length > 0 && <Try suggestions={demonstration.try} onTry={(s) => { type(s); setOff(new Set()); ask(s, { off: new Set() }); }} />}
    </main>
  );
}
