// SPDX-License-Identifier: Apache-2.0
// Which pages an officer has, the first of them being where they begin. The node decides what each may ask; what an officer may
// not ask is not in the page either.
const looksAfter = ['national-bureau', 'specialist', 'investigator', 'data-protection'];
const views = [
  ['search', (me) => me.role !== 'auditor'],
  ['audit', (me) => me.may.includes('audit')],
  ['tickets', (me) => me.role !== 'administrator'],
  ['owner', (me) => looksAfter.includes(me.role)],
  ['retention', (me) => me.may.includes('write') || ['national-bureau', 'data-protection', 'auditor'].includes(me.role)],
];

export function viewsOf(me) {
  const who = { ...me, may: me.may || [] };
  return views.filter(([, isOpen]) => isOpen(who)).map(([name]) => name);
}
