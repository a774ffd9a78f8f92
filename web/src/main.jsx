// SPDX-License-Identifier: Apache-2.0
// The page: who is signed in, which view is open (by the address's fragment, which never holds what was asked), keys.
import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { call, session } from './api.js';
import { language, names, setLanguage, t } from './i18n.js';
import { Search } from './search.jsx';
import { RecordPage } from './record.jsx';
import { Desk } from './desk.jsx';
import { Keys } from './keys.jsx';

function route() {
  const [view, ...rest] = location.hash.replace(/^#\/?/, '').split('/');
  return { view: view || 'search', rest: rest.map(decodeURIComponent) };
}

function SignIn({ onDone }) {
  const [token, setToken] = useState('');
  const [problem, setProblem] = useState('');
  async function submit(event) {
    event.preventDefault();
    session.keep('token', token.trim());
    try {
      onDone((await call('GET', '/v1/me')).data);
    } catch (failure) {
      session.keep('token', '');
      setProblem(failure.message);
    }
  }
  return (
    <main class="sign">
      <h1>{t('sign.title')}</h1>
      <form onSubmit={submit}>
        <label for="token">{t('sign.token')}</label>
        <input id="token" type="password" autocomplete="off" autofocus value={token}
          onInput={(e) => setToken(e.target.value)} aria-describedby="token-help" />
        <p id="token-help" class="quiet">{t('sign.help')}</p>
        {problem && <p role="alert" class="problem">{problem}</p>}
        <button class="primary">{t('sign.button')}</button>
      </form>
    </main>
  );
}

function Head({ me, onLanguage, onSignOut, demonstration }) {
  const [purpose, setPurpose] = useState(session.purpose);
  const [reference, setReference] = useState(session.reference);
  return (
    <header class="head">
      <a class="brand" href="#/search">Bureau</a>
      {demonstration && <span class="demo">{t('demo')}</span>}
      <nav><a href="#/desk">{t('new')}</a></nav>
      <label>{t('purpose')}
        <select value={purpose} onChange={(e) => { setPurpose(e.target.value); session.keep('purpose', e.target.value); }}>
          {me.purposes.map((p) => <option key={p.code} value={p.code}>{p.title}</option>)}
        </select>
      </label>
      <label>{t('reference')}
        <input class="short" maxlength="64" value={reference}
          onInput={(e) => { setReference(e.target.value); session.keep('reference', e.target.value); }} />
      </label>
      <label>{t('language')}
        <select value={language} onChange={(e) => onLanguage(e.target.value)}>
          {Object.entries(names).map(([code, name]) => <option key={code} value={code} lang={code}>{name}</option>)}
        </select>
      </label>
      <span class="officer">{me.officer} · {me.unit}</span>
      <button onClick={onSignOut}>{t('sign.out')}</button>
    </header>
  );
}

function App() {
  const [me, setMe] = useState(null);
  const [isReady, setReady] = useState(false);
  const [demonstration, setDemonstration] = useState(null);
  const [at, setAt] = useState(route());
  const [, setShown] = useState(language);
  const [areKeysOpen, setKeysOpen] = useState(false);

  async function start() {
    try {
      const demo = (await call('GET', '/v1/demonstration')).data;
      setDemonstration(demo);
      if (!session.token) session.keep('token', demo.token);
    } catch { /* not a demonstration: an officer signs in */ }
    if (session.token) {
      try { signedIn((await call('GET', '/v1/me')).data); } catch { session.keep('token', ''); }
    }
    setReady(true);
  }
  function signedIn(officer) {
    if (!officer.purposes.some((p) => p.code === session.purpose)) session.keep('purpose', officer.purposes[0]?.code || '');
    setMe(officer);
  }
  useEffect(() => {
    start();
    const onHash = () => { setAt(route()); window.scrollTo(0, 0); };
    const onKey = (event) => {
      const isTyping = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
      if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === '?') setKeysOpen(true);
      else if (event.key === 'n') location.hash = '#/desk';
      else if (event.key === '/' && route().view !== 'search') location.hash = '#/search';
      else return;
      event.preventDefault();
    };
    addEventListener('hashchange', onHash);
    addEventListener('keydown', onKey);
    return () => { removeEventListener('hashchange', onHash); removeEventListener('keydown', onKey); };
  }, []);

  if (!isReady) return null;
  if (!me) return <SignIn onDone={signedIn} />;
  function signOut() {
    for (const name of ['token', 'purpose', 'reference', 'typed']) { session.keep(name, ''); sessionStorage.removeItem(name); }
    setMe(null);
  }
  return (
    <>
      <a class="skip" href="#results" onClick={(e) => { e.preventDefault(); document.getElementById('results')?.focus(); }}>{t('skip')}</a>
      <Head me={me} demonstration={demonstration} onSignOut={signOut}
        onLanguage={(next) => { setLanguage(next); setShown(next); }} />
      {/* the search stays alive while a record is looked at: what was typed and found is never lost */}
      <div hidden={at.view !== 'search'}><Search isOpen={at.view === 'search'} demonstration={demonstration} /></div>
      {at.view === 'record' && <RecordPage key={at.rest[0]} id={at.rest[0]} />}
      {at.view === 'desk' && <Desk key={at.rest.join('/')} database={at.rest[0]} id={at.rest[1]} me={me} />}
      {areKeysOpen && <Keys onClose={() => setKeysOpen(false)} />}
    </>
  );
}

render(<App />, document.getElementById('app'));
