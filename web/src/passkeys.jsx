// SPDX-License-Identifier: Apache-2.0
// One's own passkeys: made, called something, revoked. Making one needs a sign-in of the last ten minutes: where it was longer ago, it
// is asked for in place.
import { useState } from 'preact/hooks';
import { call, renewSession, session } from './api.js';
import { t, when } from './i18n.js';
import { Confirm, Foot, Line, useForm } from './form.jsx';
import { Loaded, Wrong, useLoaded } from './load.jsx';
import { hasPasskeys, makePasskey, signInWithPasskey } from './passkey.js';

function Named({ passkey, onDone, onCancel }) {
  const form = useForm({ label: passkey.label }, async ({ label }) => {
    await call('PUT', `/v1/me/passkeys/${passkey.id}`, { body: { label } });
    onDone();
  });
  return (
    <form onSubmit={form.submit} noValidate>
      <Line form={form} name="label" label={t('passkey.label')} maxlength="64" isRequired />
      <Foot form={form} names={['label']} button={t('passkey.rename')} onCancel={onCancel} />
    </form>
  );
}

function Row({ passkey, onDone, onRevoke }) {
  const [isNaming, setNaming] = useState(false);
  if (isNaming) return <li><Named passkey={passkey} onDone={() => { setNaming(false); onDone(); }} onCancel={() => setNaming(false)} /></li>;
  return (
    <li><b><bdi>{passkey.label}</bdi></b> <span class="quiet">{when(passkey.created)}</span>{' '}
      {passkey.suspect && <strong class="bad">▲ {t('passkey.suspect', { time: when(passkey.suspect) })} </strong>}
      <button type="button" class="link" onClick={() => setNaming(true)}>{t('passkey.rename')}<span class="hidden"> {passkey.label}</span></button>{' '}
      <button type="button" class="link bad" onClick={() => onRevoke(passkey)}>{t('credential.revoke')}<span class="hidden"> {passkey.label}</span></button>
    </li>
  );
}

// Who he is, once more.
function Again({ me, onDone }) {
  const [problem, setProblem] = useState(null);
  const form = useForm({ password: '', code: '' }, async ({ password, code }) => onDone((await call('POST', '/v1/session', { body: { officer: me.officer, password, code: code.trim() } })).data));
  const byPasskey = () => signInWithPasskey(me.officer).then(onDone).catch(setProblem);
  return (
    <form class="once" onSubmit={form.submit} noValidate aria-label={t('passkey.again')}>
      <p>{t('passkey.again')}</p>
      <Line form={form} name="password" label={t('sign.password')} type="password" autocomplete="current-password" isRequired />
      <Line form={form} name="code" label={t('sign.code')} inputmode="numeric" autocomplete="one-time-code" maxlength="6" isRequired />
      <Wrong problem={problem} />
      <Foot form={form} names={[]} button={t('sign.button')}><button type="button" onClick={byPasskey}>{t('passkey.sign')}</button></Foot>
    </form>
  );
}

export function Passkeys({ me, onSession }) {
  const [state, load] = useLoaded('/v1/me/tokens');
  const [asked, setAsked] = useState(null);
  const [isStale, setStale] = useState(false);
  const [said, setSaid] = useState('');
  async function settle(word) {
    onSession(await renewSession());
    await load();
    setSaid(word);
  }
  const form = useForm({ label: '' }, async ({ label }) => {
    setSaid('');
    try {
      await makePasskey(label.trim());
    } catch (problem) {
      if (problem.field !== 'signed_in') throw problem;
      setStale(true);
      return;
    }
    form.put('label', '');
    await settle(t('passkey.made'));
  });
  const list = (state.data || []).filter((one) => one.kind === 'passkey');
  return (
    <section class="passkeys" aria-labelledby="passkeys"><h2 id="passkeys">{t('passkeys')}</h2>
      <p class="quiet">{t('passkeys.help')}</p>
      <Loaded state={state} again={load}>{list.length > 0 ? <ul>{list.map((one) => <Row key={one.id} passkey={one} onDone={() => settle(t('passkey.renamed'))} onRevoke={setAsked} />)}</ul> : <p class="quiet">{t('passkeys.none')}</p>}</Loaded>
      {said && <p role="status" class="said-well">✓ {said}</p>}
      {isStale ? <Again me={me} onDone={async (data) => { session.proof = data.proof; setStale(false); await settle(t('passkey.again.done')); }} />
        : hasPasskeys() ? (
          <form onSubmit={form.submit} noValidate>
            <Line form={form} name="label" label={t('passkey.label')} help={t('passkey.label.help')} maxlength="64" isRequired />
            <Foot form={form} names={['label']} button={t('passkey.new')} />
          </form>
        ) : <p class="quiet">{t('passkeys.cannot')}</p>}
      {asked && <Confirm title={t('credential.revoke.ask', { kind: asked.label, officer: me.officer })} lines={[t('credential.revoke.own'), t('passkey.revoke.lost')]} button={t('credential.revoke')}
        work={async () => { await call('DELETE', `/v1/credentials/${asked.id}`); await settle(t('passkey.revoked')); }} onClose={() => setAsked(null)} />}
    </section>
  );
}
