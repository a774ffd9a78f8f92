// SPDX-License-Identifier: Apache-2.0
// A page of several parts, each under an address of its own: #/admin/units
import { t } from './i18n.js';

export function Tabs({ view, names, part }) {
  if (names.length < 2) return null;
  return (
    <nav class="tabs" aria-label={t(view)}>{names.map((name) => <a key={name} href={`#/${view}/${name}`} aria-current={part === name ? 'page' : undefined}>{t(`${view}.${name}`)}</a>)}</nav>
  );
}
