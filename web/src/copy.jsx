// SPDX-License-Identifier: Apache-2.0
// A short code with a button that copies it. Without a secure context there is no clipboard: the code is then selected,
// so that the keyboard copies it.
import { useRef, useState } from 'preact/hooks';
import { t } from './i18n.js';

export function Copy({ text }) {
  const [isCopied, setCopied] = useState(false);
  const code = useRef();
  async function copy() {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    } catch {
      getSelection().selectAllChildren(code.current);
    }
  }
  return (
    <span class="copy">
      <code ref={code} dir="ltr">{text}</code>
      <button type="button" class="link" onClick={copy} title={t('copy')} aria-label={`${t('copy')} ${text}`}>{isCopied ? `✓ ${t('copied')}` : t('copy')}</button>
    </span>
  );
}
