// SPDX-License-Identifier: Apache-2.0
// Tickets as the node tells of them: a list that waits for news, and the alarm that sounds until somebody acknowledges.
import { useEffect, useState } from 'preact/hooks';
import { call, session } from './api.js';
import { language } from './i18n.js';

const WAIT_S = 25;
const AFTER_FAULT_MS = 5000;

// What the node tells at `path`, kept true while the page is open: asked again, waiting, as soon as there was an answer.
export function useListening(path, dataOf, isOn = true) {
  const [state, setState] = useState({ data: null, next: '', problem: null });
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (!isOn) return undefined;
    const abort = new AbortController();
    let timer = 0;
    async function listen(seen) {
      try {
        const wait = seen ? `&wait=${WAIT_S}&seen=${encodeURIComponent(seen)}` : '';
        const { data } = await call('GET', `${path}${wait}`, { signal: abort.signal });
        if (abort.signal.aborted) return;
        if (data.seen !== seen || !seen) setState({ data: dataOf(data), next: data.next || '', problem: null });
        listen(data.seen);
      } catch (problem) {
        if (problem.name === 'AbortError') return;
        setState((old) => ({ ...old, problem }));
        if (problem.status !== 401 && problem.status !== 403) timer = setTimeout(() => listen(''), AFTER_FAULT_MS);
      }
    }
    listen('');
    return () => { abort.abort(); clearTimeout(timer); };
  }, [path, isOn, language, session.token, session.proof, round]);
  return { ...state, again: () => setRound((n) => n + 1) };
}

// The tickets of `query`, kept true while the page is open.
export function useTickets(query, isOn = true) {
  const { data, next, problem } = useListening(`/v1/tickets?${query}`, (answer) => answer.tickets, isOn);
  return { tickets: data, next, problem: problem?.message || '' };
}

export async function allTickets(query, after) {
  return (await call('GET', `/v1/tickets?${query}&after=${encodeURIComponent(after)}`)).data;
}

// The first move that needs nothing: it leaves the state that rings. false: each asks for words, and is made on the ticket's page.
export async function acknowledge({ id }) {
  const path = `/v1/tickets/${encodeURIComponent(id)}`;
  const { data: ticket } = await call('GET', path);
  const move = ticket.moves.find((one) => !one.needs.length);
  if (!ticket.alarm) return true; // somebody was faster
  if (!move) return false;
  await call('POST', `${path}/moves`, { body: { to: move.to, fields: {}, version: ticket.version } });
  return true;
}

// ---- the alarm ----

export const sound = {
  isOn: localStorage.getItem('sound') === 'on', // a browser gives sound to who has asked for it
  set(isOn) { this.isOn = isOn; localStorage.setItem('sound', isOn ? 'on' : 'off'); },
};

const EVERY_MS = 4000;
let context = null;
function beep() {
  context ||= new AudioContext();
  if (context.state === 'suspended') context.resume().catch(() => { /* a browser waits for the first key or click */ });
  for (const [at, pitch] of [[0, 880], [0.22, 660]]) {
    const tone = context.createOscillator();
    const loudness = context.createGain();
    tone.frequency.value = pitch;
    loudness.gain.setValueAtTime(0.15, context.currentTime + at);
    loudness.gain.exponentialRampToValueAtTime(0.001, context.currentTime + at + 0.2);
    tone.connect(loudness).connect(context.destination);
    tone.start(context.currentTime + at);
    tone.stop(context.currentTime + at + 0.2);
  }
}

export function useAlarm(isSounding) {
  useEffect(() => {
    if (!isSounding) return undefined;
    beep();
    const timer = setInterval(beep, EVERY_MS);
    return () => clearInterval(timer);
  }, [isSounding]);
}
