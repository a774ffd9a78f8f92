// SPDX-License-Identifier: Apache-2.0
// What ends soon, or has just ended, of what one signs in with: one's own, and for an administrator that of the others.
import { t, when } from './i18n.js';
import { useLoaded } from './load.jsx';
import { nameIn, useNamed } from './scope.jsx';

const DAY = 86400e3;

export function Ending({ me, isOwn }) {
  const [{ data }] = useLoaded('/v1/credentials/ending');
  const kinds = useNamed('credential-kinds');
  const list = (data || []).filter((one) => !isOwn || one.officer === me.officer);
  if (!list.length) return null;
  return (
    <section class="ending" aria-labelledby="ending"><h2 id="ending">{t('ending')}</h2>
      <ul class="tickets">{list.map((one) => {
        const left = Math.ceil((Date.parse(one.expires) - Date.now()) / DAY);
        const place = one.officer === me.officer ? '#/mine/tokens' : `#/admin/officers/${encodeURIComponent(one.officer)}`;
        return (
          <li key={one.id} class="ticket" data-credential={one.id}><b>{nameIn(kinds, one.kind)}</b> <bdi>{one.label}</bdi> <a href={place}><bdi>{one.officer}</bdi></a>{' '}
            <span class={left <= 7 ? 'bad' : 'old'}>{left > 0 ? t('ending.in', { count: left, time: when(one.expires) }) : t('ending.over', { time: when(one.expires) })}</span></li>
        );
      })}</ul>
    </section>
  );
}
