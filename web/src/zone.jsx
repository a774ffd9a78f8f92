// SPDX-License-Identifier: Apache-2.0
// What a machine-readable zone says goes into the fields that mean the same; fields already filled are left alone.
import { useState } from 'preact/hooks';
import { call } from './api.js';
import { t } from './i18n.js';
import { linesWanted } from './scanner.js';
import { readingName } from './chips.jsx';

function place(fields, value, part) {
  for (const field of fields) {
    if (field.fields?.length) {
      const rows = field.many ? value[field.name] || [{}] : value[field.name] || {};
      const next = place(field.fields, field.many ? rows[0] || {} : rows, part);
      if (next) return { ...value, [field.name]: field.many ? [next, ...rows.slice(1)] : next };
    } else if (field.meaning === part.meaning) {
      const held = value[field.name];
      const isEmpty = field.many ? !held?.length || held[0] === '' : held === undefined || held === '';
      if (isEmpty) return { ...value, [field.name]: field.many ? [part.value] : part.value };
    }
  }
  return null;
}

// [body with the parts put in, how many were]
export function fillFromZone(definition, body, parts) {
  let fields = body.fields;
  let count = 0;
  for (const part of parts) {
    const next = place(definition.fields, fields, part);
    if (next) { fields = next; count++; }
  }
  return [{ ...body, fields }, count];
}

export function Zone({ definition, body, onChange }) {
  const [text, setText] = useState('');
  const [said, setSaid] = useState('');
  async function fill(zone) {
    if (!zone.trim()) return;
    try {
      const { data } = await call('POST', '/v1/recognise', { body: { text: zone.trim() } });
      // typed under another keyboard layout: as it was meant, if the check digits agree
      if (data.repaired && !data.understood?.some((r) => r.type === 'mrz')) { setText(data.repaired); await fill(data.repaired); return; }
      const reading = (data.understood || []).find((r) => r.type === 'mrz');
      if (!reading) { setSaid(t('desk.mrz.none')); return; }
      const [next, count] = fillFromZone(definition, body, reading.parts);
      onChange(next);
      setSaid(`${readingName(reading)}: ${t('desk.mrz.filled', { count })}${reading.check === 'failed' ? ` ✕ ${t('check.failed')}` : ''}`);
    } catch (problem) { setSaid(problem.message); }
  }
  // a reader sends Enter after each line: the last one fills
  function onKeyDown(event) {
    if (event.key !== 'Enter') return;
    if (linesWanted(text) === 0) { event.preventDefault(); fill(text); }
  }
  return (
    <details class="zone"><summary>{t('desk.mrz')}</summary>
      <label for="zone">{t('desk.mrz.label')}</label>
      <textarea id="zone" rows="3" cols="46" class="mono" dir="ltr" spellcheck={false} value={text} onInput={(e) => setText(e.target.value)} onKeyDown={onKeyDown} />
      <button type="button" onClick={() => fill(text)}>{t('desk.mrz')}</button> <span role="status">{said}</span>
    </details>
  );
}
