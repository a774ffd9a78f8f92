// SPDX-License-Identifier: Apache-2.0
// Where one is signed in, each to be ended from here; and what was tried in one's name, said at once after signing in.
import { useState } from 'preact/hooks';
import { call } from './api.js';
import { t, when } from './i18n.js';
import { Loaded, Wrong, useLoaded } from './load.jsx';

export function OwnSessions() {
  const [state, load] = useLoaded('/v1/me/sessions');
  const [problem, setProblem] = useState(null);
  async function end(id) {
    try { await call('DELETE', `/v1/me/sessions/${id}`); await load(); } catch (failure) { setProblem(failure); }
  }
  return (
    <section aria-labelledby="own-sessions"><h2 id="own-sessions">{t('sessions')}</h2>
      <Loaded state={state} again={load} empty="sessions">
        <ul class="sessions">{(state.data || []).map((one) => (
          <li key={one.id}><b>{t('sessions.since', { time: when(one.signed_in) })}</b> <span class="quiet">{t('sessions.used', { time: when(one.used) })}{one.terminal && <> · <bdi>{one.terminal}</bdi></>}</span>{' '}
            {one.here ? <span class="good">{t('sessions.here')}</span> : <button type="button" class="link bad" onClick={() => end(one.id)}>{t('sessions.end')}</button>}</li>
        ))}</ul>
      </Loaded>
      <Wrong problem={problem} />
    </section>
  );
}

export function TriesBar({ me }) {
  const [isRead, setRead] = useState('');
  if (!me?.tries || isRead === me.signed_in) return null;
  const said = me.before ? t('tries.since', { count: me.tries, time: when(me.before) }) : t('tries', { count: me.tries });
  return <p class="problem tries" role="alert">▲ {said} {t('tries.not.you')} <button type="button" class="link" onClick={() => setRead(me.signed_in)}>{t('tries.read')}</button></p>;
}
