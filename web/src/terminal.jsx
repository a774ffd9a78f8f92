// SPDX-License-Identifier: Apache-2.0
// A shared terminal: the lock screen, taking over, and what must not be left behind. Locking ends the session at the node, keeps what
// was begun with it, and loads the page anew: nothing of the officer is left in the document, in memory, in storage, or in the
// addresses one can go back to - at a terminal every step replaces the one before.
import { useEffect, useRef, useState } from 'preact/hooks';
import { call, session } from './api.js';
import { t } from './i18n.js';
import { kept } from './kept.js';
import { hasPasskeys, signInWithPasskey } from './passkey.js';

const WARN_S = 10; // before it locks by itself
const channel = 'BroadcastChannel' in window ? new BroadcastChannel('terminal') : null;

export const terminalHere = () => call('GET', '/v1/terminal').then(({ data }) => (data.enrolled ? data : null)).catch(() => null);

// No step can be gone back to. Where the browser does not tell of steps, those by link are caught.
function keepNoSteps() {
  if (window.navigation) {
    window.navigation.addEventListener('navigate', (event) => {
      if (event.navigationType !== 'push' || !event.cancelable || !event.hashChange) return;
      event.preventDefault();
      setTimeout(() => location.replace(event.destination.url));
    });
    return;
  }
  addEventListener('click', (event) => {
    const link = event.target.closest?.('a[href^="#/"]');
    if (!link || event.defaultPrevented) return;
    event.preventDefault();
    location.replace(link.href);
  });
}

// Once, before anybody is signed in here.
export function shareTerminal() {
  kept.share();
  keepNoSteps();
  channel?.addEventListener('message', () => wipe());
}

const keepWork = () => call('PUT', '/v1/me/draft', { body: { text: kept.text() } });

// At once, then from the beginning: what the page held goes with it.
export function wipe() {
  kept.stop();
  document.body.hidden = true;
  location.replace('/');
}

export async function lock() {
  kept.stop();
  document.body.hidden = true;
  await keepWork().catch(() => { /* what was kept last is there */ });
  await call('DELETE', '/v1/session').catch(() => { /* it ends by itself */ });
  channel?.postMessage('locked');
  wipe();
}

// What the officer left here, or at another terminal of the desk.
export async function takeUpWork() {
  try {
    const { data } = await call('GET', '/v1/me/draft');
    location.replace(`#${kept.take(data.text).replace(/^#/, '')}`);
    session.reference = kept.get('reference') || '';
  } catch { /* he begins anew */ }
  kept.whenChanged(keepWork);
  addEventListener('hashchange', kept.changed);
}

// Use is what hands do; the node is told of it in between, so that both lock at the same time.
export function useIdleLock(terminal) {
  const [left, setLeft] = useState(null);
  const used = useRef({ at: Date.now(), told: Date.now() });
  useEffect(() => {
    if (!terminal) return undefined;
    const idle = terminal.idle_s * 1000;
    used.current = { at: Date.now(), told: Date.now() };
    const onUse = () => {
      used.current.at = Date.now();
      if (used.current.at - used.current.told < idle / 4) return;
      used.current.told = used.current.at;
      call('GET', '/v1/session').catch((problem) => { if (problem.status === 401) wipe(); });
    };
    const timer = setInterval(() => {
      const rest = Math.ceil((used.current.at + idle - Date.now()) / 1000);
      if (rest <= 0) { clearInterval(timer); lock(); } else setLeft(rest <= WARN_S ? rest : null);
    }, 1000);
    const kinds = ['keydown', 'pointerdown', 'pointermove', 'wheel', 'touchstart'];
    for (const kind of kinds) addEventListener(kind, onUse, { passive: true });
    return () => { clearInterval(timer); for (const kind of kinds) removeEventListener(kind, onUse); };
  }, [terminal?.id]);
  return left;
}

export function useLockKey(terminal) {
  useEffect(() => {
    if (!terminal) return undefined;
    const onKey = (event) => { if (event.altKey && event.code === 'KeyL') { event.preventDefault(); lock(); } };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [terminal?.id]);
}

export function IdleWarning({ left }) {
  return left === null ? null : <p class="locking" role="status">{t('terminal.locking', { count: left })}</p>;
}

export function TakeOver({ terminal, onDone, languages }) {
  const [problem, setProblem] = useState('');
  const [officer, setOfficer] = useState('');
  const [isBusy, setBusy] = useState(false);
  async function submit(event) {
    event.preventDefault();
    setBusy(true);
    setProblem('');
    try {
      const data = await signInWithPasskey(officer.trim());
      session.proof = data.proof;
      channel?.postMessage('taken'); // another tab may show who was here before
      await takeUpWork();
      onDone(data);
    } catch (failure) {
      setProblem([failure.message, failure.hint].filter(Boolean).join(' — '));
      setBusy(false);
    }
  }
  return (
    <main class="sign lock">
      <h1>{terminal.label || terminal.id}</h1>
      <p class="quiet"><bdi>{terminal.unit}</bdi> · {terminal.role.title} · {terminal.purpose.title}</p>
      {hasPasskeys() ? (
        <form onSubmit={submit}>
          <p>{t('terminal.help')}</p>
          <button class="primary" autofocus disabled={isBusy}>{t('terminal.take')}</button>
          {problem && <p role="alert" class="problem">{problem}</p>}
          <details><summary>{t('terminal.named')}</summary>
            <label for="take-officer">{t('officer')}</label>
            <input id="take-officer" autocomplete="off" spellcheck={false} value={officer} onInput={(e) => setOfficer(e.target.value)} />
          </details>
        </form>
      ) : <p role="alert" class="problem">{t('passkeys.cannot')}</p>}
      {languages}
    </main>
  );
}
