// SPDX-License-Identifier: Apache-2.0
// The bar on top: purpose and case of what is asked, a new record, and the officer's own menu.
import { useState } from 'preact/hooks';
import { session } from './api.js';
import { language, names, t } from './i18n.js';
import { useInSight } from './tabs.jsx';

export function Languages({ onLanguage }) {
  return (
    <label>{t('language')}
      <select id="language" value={language} onChange={(e) => onLanguage(e.target.value)}>
        {Object.entries(names).map(([code, name]) => <option key={code} value={code} lang={code}>{name}</option>)}
      </select>
    </label>
  );
}

function Menu({ me, onLanguage, onSignOut, onKeys }) {
  return (
    <>
      <button type="button" class="menu-button" popovertarget="menu" title={t('menu')}><span aria-hidden="true">☰</span> <bdi>{me.officer}</bdi><span class="hidden"> {t('menu')}</span></button>
      <div id="menu" popover="auto">
        <p><b><bdi>{me.officer}</bdi></b><br /><span class="quiet"><bdi>{me.unit}</bdi></span></p>
        <Languages onLanguage={onLanguage} />
        <a class="button" href="#/me" onClick={() => document.getElementById('menu').hidePopover()}>{t('profile')}</a>
        <button type="button" popovertarget="menu" onClick={onKeys}>{t('keys')} <kbd>?</kbd></button>
        <button type="button" onClick={onSignOut}>{t(me.terminal ? 'terminal.lock' : 'sign.out')}</button>
      </div>
    </>
  );
}

export function Head({ me, views, view, demonstration, onPurpose, ...menu }) {
  const [reference, setReference] = useState(session.reference);
  const row = useInSight(view);
  return (
    <>
      {demonstration && <p class="demo">{t('demo')}</p>}
      <header class="head">
        <a class="brand" href="#/">Bureau</a>
        <label><span>{t('purpose')}</span>
          <select id="purpose" value={session.purpose} onChange={(e) => onPurpose(e.target.value)}>
            {me.purposes.map((p) => <option key={p.code} value={p.code}>{p.title}</option>)}
          </select>
        </label>
        <label class="case"><span class="hidden">{t('reference')}</span>
          <input id="reference" class="short" maxlength="64" autocomplete="off" placeholder={t('reference')} value={reference}
            onInput={(e) => { setReference(e.target.value); session.keep('reference', e.target.value); }} />
        </label>
        <nav>{me.may?.some((right) => right !== 'audit') && <a class="button" href="#/desk">+ {t('new')}</a>}</nav>
        {me.terminal && <button type="button" class="lock-button" aria-keyshortcuts="Alt+L" onClick={menu.onSignOut}>{t('terminal.lock')} <kbd>Alt L</kbd></button>}
        <Menu me={me} {...menu} />
      </header>
      {views.length > 1 && <nav ref={row} class="views" aria-label={t('nav')}>{views.map((name) => <a key={name} href={`#/${name}`} aria-current={name === view ? 'page' : undefined}>{t(`nav.${name}`)}</a>)}</nav>}
    </>
  );
}
