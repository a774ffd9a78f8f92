// SPDX-License-Identifier: Apache-2.0
// The list of keys, as a dialog.
import { useEffect, useRef } from 'preact/hooks';
import { t } from './i18n.js';

const keys = [['/', 'keys.search'], ['Enter', 'keys.ask'], ['Esc', 'keys.clear'], ['↑', 'keys.back'], ['Alt R', 'keys.repair'], ['d', 'keys.list'],
  ['j k', 'keys.cards'], ['Enter', 'keys.open'], ['a', 'keys.owner'], ['1 … 9', 'keys.pages'], ['n', 'keys.new'], ['q', 'keys.quiet'], ['Ctrl S', 'keys.save'], ['Alt L', 'keys.lock'], ['?', 'keys.help']];

export function Keys({ onClose }) {
  const dialog = useRef();
  useEffect(() => dialog.current.showModal(), []);
  return (
    <dialog ref={dialog} onClose={onClose} aria-labelledby="keys-title">
      <h2 id="keys-title">{t('keys')}</h2>
      <dl class="keys">
        {keys.map(([key, what]) => <div key={what}><dt><kbd>{key}</kbd></dt><dd>{t(what)}</dd></div>)}
      </dl>
      <button onClick={() => dialog.current.close()}>{t('close')}</button>
    </dialog>
  );
}
