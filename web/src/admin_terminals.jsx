// SPDX-License-Identifier: Apache-2.0
// Shared terminals: enrolled by their client certificate for a desk, its role and its purpose; taken off the list.
import { useState } from 'preact/hooks';
import { call } from './api.js';
import { t } from './i18n.js';
import { Confirm, Foot, Line, useForm } from './form.jsx';
import { Loaded, useLoaded } from './load.jsx';
import { nameIn, useNamed } from './scope.jsx';

const IDLE_S = 120;
const shared = ['frontline', 'investigator', 'specialist', 'analyst', 'national-bureau', 'hub', 'compliance', 'operations'];

function TerminalTable({ list, roles, purposes, onRemove }) {
  return (
    <table class="list terminals">
      <thead><tr>{['terminal.id', 'terminal.label', 'unit', 'audit.role', 'purpose', 'terminal.idle'].map((key) => <th key={key} scope="col">{t(key)}</th>)}<th scope="col"><span class="hidden">{t('terminal.remove')}</span></th></tr></thead>
      <tbody>{list.map((one) => (
        <tr key={one.id}><td><b><bdi>{one.id}</bdi></b></td><td><bdi>{one.label || '—'}</bdi></td><td data-label={t('unit')}><bdi>{one.unit}</bdi></td><td data-label={t('audit.role')}>{nameIn(roles, one.role)}</td><td data-label={t('purpose')}>{nameIn(purposes, one.purpose)}</td>
          <td data-label={t('terminal.idle')}>{one.idle_s}</td><td><button type="button" class="link bad" onClick={() => onRemove(one)}>{t('terminal.remove')}<span class="hidden"> {one.id}</span></button></td></tr>
      ))}</tbody>
    </table>
  );
}

function Enrol({ units, roles, purposes, onDone }) {
  const form = useForm({ id: '', label: '', unit: units[0]?.id || '', role: shared[0], purpose: 'border-control', idle_s: String(IDLE_S), certificate: '' }, async ({ idle_s: idle, ...rest }) => {
    await call('POST', '/v1/terminals', { body: { ...rest, idle_s: Number(idle) } });
    onDone();
  });
  const fault = form.problem?.field === 'certificate' ? form.problem.message : '';
  return (
    <form class="desk" onSubmit={form.submit} noValidate><h2>{t('terminal.new')}</h2>
      <Line form={form} name="id" label={t('terminal.id')} help={t('terminal.id.help')} maxlength="64" isRequired />
      <Line form={form} name="label" label={t('terminal.label')} help={t('terminal.label.help')} maxlength="64" />
      <Line form={form} name="unit" label={t('terminal.desk')} help={t('terminal.desk.help')} options={units.map((u) => [u.id, `${u.id} — ${u.name}`])} />
      <Line form={form} name="role" label={t('audit.role')} options={roles.filter((r) => shared.includes(r.code)).map((r) => [r.code, r.name])} />
      <Line form={form} name="purpose" label={t('purpose')} options={purposes.map((p) => [p.code, p.name])} />
      <Line form={form} name="idle_s" label={t('terminal.idle')} type="number" min="30" max="900" isRequired />
      <div class="field"><label for="terminal-certificate">{t('terminal.certificate')}<span class="bad" aria-hidden="true"> *</span></label>
        <span class="one"><input id="terminal-certificate" type="file" accept=".pem,.crt,.cer" aria-invalid={Boolean(fault)} aria-describedby="terminal-certificate-said" onChange={async (e) => form.put('certificate', e.target.files[0] ? await e.target.files[0].text() : '')} />
          <span id="terminal-certificate-said" class={fault ? 'bad said' : 'quiet said'}>{fault ? `✕ ${fault}` : t('terminal.certificate.help')}</span></span></div>
      <Foot form={form} names={['id', 'label', 'unit', 'role', 'purpose', 'idle_s', 'certificate']} button={t('terminal.enrol')} />
    </form>
  );
}

export function Terminals() {
  const [state, load] = useLoaded('/v1/terminals');
  const [units] = useLoaded('/v1/units');
  const [asked, setAsked] = useState(null);
  const roles = useNamed('audiences');
  const purposes = useNamed('purposes');
  return (
    <>
      <p class="quiet">{t('terminals.help')}</p>
      <Loaded state={state} again={load} empty="terminals.none"><TerminalTable list={state.data || []} roles={roles} purposes={purposes} onRemove={setAsked} /></Loaded>
      <Loaded state={units}><Enrol key={state.data?.length} units={(units.data || []).filter((u) => u.open)} roles={roles} purposes={purposes} onDone={load} /></Loaded>
      {asked && <Confirm title={t('terminal.remove.ask', { id: asked.id })} lines={[t('terminal.remove.now'), t('terminal.remove.key')]} button={t('terminal.remove')}
        work={async () => { await call('DELETE', `/v1/terminals/${encodeURIComponent(asked.id)}`); load(); }} onClose={() => setAsked(null)} />}
    </>
  );
}
