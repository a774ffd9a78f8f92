// SPDX-License-Identifier: Apache-2.0
// An officer's own desk: hits, questions that stand, tokens for programs, access in an emergency.
import { t } from './i18n.js';
import { Ending } from './ending.jsx';
import { Approvals } from './approvals.jsx';
import { Tabs } from './tabs.jsx';
import { TicketList } from './tickets.jsx';
import { Met, NewStanding, StandingList } from './standing.jsx';
import { Tokens } from './tokens.jsx';
import { Emergency } from './emergency.jsx';
import { mineParts } from './views.js';

function Hits() {
  return (
    <>
      <section aria-labelledby="met"><h2 id="met">{t('mine.met')}</h2><Met /></section>
      <section aria-labelledby="asked"><h2 id="asked">{t('mine.asked')}</h2><TicketList query="open=yes&side=asker" empty="mine.asked.none" /></section>
    </>
  );
}

const parts = {
  hits: () => <Hits />,
  standing: ({ rest, me }) => (rest[0] === '+' ? <NewStanding me={me} /> : <StandingList me={me} />),
  proposals: () => <Approvals isMine />,
  tokens: ({ me, onSession }) => <Tokens me={me} onSession={onSession} />,
  emergency: ({ me, onSession }) => <Emergency me={me} onSession={onSession} />,
};

export function Mine({ part, rest, me, onSession }) {
  const names = mineParts(me);
  const name = names.includes(part) ? part : names[0];
  const Part = parts[name];
  return (
    <main class="page mine">
      <h1>{t('mine')}</h1>
      <Ending me={me} isOwn />
      <Tabs view="mine" names={names} part={name} />
      <Part rest={rest} me={me} onSession={onSession} />
    </main>
  );
}
