// SPDX-License-Identifier: Apache-2.0
// The page: who is signed in, which view is open (by the address's fragment, which never holds what was asked), keys.
import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { call, session, whenStranger } from './api.js';
import { language, languageReady, setLanguage, t } from './i18n.js';
import { Head, Languages } from './head.jsx';
import { Search } from './search.jsx';
import { RecordPage } from './record.jsx';
import { Enrol, Profile, SignIn, enrolmentSecret } from './sign.jsx';
import { Keys } from './keys.jsx';
import { Alarms, Ask, Tickets, isTicketList } from './tickets.jsx';
import { TicketPage } from './ticket.jsx';
import { PrintSheet } from './print.jsx';
import { Mine } from './mine.jsx';
import { EmergencyBar } from './emergency.jsx';
import { TriesBar } from './own_sessions.jsx';
import { later } from './later.jsx';
import { viewsOf } from './views.js';
import { kept } from './kept.js';
import { IdleWarning, TakeOver, lock, shareTerminal, takeUpWork, terminalHere, useIdleLock, useLockKey, wipe } from './terminal.jsx';

// pages that are not for every officer, or not for every day
const Desk = later(() => import('./desk.jsx'), 'Desk');
const Audit = later(() => import('./audit.jsx'), 'Audit');
const Owner = later(() => import('./owner.jsx'), 'Owner');
const Retention = later(() => import('./retention.jsx'), 'Retention');
const Rights = later(() => import('./rights.jsx'), 'Rights');
const AnswerSheet = later(() => import('./rights.jsx'), 'AnswerSheet');
const Admin = later(() => import('./admin.jsx'), 'Admin');
const Oversight = later(() => import('./oversight.jsx'), 'Oversight');

function route() {
  const [view, ...rest] = location.hash.replace(/^#\/?/, '').split('/');
  return { view, rest: rest.map(decodeURIComponent) };
}

// A demonstration opens by itself, and again after the node was started anew.
async function demonstrationToken() {
  const token = session.token;
  session.token = ''; // asked as nobody
  try {
    const demo = (await call('GET', '/v1/demonstration')).data;
    session.keep('token', demo.token);
    if (!session.purpose && demo.purpose) session.keep('purpose', demo.purpose);
    return demo;
  } catch {
    session.token = token;
    return null;
  }
}

// The session may go on under another cookie, taken in by the browser while this request was on its way.
async function isStillSignedIn() {
  const reply = await fetch('/v1/session', { cache: 'no-store', credentials: 'same-origin' }).catch(() => null);
  if (!reply?.ok) return false;
  session.proof = (await reply.json()).proof;
  return true;
}

// Of everybody's pages, and those of this officer.
const common = ['record', 'desk', 'print', 'me'];
const belongs = { ask: 'tickets', answer: 'rights' };
const isThere = (view, views) => common.includes(view) || views.includes(belongs[view] || view);

function useSession() {
  const [me, setMe] = useState(null);
  const [isReady, setReady] = useState(false);
  const [isExpired, setExpired] = useState(false);
  const [demonstration, setDemonstration] = useState(null);
  const [terminal, setTerminal] = useState(null); // the shared one this page is at
  function signedIn(officer) {
    if (!officer.purposes.some((p) => p.code === session.purpose)) session.keep('purpose', officer.purposes[0]?.code || '');
    setExpired(false);
    setMe(officer);
  }
  // At a shared terminal nobody acts but whoever took it over; a session that ended leaves nothing on the screen.
  async function startShared(here) {
    shareTerminal();
    session.token = session.purpose = session.reference = '';
    setTerminal(here);
    const { data } = await call('GET', '/v1/session').catch(() => ({}));
    if (data) { session.proof = data.proof; await takeUpWork(); signedIn(data); }
    whenStranger(async () => { wipe(); return false; });
    setReady(true);
  }
  async function start() {
    whenStranger(async () => false);
    const here = await terminalHere();
    if (here) { await startShared(here); return; }
    if (!session.token) await call('GET', '/v1/session').then(({ data }) => { session.proof = data.proof; signedIn(data); }).catch(() => { /* nobody is signed in by password */ });
    if (!session.token && !session.proof && !enrolmentSecret()) setDemonstration(await demonstrationToken());
    try {
      if (session.token) signedIn((await call('GET', '/v1/me')).data);
    } catch {
      session.keep('token', '');
      const demo = await demonstrationToken();
      setDemonstration(demo);
      if (demo) await call('GET', '/v1/me').then(({ data }) => signedIn(data)).catch(() => session.keep('token', ''));
    }
    if (session.token) call('GET', '/v1/demonstration').then(({ data }) => setDemonstration(data)).catch(() => { /* none is open */ });
    whenStranger(async () => {
      if (session.proof && await isStillSignedIn()) return true;
      const demo = await demonstrationToken();
      if (demo) { setDemonstration(demo); return true; }
      session.keep('token', '');
      session.proof = '';
      setExpired(true);
      setMe(null); // what was typed is kept, and there again after signing in
      return false;
    });
    setReady(true);
  }
  // officers' purposes are named in the language of the page
  const renew = () => call('GET', '/v1/me').then(({ data }) => setMe(data)).catch(() => { /* the old names serve */ });
  return { me, isReady, isExpired, demonstration, terminal, start, signedIn, renew, leave: () => setMe(null) };
}

function useKeys(views, onHelp) {
  useEffect(() => {
    const onKey = (event) => {
      const isTyping = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
      if (isTyping || document.querySelector('dialog[open]') || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === '?') onHelp();
      else if (/^[1-9]$/.test(event.key) && views[event.key - 1]) location.hash = `#/${views[event.key - 1]}`;
      else if (event.key === 'n') location.hash = '#/desk';
      else if (event.key === '/' && !['', 'search'].includes(route().view)) location.hash = '#/search';
      else return;
      event.preventDefault();
    };
    addEventListener('keydown', onKey);
    return () => removeEventListener('keydown', onKey);
  }, [views.join()]);
}

function App() {
  const { me, isReady, isExpired, demonstration, terminal, start, signedIn, renew, leave } = useSession();
  const locksIn = useIdleLock(me && terminal);
  useLockKey(me && terminal);
  const [at, setAt] = useState(route());
  const [secret, setSecret] = useState(enrolmentSecret());
  const [, setShown] = useState(language);
  const [areKeysOpen, setKeysOpen] = useState(false);
  const [wanted, setWanted] = useState(null); // a value of a record, to be searched
  useKeys(me ? viewsOf(me) : [], () => setKeysOpen(true));
  useEffect(() => {
    start();
    const onHash = () => { if (enrolmentSecret()) setSecret(enrolmentSecret()); setAt(route()); window.scrollTo(0, 0); };
    addEventListener('hashchange', onHash);
    return () => removeEventListener('hashchange', onHash);
  }, []);

  if (!isReady) return null;
  if (secret) return <Enrol secret={secret} onDone={(officer) => { setSecret(''); signedIn(officer); }} />;
  const speak = (next) => setLanguage(next).then(() => setShown(language));
  if (!me && terminal) return <TakeOver terminal={terminal} onDone={signedIn} languages={<Languages onLanguage={speak} />} />;
  if (!me) return <SignIn onDone={signedIn} wasSignedIn={isExpired} languages={<Languages onLanguage={speak} />} />;
  const views = viewsOf(me);
  const view = at.view || views[0];
  async function signOut() {
    if (terminal) { await lock(); return; }
    if (session.proof) await call('DELETE', '/v1/session').catch(() => { /* it ends by itself */ });
    session.proof = '';
    for (const name of ['token', 'purpose', 'reference', 'typed', 'asked']) { session.keep(name, ''); kept.remove(name); }
    leave();
  }
  function search(text) {
    setWanted({ text });
    location.hash = '#/search';
  }
  return (
    <>
      <a class="skip" href="#results" onClick={(e) => { e.preventDefault(); document.getElementById('results')?.focus(); }}>{t('skip')}</a>
      <Head me={me} views={views} view={view} demonstration={demonstration} onSignOut={signOut} onKeys={() => setKeysOpen(true)}
        onPurpose={(code) => { session.keep('purpose', code); setShown(code); }}
        onLanguage={(next) => speak(next).then(renew)} />
      <IdleWarning left={locksIn} />
      <EmergencyBar me={me} onSession={signedIn} />
      <TriesBar me={me} />
      {views.includes('tickets') && <Alarms key={`alarms ${language}`} />}
      {/* the search stays alive while a record is looked at: what was typed and found is never lost */}
      <div hidden={view !== 'search'}>{views.includes('search') && <Search me={me} isOpen={view === 'search'} demonstration={demonstration} wanted={wanted} />}</div>
      {view === 'record' && <RecordPage key={at.rest[0] + language} id={at.rest[0]} me={me} onAsk={search} />}
      {view === 'desk' && <Desk key={at.rest.join('/') + language} database={at.rest[0]} id={at.rest[1]} me={me} />}
      {views.includes('tickets') && view === 'tickets' && (isTicketList(at.rest[0]) ? <Tickets key={language} part={at.rest[0]} me={me} /> : <TicketPage key={at.rest[0] + language} id={at.rest[0]} />)}
      {views.includes('tickets') && view === 'ask' && <Ask key={at.rest.join('/') + language} record={at.rest[0]} receipt={at.rest[1]} owner={at.rest[2]} />}
      {view === 'print' && <PrintSheet key={at.rest[0] + language} id={at.rest[0]} me={me} />}
      {view === 'rights' && views.includes('rights') && <Rights key={language} part={at.rest[0]} id={at.rest[1]} me={me} />}
      {view === 'answer' && views.includes('rights') && <AnswerSheet key={at.rest.join('/') + language} id={at.rest[0]} of={at.rest[1]} />}
      {view === 'retention' && views.includes('retention') && <Retention key={language} me={me} />}
      {!isThere(view, views) && <main class="no-page"><p class="problem">{t('page.none')} <a href={`#/${views[0]}`}>{t(`nav.${views[0]}`)}</a></p></main>}
      {!['print', 'answer'].includes(view) && <p class="paper">{t('print.not')}</p>}
      {view === 'me' && <Profile key={language} me={me} onSession={signedIn} />}
      {view === 'owner' && views.includes('owner') && <Owner key={at.rest[0] + language} me={me} record={at.rest[0]} />}
      {view === 'mine' && views.includes('mine') && <Mine key={language} part={at.rest[0]} rest={at.rest.slice(1)} me={me} onSession={signedIn} />}
      {view === 'oversight' && views.includes('oversight') && <Oversight key={language} part={at.rest[0]} me={me} />}
      {view === 'admin' && views.includes('admin') && <Admin key={language} part={at.rest[0]} rest={at.rest.slice(1)} me={me} />}
      {view === 'audit' && views.includes('audit') && <Audit key={language} part={at.rest[0]} />}
      {areKeysOpen && <Keys onClose={() => setKeysOpen(false)} />}
    </>
  );
}

languageReady.then(() => render(<App />, document.getElementById('app')));
