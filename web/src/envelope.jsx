// SPDX-License-Identifier: Apache-2.0
// Who owns a record, what it may be used for, by whom, until when, what to do when it is found, how it is handled.
import { useState } from 'preact/hooks';
import { t } from './i18n.js';
import { useCodes } from './fields.jsx';
import { told, toldHint } from './words.js';
import { day, language } from './i18n.js';

const REVIEW_YEARS = 5;

// All purposes of the database that are the officer's own, too; the one of the moment is among them if it may be.
export function newEnvelope(me, purpose, allowed) {
  const review = new Date();
  review.setUTCFullYear(review.getUTCFullYear() + REVIEW_YEARS);
  review.setUTCDate(review.getUTCDate() - 1);
  const own = me.purposes.map((p) => p.code).filter((code) => !allowed || allowed.includes(code));
  return { owner: me.country, unit: me.unit, purposes: own.length ? own : [purpose], review_on: review.toISOString().slice(0, 10) };
}

function Line({ name, label, envelope, checks, onChange, kind = 'text', codes }) {
  const fault = checks.faults[`envelope.${name}`];
  const put = (e) => onChange({ ...envelope, [name]: e.target.value || undefined });
  const common = { id: `e-${name}`, value: envelope[name] ?? '', 'aria-invalid': Boolean(fault), 'aria-describedby': `e-${name}-said` };
  return (
    <div class="field"><label for={`e-${name}`}>{label}</label>
      <span class="one">
        {codes ? <select {...common} onChange={put}><option value="">{t('choose')}</option>{codes.map((c) => <option key={c.code} value={c.code}>{c[language] || c.en}</option>)}</select>
          : <input {...common} dir="auto" type={kind} onInput={put} />}
        <span id={`e-${name}-said`} class="bad said">{fault && `✕ ${told(fault)}${fault.hint ? ` — ${toldHint(fault)}` : ''}`}</span></span>
    </div>
  );
}

// Countries, units or purposes by their codes, blanks between.
function Codes({ name, label, envelope, checks, onChange }) {
  const [typed, setTyped] = useState((envelope[name] || []).join(' '));
  const fault = Object.entries(checks.faults).find(([path]) => path.startsWith(`envelope.${name}`))?.[1];
  function put(e) {
    const codes = e.target.value.split(/[\s,;]+/).filter(Boolean);
    setTyped(e.target.value);
    onChange({ ...envelope, [name]: codes.length ? codes : undefined });
  }
  return (
    <div class="field"><label for={`e-${name}`}>{label}</label>
      <span class="one"><input id={`e-${name}`} class="mono" dir="ltr" autocomplete="off" value={typed} aria-invalid={Boolean(fault)} aria-describedby={`e-${name}-said`} onInput={put} />
        <span id={`e-${name}-said`} class="bad said">{fault && `✕ ${told(fault)}`}</span></span>
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
    <fieldset class="field set several"><legend>{label}</legend>
      <span>{codes.map((c) => <label key={c.code} class="tick"><input type="checkbox" checked={held.has(c.code)} onChange={() => toggle(c.code)} /> {c[language] || c.en || c.title}</label>)}</span>
    </fieldset>
  );
}

// The owner asks to be told of hits on it, without a word to whoever finds it: that stands on a law, which is named.
function Notify({ envelope, checks, onChange }) {
  const isSilent = envelope.notify === 'silent';
  const fault = Object.entries(checks.faults).find(([path]) => path.startsWith('envelope.notify'))?.[1];
  return (
    <>
      <div class="field"><span>{t('notify')}</span>
        <span class="one"><label class="tick"><input id="e-notify" type="checkbox" checked={isSilent} aria-invalid={Boolean(fault)} aria-describedby="e-notify-said" onChange={() => onChange({ ...envelope, notify: isSilent ? undefined : 'silent' })} /> {t('notify.silent')}</label>
          <span id="e-notify-said" class={fault ? 'bad said' : 'quiet said'}>{fault ? `✕ ${told(fault)}` : t('notify.help')}</span></span></div>
      {(isSilent || envelope.legal_basis) && <Line name="legal_basis" label={t('legal_basis')} envelope={envelope} checks={checks} onChange={onChange} />}
    </>
  );
}

export function Envelope({ envelope, checks, onChange }) {
  const cautions = useCodes('cautions');
  const purposes = useCodes('purposes');
  const actions = useCodes('actions');
  const handling = useCodes('handling');
  const disclosures = useCodes('disclosures');
  const confidentiality = useCodes('confidentiality');
  const common = { envelope, checks, onChange };
  const isFaulty = Object.keys(checks.faults).some((p) => p.startsWith('envelope'));
  const [isShown, setShown] = useState(false); // what was opened for a fault stays open when it is mended: somebody is at it
  if (isFaulty && !isShown) setShown(true);
  return (
    <>
      <Line name="action" label={t('action')} codes={actions} {...common} />
      <details class="envelope" open={isShown || undefined}>
        <summary>{t('cautions')}{envelope.cautions?.length ? `: ${cautions.filter((c) => envelope.cautions.includes(c.code)).map((c) => c[language] || c.en).join(', ')}` : ''}</summary>
        <Several name="cautions" label={t('cautions')} codes={cautions} {...common} />
      </details>
      <details class="envelope" open={isShown || undefined}>
        <summary>{t('envelope')}: {envelope.owner}{envelope.review_on && ` · ${t('review', { date: day(envelope.review_on) })}`}</summary>
        <Line name="owner" label={t('owner')} {...common} />
        <Line name="unit" label={t('unit')} {...common} />
        <Line name="ref" label={t('ref')} {...common} />
        <Line name="review_on" label={t('review', { date: '' })} kind="date" {...common} />
        <Line name="handling" label={t('handling')} codes={handling} {...common} />
        <Line name="disclose" label={t('disclose')} codes={disclosures} {...common} />
        <Line name="confidentiality" label={t('confidentiality')} codes={confidentiality} {...common} />
        <Codes name="allow" label={t('allow')} {...common} />
        <Codes name="deny" label={t('deny')} {...common} />
        <Several name="purposes" label={t('purposes')} codes={purposes} {...common} />
        <Notify {...common} />
      </details>
    </>
  );
}
