// SPDX-License-Identifier: Apache-2.0
// A unit's office: shown, and to whoever may write it a form of what changes often. The roster and the rest of the record stay as
// they are held.
import { useState } from 'preact/hooks';
import { call } from './api.js';
import { t } from './i18n.js';
import { Foot, Line, useForm } from './form.jsx';
import { Loaded, useLoaded } from './load.jsx';
import { Office } from './tickets.jsx';

const YEARS = 4; // until its review; its owner is reminded, it does not end by itself
const texts = ['name', 'telephone', 'hours', 'deputy', 'head'];

function fieldsOf(values, held) {
  const fields = { ...held, languages: values.languages.split(/[\s,;،]+/).filter(Boolean) };
  for (const name of texts) fields[name] = values[name].trim();
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== '' && !(Array.isArray(value) && !value.length)));
}

async function enter(unit, fields) {
  const { data: kind } = await call('GET', '/v1/databases/office');
  const review = new Date();
  review.setUTCFullYear(review.getUTCFullYear() + YEARS);
  const envelope = { owner: unit.country, unit: unit.id, purposes: kind.purposes, review_on: review.toISOString().slice(0, 10) };
  return call('POST', '/v1/records/office', { body: { envelope, fields: { unit: unit.id, ...fields } } });
}

// `held`: the record as it is, with its version; null: there is none yet.
function Form({ unit, id, held, etag, onDone, onCancel }) {
  const fields = held?.fields || {};
  const initial = { languages: (fields.languages || []).join(', ') };
  for (const name of texts) initial[name] = fields[name] || (name === 'name' ? unit.name : '');
  const form = useForm(initial, async (values) => {
    if (held) await call('PUT', `/v1/records/${encodeURIComponent(id)}`, { body: { ...held, fields: fieldsOf(values, fields) }, headers: { 'If-Match': etag } });
    else await enter(unit, fieldsOf(values, {}));
    onDone();
  });
  return (
    <form class="desk office-form" onSubmit={form.submit} noValidate aria-label={t('unit.office')}>
      <Line form={form} name="name" label={t('unit.name')} isRequired autofocus />
      <Line form={form} name="telephone" label={t('office.telephone')} type="tel" />
      <Line form={form} name="hours" label={t('office.hours')} help={t('office.hours.help')} />
      <Line form={form} name="languages" label={t('office.languages')} help={t('office.languages.help')} />
      <Line form={form} name="deputy" label={t('office.deputy')} help={t('office.deputy.help')} />
      <Line form={form} name="head" label={t('office.head')} help={t('office.head.help')} />
      <Foot form={form} names={[...texts, 'languages']} button={t('office.save')} onCancel={onCancel} />
    </form>
  );
}

function Held({ id, ...rest }) {
  const [state, load] = useLoaded(`/v1/records/${encodeURIComponent(id)}`);
  return <Loaded state={state} again={load}>{state.data && <Form id={id} held={state.data.body} etag={state.headers.get('etag')} {...rest} />}</Loaded>;
}

export function OfficeOf({ unit, me }) {
  const [state, load] = useLoaded(`/v1/offices?unit=${encodeURIComponent(unit.id)}`);
  const [isChanging, setChanging] = useState(false);
  const [isSaved, setSaved] = useState(false);
  const office = state.data?.[0];
  const mayEnter = me.may.includes('administer') && unit.country === me.country;
  const rest = { unit, onDone: async () => { await load(); setChanging(false); setSaved(true); }, onCancel: () => setChanging(false) };
  const begin = () => { setChanging(true); setSaved(false); };
  return (
    <section aria-labelledby="office"><h3 id="office">{t('unit.office')}</h3>
      {isSaved && <p role="status" class="said-well">✓ {t('office.saved')}</p>}
      <Loaded state={state} again={load} empty="unit.office.none"><Office office={office} /></Loaded>
      {isChanging ? (office ? <Held id={office.record} {...rest} /> : <Form {...rest} />)
        : office?.record ? <p><button type="button" data-office onClick={begin}>{t('unit.office.change')}</button></p>
          : state.data && !office && mayEnter && <p><button type="button" data-office onClick={begin}>{t('unit.office.enter')}</button></p>}
    </section>
  );
}
