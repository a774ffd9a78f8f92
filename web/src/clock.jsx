// SPDX-License-Identifier: Apache-2.0
// Clocks that run: one beat a second for all that are on the page.
import { useEffect, useState } from 'preact/hooks';
import { t, when } from './i18n.js';

const SECOND = 1000;
const pad = (n) => String(n).padStart(2, '0');

export function useNow() {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), SECOND);
    return () => clearInterval(timer);
  }, []);
  return now;
}

// "9:58", "1:02:07", "2 d 4 h"
export function span(ms) {
  const s = Math.floor(Math.abs(ms) / SECOND);
  const hours = Math.floor(s / 3600);
  if (hours >= 48) return t('clock.days', { days: Math.floor(hours / 24), hours: hours % 24 });
  return hours ? `${hours}:${pad(Math.floor(s / 60) % 60)}:${pad(s % 60)}` : `${Math.floor(s / 60)}:${pad(s % 60)}`;
}

export function Clock({ clock }) {
  const now = useNow();
  if (!clock?.due) return null;
  const left = new Date(clock.due) - now;
  const isLate = left < 0 || clock.late;
  return (
    <span class={`clock ${isLate ? 'late' : left < 120000 ? 'soon' : ''}`} role="timer" data-left={Math.round(left / SECOND)}>
      <span class="quiet">{clock.title}</span> <b dir="ltr">{span(left)}</b> {t(left < 0 ? 'clock.late' : 'clock.left')}
      {clock.level > 0 && <span class="bad"> · {t('clock.level', { count: clock.level })}{clock.step && ` · ${t(`clock.step.${clock.step}`)}`}</span>}
    </span>
  );
}

// The finder's clock: how long the person or thing has been held, and what the finder's law allows, where that is known.
export function Limit({ limit }) {
  const now = useNow();
  if (!limit) return null;
  const held = now - new Date(limit.since);
  const isOver = limit.over || (limit.until && new Date(limit.until) < now);
  return (
    <p class={isOver ? 'limit bad' : 'limit'} role="timer">
      {limit.title}: <b dir="ltr">{span(held)}</b>{' '}
      {limit.until ? t(isOver ? 'limit.over' : 'limit.until', { time: when(limit.until) }) : t('limit.unknown')}
      {limit.say && <strong class="say"> {limit.say}</strong>}
    </p>
  );
}
