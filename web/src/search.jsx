// SPDX-License-Identifier: Apache-2.0
// One box, one answer. The box understands as one types; the answer's first line is one of five words. An answer to an
// older question is dropped; after two seconds the page says that it still waits; nothing typed is ever lost.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { t, title } from './i18n.js';
import { kept } from './kept.js';
import { lookForHan } from './han.js';
import { asked, useRecognition, useSearch } from './asking.js';
import { Card, confirmation } from './card.jsx';
import { Chips } from './chips.jsx';
import { Failure, Repair, Verdict, Waiting } from './verdict.jsx';
import { keepQuestion } from './standing.jsx';
import { mineParts } from './views.js';
import { words } from './words.js';
import { linesWanted, PATIENCE_MS } from './scanner.js';

const STEP = 20; // more results, each time
const LIMIT = 5; // as many as stay under 4 KB, packed
const LIMIT_MAX = 100; // the node gives no more at once: there is too much to look through

function Try({ suggestions, onTry }) {
  return (
    <section class="try">
      <h2>{t('try')}</h2>
      <ul>{suggestions.map((s) => (
        <li key={s.text}><button type="button" onClick={() => onTry(s.text)}><span class="quiet">{title(s.title)}</span><b><bdi>{s.text}</bdi></b></button></li>
      ))}</ul>
    </section>
  );
}

function Results({ me, answer, isSimilarAsked, onMore, onSimilar, onAsk }) {
  const shown = answer.hits?.length || 0;
  const canKeep = mineParts(me).includes('standing') && answer.understood?.some((one) => one.on && one.parts?.length);
  return (
    <div id="results" tabindex="-1">
      {shown > 0 && <h2>{t('results')} <span class="quiet">{t('of', { shown, total: answer.total })}</span></h2>}
      {answer.hits?.map((hit) => <Card key={hit.id} hit={hit} onAsk={onAsk} confirm={confirmation(me, hit, answer.receipt)} hasFigures={me.role !== 'frontline'} />)}
      {shown < Math.min(answer.total, LIMIT_MAX) && <button type="button" onClick={onMore}>{t('more')}</button>}
      {answer.similar?.length > 0 && (
        <section class="similar">
          <h2>{t('similar')}</h2>
          <p class="quiet">{t('similar.what')}</p>
          {answer.similar.map((hit) => <Card key={hit.id} hit={hit} onAsk={onAsk} isSimilar />)}
        </section>
      )}
      {answer.similar_reason && <p class="advice">{words(answer, 'similar_reason')}</p>}
      {!answer.similar?.length && isSimilarAsked && <p>{t('similar.none')}</p>}
      {canKeep && <p><a class="button" href="#/mine/standing/+" onClick={() => keepQuestion(answer)}>{t('standing.keep')}</a></p>}
      {!answer.similar?.length && !isSimilarAsked && answer.verdict === 'nothing-found' && <p><button type="button" onClick={onSimilar}>{t('similar.ask')}</button></p>}
    </div>
  );
}

// j and k walk the cards, a asks the owner of one to confirm, d opens the list, Alt+R takes the repaired text, Escape empties the box.
function useKeys(isOpen, box, { onList, onClear, onRepair }) {
  useLayoutEffect(() => { // at once: no key may fall between showing and listening
    if (!isOpen) return undefined;
    function onKey(event) {
      if (document.querySelector('dialog[open], :popover-open')) return;
      if (event.key === 'Escape') { onClear(); box.current?.focus(); return; }
      if (event.altKey && event.code === 'KeyR') { onRepair(); event.preventDefault(); return; }
      if (/^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) {
        if (event.key !== 'ArrowDown' || event.target !== box.current) return;
        document.querySelector('.card')?.focus();
        event.preventDefault();
        return;
      }
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const cards = [...document.querySelectorAll('.card')];
      const here = cards.indexOf(document.activeElement?.closest('.card'));
      if (event.key === '/') box.current?.focus();
      else if (event.key === 'd') onList();
      else if (event.key === 'a' && (cards[here] || cards[0])?.querySelector('a.confirm')) (cards[here] || cards[0]).querySelector('a.confirm').click();
      else if (event.key === 'j' || event.key === 'ArrowDown') cards[Math.min(here + 1, cards.length - 1)]?.focus();
      else if (event.key === 'k' || event.key === 'ArrowUp') (here > 0 ? cards[here - 1] : box.current)?.focus();
      else return;
      event.preventDefault();
    }
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  });
}

function Box({ box, text, onType, onAsk }) {
  const patience = useRef(0);
  useEffect(() => () => clearTimeout(patience.current), []);
  function ask(asking) {
    clearTimeout(patience.current);
    onAsk(asking);
    box.current?.select();
  }
  function onKeyDown(event) {
    if (event.key === 'ArrowUp' && !text && asked.list.length) { onType(asked.list[0]); event.preventDefault(); return; }
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    if (linesWanted(text) > 0 && !text.endsWith('\n')) {
      onType(`${text}\n`);
      clearTimeout(patience.current);
      patience.current = setTimeout(() => ask(box.current?.value || ''), PATIENCE_MS);
    } else {
      ask(text);
    }
  }
  return (
    <form class="box" role="search" onSubmit={(e) => { e.preventDefault(); ask(text); }}>
      <label for="query" class="hidden">{t('search.label')}</label>
      <textarea id="query" ref={box} rows={Math.min(4, Math.max(1, text.split('\n').length))} dir="auto" spellcheck={false} autocomplete="off"
        class={/[<\n]/.test(text) ? 'mono' : ''} autocapitalize="off" maxlength="1000" placeholder={t('search.placeholder')} value={text}
        onInput={(e) => { onType(e.target.value); clearTimeout(patience.current); }} onKeyDown={onKeyDown} aria-describedby="query-help" />
      <button class="primary">{t('search.button')}</button>
    </form>
  );
}

export function Search({ me, isOpen, demonstration, wanted }) {
  const [text, setText] = useState(kept.get('typed') || '');
  const [off, setOff] = useState(new Set());
  const [limit, setLimit] = useState(LIMIT);
  const [isSimilarAsked, setSimilarAsked] = useState(false);
  const [isListOpen, setListOpen] = useState(false);
  const [state, run, clear] = useSearch();
  const { readings, repaired, keyboard } = useRecognition(text, off);
  const box = useRef();
  const { answer, problem, isWaiting, isLate } = state;

  function type(next) {
    if (next.trim() !== text.trim()) setOff((old) => (old.size ? new Set() : old));
    setText(next);
    lookForHan(next);
    kept.set('typed', next);
  }
  function ask(asking, options = {}) {
    if (!asking.trim()) return;
    asked.add(asking.trim());
    const count = options.limit || LIMIT;
    setLimit(count);
    setSimilarAsked(options.similar === 'yes');
    run({ text: asking.trim(), off: [...(options.off || off)], similar: options.similar || 'auto', limit: count });
  }
  function take(next) { // a text not typed: repaired, suggested, from a card
    type(next);
    setOff(new Set());
    ask(next, { off: new Set() });
    scrollTo(0, 0);
  }
  function choose(next) {
    setOff(next);
    if (answer) ask(text, { off: next });
  }
  useEffect(() => { if (isOpen) box.current?.focus(); }, [isOpen]);
  useEffect(() => { if (wanted) take(wanted.text); }, [wanted]);
  useKeys(isOpen, box, {
    onList: () => setListOpen((open) => !open),
    onClear: () => { asked.add(text); type(''); clear(); },
    onRepair: () => { const next = answer?.repaired || repaired; if (next) take(next); },
  });

  const isIdle = !answer && !problem && !isWaiting;
  const isOld = Boolean(answer) && asked.list[0] !== text.trim();
  return (
    <main>
      <Box box={box} text={text} onType={type} onAsk={ask} />
      {text.trim() ? <Chips readings={answer && !isOld ? answer.understood : readings} off={off} onOff={choose} /> : null}
      {isIdle && repaired && repaired !== text.trim() && <Repair repaired={repaired} keyboard={keyboard} onUse={take} isQuiet />}
      <p id="query-help" class={text.trim() || !isIdle ? 'hidden' : 'quiet hint'}>{t('search.hint')}</p>
      {isWaiting && <Waiting isLate={isLate} />}
      {problem && <Failure problem={problem} repaired={repaired} keyboard={keyboard} onAgain={() => ask(text)} onRepair={take} />}
      {answer && <Verdict answer={answer} isOld={isOld} isListOpen={isListOpen} onList={() => setListOpen(!isListOpen)} onRepair={take} />}
      {answer && <Results me={me} answer={answer} isSimilarAsked={isSimilarAsked} onMore={() => ask(text, { limit: Math.min(limit + STEP, LIMIT_MAX) })} onSimilar={() => ask(text, { similar: 'yes' })} onAsk={take} />}
      {isIdle && demonstration?.try?.length > 0 && <Try suggestions={demonstration.try} onTry={take} />}
    </main>
  );
}
