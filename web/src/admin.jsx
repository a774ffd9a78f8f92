// SPDX-License-Identifier: Apache-2.0
// The administrator's pages: units, officers and systems below the own unit, grants for a time, measures, national use.
import { t } from './i18n.js';
import { Ending } from './ending.jsx';
import { Units } from './admin_units.jsx';
import { Officers } from './admin_officers.jsx';
import { Grants } from './admin_grants.jsx';
import { Measures } from './admin_measures.jsx';
import { Statistics } from './statistics.jsx';
import { Tabs } from './tabs.jsx';
import { Terminals } from './admin_terminals.jsx';

const parts = {
  units: ({ rest, me }) => <Units id={rest.join('/')} me={me} />,
  officers: ({ rest, me }) => <Officers key="officer" kind="officer" id={rest[0]} part={rest[1]} me={me} />,
  systems: ({ rest, me }) => <Officers key="system" kind="system" id={rest[0]} me={me} />,
  grants: ({ rest, me }) => <Grants officer={rest[0]} me={me} />,
  measures: ({ me }) => <Measures me={me} />,
  terminals: () => <Terminals />,
  use: ({ me }) => <Statistics me={me} />,
};

export function Admin({ part, rest, me }) {
  const name = parts[part] ? part : 'units';
  const Part = parts[name];
  return (
    <main class="page admin">
      <h1>{t('admin')}</h1>
      <Ending me={me} />
      <Tabs view="admin" names={Object.keys(parts)} part={name} />
      <Part rest={rest} me={me} />
    </main>
  );
}
