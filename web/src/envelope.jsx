// SPDX-License-Identifier: Apache-2.0
// Who owns a record, what it may be used for, until when, how it is handled.
import { t } from './i18n.js';
import { useCodes } from './fields.jsx';
import { language } from './i18n.js';

const REVIEW_YEARS = 5;

export function newEnvelope(me, purpose) {
  const review = new Date();
  review.setUTCFullYear(review.getUTCFullYear() + REVIEW_YEARS);
  const purposes = [...new Set(['border-control', 'investigate', purpose])].filter((p) => me.purposes.some((own) => own.code === p));
  return { owner: me.country, unit: me.unit, purposes: purposes.length ? purposes : me.purposes.slice(0, 1).map((p) => p.code), review_on: review.toISOString().slice(0, 10) };
}

function Text({ name, label, envelope, checks, onChange, kind = 'text' }) {
  const fault = checks.faults[`envelope.${name}`];
  return (
    <div class="field"><label for={`e-${name}`}>{label}</label>
      <span class="one"><input id={`e-${name}`} type={kind} value={envelope[name] ?? ''} aria-invalid={Boolean(fault)} onInput={(e) => onChange({ ...envelope, [name]: e.target.value || undefined })} />
        {fault && <span class="bad said">{fault.reason}</span>}</span>
    </div>
  );
}

function Several({ name, label, codes, envelope, onChange }) {
  const held = new Set(envelope[name] || []);
  function toggle(code) {
    if (!held.delete(code)) held.add(code);
    onChange({ ...envelope, [name]: held.size ? [...held] : undefined });
  }
  return (
    <fieldset class="field several"><legend>{label}</legend>
      <span>{codes.map((c) => <label key={c.code} class="tick"><input type="checkbox" checked={held.has(c.code)} onChange={() => toggle(c.code)} /> {c[language] || c.en || c.title}</label>)}</span>
    </fieldset>
  );
}

export function Envelope({ envelope, me, checks, onChange }) {
  const cautions = useCodes('cautions');
  const purposes = useCodes('purposes');
  const common = { envelope, checks, onChange };
  return (
    <details class="envelope" open={Object.keys(checks.faults).some((p) => p.startsWith('envelope'))}>
      <summary>{t('envelope')}: {envelope.owner} · {envelope.review_on}</summary>
      <Text name="owner" label={t('owner')} {...common} />
      <Text name="unit" label={me.unit ? 'Unit' : ''} {...common} />
      <Text name="ref" label={t('reference')} {...common} />
      <Text name="review_on" label={t('review', { date: '' })} kind="date" {...common} />
      <Text name="action" label="Action" {...common} />
      <Text name="handling" label={t('handling')} {...common} />
      <Several name="purposes" label={t('purpose')} codes={purposes} {...common} />
      <Several name="cautions" label="⚠" codes={cautions} {...common} />
    </details>
  );
}
