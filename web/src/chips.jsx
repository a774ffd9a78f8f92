// SPDX-License-Identifier: Apache-2.0
// What was typed, as it is understood: one chip a reading, named by what it means to an officer. Pressing one that is on
// switches it off; pressing one that is not leaves that one alone.
import { useState } from 'preact/hooks';
import { t, title } from './i18n.js';
import { words } from './words.js';

const SHOWN = 4;

export function readingName(reading) {
  const key = `reading.${reading.type}`;
  const own = t(key);
  return own === key ? title(reading.title) : own;
}

function Check({ reading }) {
  const checks = [reading.check, ...(reading.parts || []).map((p) => p.check)];
  if (checks.includes('failed')) return <span class="bad" title={words(reading, 'note')}> ✕ {t('check.failed')}</span>;
  return checks.includes('ok') ? <span class="good" title={t('check.ok')}> ✓<span class="hidden"> {t('check.ok')}</span></span> : null;
}

function Chip({ reading, onPress }) {
  return (
    <li>
      <button type="button" class={reading.on ? 'chip on' : 'chip'} aria-pressed={reading.on} onClick={onPress}
        title={t(reading.on ? 'reading.drop' : 'reading.only')}>
        {!reading.on && <span aria-hidden="true">+ </span>}{readingName(reading)}{reading.on && <Check reading={reading} />}
      </button>
    </li>
  );
}

// onOff(types): the readings not to be taken
export function Chips({ readings, off, onOff }) {
  const [isOpen, setOpen] = useState(false);
  if (!readings.length) return <div class="chips" />;
  const shown = isOpen ? readings : readings.filter((r, i) => i < SHOWN || off.has(r.type));
  function press(reading) {
    const next = new Set(off);
    if (reading.on) next.add(reading.type);
    else if (!next.delete(reading.type)) for (const other of readings) if (other.on) next.add(other.type);
    onOff(next);
  }
  return (
    <ul class="chips" aria-label={t('readings')}>
      {shown.map((r) => <Chip key={r.type} reading={r} onPress={() => press(r)} />)}
      {readings.length > shown.length && <li><button type="button" class="link" onClick={() => setOpen(true)}>{t('chips.more', { count: readings.length - shown.length })}</button></li>}
    </ul>
  );
}
