// SPDX-License-Identifier: Apache-2.0
// Supervision: searches drawn by lot or flagged, emergencies, who searched for a value, counts, why an officer sees what he sees.
import { t } from './i18n.js';
import { Approvals } from './approvals.jsx';
import { Emergencies, Reviews } from './reviews.jsx';
import { Explain, Reach } from './explain.jsx';
import { Statistics } from './statistics.jsx';
import { Tabs } from './tabs.jsx';
import { ValueQuestion } from './value.jsx';
import { oversightParts } from './views.js';

const parts = { approvals: Approvals, reviews: Reviews, emergencies: Emergencies, value: ValueQuestion, use: Statistics, explain: Explain, reach: Reach };

export function Oversight({ part, me }) {
  const names = oversightParts(me);
  const name = names.includes(part) ? part : names[0];
  const Part = parts[name];
  return (
    <main class="page oversight">
      <h1>{t('oversight')}</h1>
      <Tabs view="oversight" names={names} part={name} />
      <Part me={me} />
    </main>
  );
}
