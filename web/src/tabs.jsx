// SPDX-License-Identifier: Apache-2.0
// A page of several parts, each under an address of its own: #/admin/units
import { useEffect, useRef } from 'preact/hooks';
import { t } from './i18n.js';

// On a narrow screen a row of links scrolls: the one that is open is brought into sight.
export function useInSight(what) {
  const row = useRef();
  useEffect(() => {
    const look = () => row.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
    look();
    addEventListener('resize', look);
    return () => removeEventListener('resize', look);
  }, [what]);
  return row;
}

export function Tabs({ view, names, part }) {
  const row = useInSight(part);
  if (names.length < 2) return null;
  return (
    <nav ref={row} class="tabs" aria-label={t(view)}>{names.map((name) => <a key={name} href={`#/${view}/${name}`} aria-current={part === name ? 'page' : undefined}>{t(`${view}.${name}`)}</a>)}</nav>
  );
}
