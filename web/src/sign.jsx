// SPDX-License-Identifier: Apache-2.0
// Signing in: password and one-time code, or the token of a program; a one-time link sets both at the beginning.
import { useEffect, useState } from 'preact/hooks';
import { call, session } from './api.js';
import { t } from './i18n.js';
import { hasPasskeys, signInWithPasskey } from './passkey.js';
import { OwnSessions } from './own_sessions.jsx';
import { Passkeys } from './passkeys.jsx';

export const enrolmentSecret = () => (/^#enrol=([\w-]+)$/.exec(location.hash) || [])[1] || '';

function Line({ name, label, help, ...rest }) {
  return (
    <>
      <label for={name}>{label}</label>
      <input id={name} autocomplete="off" spellcheck={false} aria-describedby={help && `${name}-help`} {...rest} />
      {help && <p id={`${name}-help`} class="quiet">{help}</p>}
    </>
  );
}

// A form whose answer is a session.
function useForm(send, onDone) {
  const [values, setValues] = useState({});
  const [problem, setProblem] = useState('');
  const put = (name) => ({ value: values[name] || '', onInput: (e) => setValues({ ...values, [name]: e.target.value }) });
  async function submit(event) {
    event.preventDefault();
    try {
      await onDone(await send(values));
    } catch (failure) {
      setValues((old) => ({ ...old, code: '' }));
      setProblem([failure.message, failure.hint].filter(Boolean).join(' — '));
    }
  }
  return { values, put, problem, submit };
}

function take(data) {
  session.keep('token', '');
  session.proof = data.proof;
  return data;
}
const enter = async (path, body) => take((await call('POST', path, { body })).data);

function ByToken({ onDone }) {
  const form = useForm(async ({ token = '' }) => {
    session.keep('token', token.trim());
    try {
      return (await call('GET', '/v1/me')).data;
    } catch (failure) {
      session.keep('token', '');
      throw failure;
    }
  }, onDone);
  return (
    <details><summary>{t('sign.token')}</summary>
      <form onSubmit={form.submit}>
        <Line name="token" label={t('sign.token')} help={t('sign.help')} type="password" {...form.put('token')} />
        {form.problem && <p role="alert" class="problem">{form.problem}</p>}
        <button>{t('sign.button')}</button>
      </form>
    </details>
  );
}

export function SignIn({ onDone, wasSignedIn, languages }) {
  const form = useForm(({ officer = '', password = '', code = '' }) => enter('/v1/session', { officer: officer.trim(), password, code: code.trim() }), onDone);
  const [stopped, setStopped] = useState('');
  const said = form.problem || stopped || (wasSignedIn ? t('sign.again') : '');
  async function byPasskey() {
    try {
      await onDone(take(await signInWithPasskey((form.values.officer || '').trim())));
    } catch (failure) { setStopped([failure.message, failure.hint].filter(Boolean).join(' — ')); }
  }
  return (
    <main class="sign">
      <p class="brand">Bureau</p>
      <h1>{t('sign.title')}</h1>
      <form onSubmit={form.submit}>
        <Line name="sign-officer" label={t('officer')} autofocus autocomplete="username" {...form.put('officer')} />
        <Line name="sign-password" label={t('sign.password')} type="password" autocomplete="current-password" {...form.put('password')} />
        <Line name="sign-code" label={t('sign.code')} help={t('sign.code.help')} inputmode="numeric" autocomplete="one-time-code" maxlength="6" {...form.put('code')} />
        {said && <p role="alert" class="problem">{said}</p>}
        <button class="primary">{t('sign.button')}</button>
        {hasPasskeys() && <button type="button" data-passkey onClick={byPasskey}>{t('passkey.sign')}</button>}
      </form>
      <ByToken onDone={onDone} />
      <div class="speaks">{languages}</div>
    </main>
  );
}

// The secret leaves the address at once: it is good for one enrolment only, and no history keeps it.
export function Enrol({ secret, onDone }) {
  const [offer, setOffer] = useState(null);
  const [problem, setProblem] = useState('');
  const form = useForm(({ password = '', code = '' }) => enter('/v1/enrolment', { secret, password, code: code.trim() }), onDone);
  useEffect(() => {
    history.replaceState(null, '', location.pathname);
    call('POST', '/v1/enrolment/start', { body: { secret } }).then(({ data }) => setOffer(data)).catch((failure) => setProblem(failure.message));
  }, []);
  if (problem) return <main class="sign"><p role="alert" class="problem">{problem}</p></main>;
  if (!offer) return null;
  return (
    <main class="sign">
      <p class="brand">Bureau</p>
      <h1>{t('enrol.title')}</h1>
      <p><b><bdi>{offer.officer}</bdi></b> <bdi class="quiet">{offer.unit}</bdi></p>
      <p>{t('enrol.totp')}</p>
      <p><a href={offer.totp.uri}>{t('enrol.open')}</a></p>
      {offer.totp.code && <p><img class="code" src={`data:image/svg+xml,${encodeURIComponent(offer.totp.code)}`} alt={t('enrol.code')} /></p>}
      <p><code id="totp-secret" dir="ltr">{offer.totp.secret.match(/.{1,4}/g).join(' ')}</code></p>
      <form onSubmit={form.submit}>
        <Line name="sign-password" label={t('sign.password')} help={t('enrol.password')} type="password" autocomplete="new-password" minlength="12" {...form.put('password')} />
        <Line name="sign-code" label={t('sign.code')} help={t('sign.code.help')} inputmode="numeric" autocomplete="one-time-code" maxlength="6" {...form.put('code')} />
        {form.problem && <p role="alert" class="problem">{form.problem}</p>}
        <button class="primary">{t('enrol.button')}</button>
      </form>
    </main>
  );
}

// One's own profile: what one may do, and the password.
export function Profile({ me, onSession }) {
  const [isDone, setDone] = useState(false);
  const form = useForm(({ password = '', code = '', next = '' }) => enter('/v1/me/password', { password, code: code.trim(), new: next }), () => setDone(true));
  const list = (items) => (items || []).map((item) => item.title || item.code || item).join(', ') || '—';
  return (
    <main class="page profile">
      <h1>{t('profile')}</h1>
      <dl class="facts">
        {[['officer', me.officer], ['unit', me.unit], ['audit.country', me.country], ['audit.role', list(me.roles)], ['profile.may', (me.may || []).map((right) => t(`right.${right}`)).join(', ') || '—'], ['purposes', list(me.purposes)]]
          .map(([name, value]) => <div key={name}><dt>{t(name)}</dt><dd><bdi>{value}</bdi></dd></div>)}
      </dl>
      {session.proof && <OwnSessions />}
      {session.proof && !me.terminal && <Passkeys me={me} onSession={onSession} />}
      {session.proof && !me.terminal && (
        <form onSubmit={form.submit}>
          <h2>{t('profile.password')}</h2>
          <Line name="own-password" label={t('sign.password')} type="password" autocomplete="current-password" {...form.put('password')} />
          <Line name="own-code" label={t('sign.code')} inputmode="numeric" autocomplete="one-time-code" maxlength="6" {...form.put('code')} />
          <Line name="own-next" label={t('profile.next')} help={t('enrol.password')} type="password" autocomplete="new-password" minlength="12" {...form.put('next')} />
          {form.problem && <p role="alert" class="problem">{form.problem}</p>}
          {isDone && <p role="status" class="said-well">✓ {t('profile.changed')}</p>}
          <button class="primary">{t('profile.password')}</button>
        </form>
      )}
    </main>
  );
}
