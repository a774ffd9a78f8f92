// SPDX-License-Identifier: Apache-2.0
// Photographs of a record: sent to the node one by one, which makes them anew and tells their hash; shown as they are kept.
import { useState } from 'preact/hooks';
import { call } from './api.js';
import { t, title } from './i18n.js';
import { Photo } from './card.jsx';

const hashOf = (value) => value?.sha256 || value;

export function Photographs({ field, value, onChange }) {
  const [said, setSaid] = useState('');
  const held = (Array.isArray(value) ? value : [value]).filter(Boolean);
  async function attach(event) {
    const input = event.target;
    const added = [];
    try {
      for (const file of input.files) {
        setSaid(t('photo.sending', { name: file.name }));
        const { data } = await call('POST', '/v1/photographs', { raw: file, type: file.type });
        added.push({ sha256: data.sha256, mime: 'image/jpeg', width: String(data.width), height: String(data.height) });
      }
      setSaid('');
    } catch (problem) { setSaid(`✕ ${problem.message}`); }
    input.value = '';
    if (added.length) onChange(field.many ? [...held, ...added] : added[0]);
  }
  function remove(index) {
    const left = held.filter((_, i) => i !== index);
    onChange(field.many && left.length ? left : undefined);
  }
  return (
    <fieldset class="field photographs"><legend>{title(field.title)}</legend>
      {held.map((photo, i) => (
        <span class="attached" key={hashOf(photo)}><Photo hash={hashOf(photo)} />
          <button type="button" class="link" onClick={() => remove(i)}>{t('desk.remove')} {held.length > 1 ? i + 1 : ''}</button></span>
      ))}
      <label class="button attach" for={`photo-${field.name}`}>{t('desk.photo')}<input id={`photo-${field.name}`} class="file" type="file" accept="image/jpeg,image/png" multiple={field.many} onChange={attach} /></label>
      <span role="status" class="quiet">{said}</span>
    </fieldset>
  );
}
