// SPDX-License-Identifier: Apache-2.0
// Asking the node: recognition while one types, searches of which only the newest one's answer is kept.
import { useEffect, useRef, useState } from 'preact/hooks';
import { call, session } from './api.js';
import { kept } from './kept.js';

const LATE_MS = 2000;
const PAUSE_MS = 120; // between two keys, before the text is looked at
const KEPT = 20; // earlier questions that the arrow brings back

function queryId() {
  const bytes = crypto.getRandomValues(new Uint8Array(8));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}

const nothingRead = { readings: [], repaired: '', keyboard: '' };
// What the text could be, and how it may have been meant.
export function useRecognition(text, off) {
  const [found, setFound] = useState(nothingRead);
  useEffect(() => {
    if (!text.trim()) { setFound(nothingRead); return undefined; }
    const abort = new AbortController();
    const timer = setTimeout(() => {
      call('POST', '/v1/recognise', { body: { text: text.trim(), off: [...off] }, signal: abort.signal })
        .then(({ data }) => setFound({ readings: data.understood || [], repaired: data.repaired || '', keyboard: data.keyboard || '' }))
        .catch(() => { /* recognition is a convenience; the search itself says what is wrong */ });
    }, PAUSE_MS);
    return () => { clearTimeout(timer); abort.abort(); };
  }, [text, off]);
  return found;
}

const idle = { answer: null, problem: null, isLate: false, isWaiting: false };
export function useSearch() {
  const [state, setState] = useState(idle);
  const newest = useRef(0);
  const abort = useRef(null);
  async function run(question) {
    const mine = ++newest.current;
    const isNewest = () => mine === newest.current;
    abort.current?.abort();
    abort.current = new AbortController();
    setState({ ...idle, isWaiting: true });
    const late = setTimeout(() => isNewest() && setState((s) => ({ ...s, isLate: true })), LATE_MS);
    try {
      const { data } = await call('POST', '/v1/search', {
        body: { ...question, purpose: session.purpose, reference: session.reference || undefined, id: queryId() },
        signal: abort.current.signal,
        isSafe: true, // by its id
      });
      if (isNewest()) setState({ ...idle, answer: data });
    } catch (problem) {
      if (isNewest() && problem.name !== 'AbortError') setState({ ...idle, problem });
    } finally {
      clearTimeout(late);
    }
  }
  function clear() {
    newest.current++;
    abort.current?.abort();
    setState(idle);
  }
  return [state, run, clear];
}

// Questions of this session, newest first: what Escape cleared comes back.
export const asked = {
  get list() { return JSON.parse(kept.get('asked') || '[]'); },
  add(text) {
    if (!text.trim()) return;
    kept.set('asked', JSON.stringify([text, ...this.list.filter((old) => old !== text)].slice(0, KEPT)));
  },
};
