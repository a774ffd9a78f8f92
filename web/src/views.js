// SPDX-License-Identifier: Apache-2.0
// Which pages an officer has, the first of them being where they begin. The node decides what each may ask; what an officer may
// not ask is not in the page either.
const looksAfter = ['national-bureau', 'specialist', 'investigator', 'data-protection'];
const acts = ['frontline', 'investigator', 'specialist', 'national-bureau', 'hub', 'operations'];
const is = (me, ...roles) => roles.includes(me.role);
const may = (me, ...rights) => rights.some((right) => me.may.includes(right));

const views = [
  ['search', (me) => !is(me, 'auditor')],
  ['audit', (me) => may(me, 'audit')],
  ['tickets', (me) => !is(me, 'administrator')],
  ['mine', (me) => mineParts(me).length > 0],
  ['owner', (me) => is(me, ...looksAfter)],
  ['retention', (me) => may(me, 'write') || is(me, 'national-bureau', 'data-protection', 'auditor')],
  ['rights', (me) => rightsParts(me).length > 0],
  ['oversight', (me) => oversightParts(me).length > 0],
  ['admin', (me) => may(me, 'administer')],
];
const mine = [
  ['hits', (me) => is(me, ...acts, 'analyst', 'compliance')],
  ['standing', (me) => is(me, ...acts, 'analyst', 'compliance')],
  ['tokens', (me) => !me.terminal],
  ['proposals', (me) => may(me, 'write')],
  ['emergency', (me) => is(me, ...acts)],
];
const rights = [
  ['requests', (me) => is(me, 'data-protection', 'national-bureau')],
  ['objections', (me) => is(me, 'hub')],
  ['processing', (me) => is(me, 'data-protection') || may(me, 'audit', 'administer')],
  ['report', (me) => is(me, 'data-protection', 'national-bureau', 'hub') || may(me, 'audit')],
  ['tell', (me) => is(me, 'data-protection', 'national-bureau')],
];
const oversight = [
  ['reviews', (me) => is(me, 'national-bureau') || may(me, 'audit')],
  ['emergencies', (me) => is(me, 'national-bureau', 'data-protection', 'auditor') || may(me, 'audit', 'administer')],
  ['approvals', (me) => may(me, 'write', 'administer') || is(me, 'hub', 'compliance')],
  ['value', (me) => is(me, 'national-bureau', 'data-protection') || may(me, 'audit')],
  ['use', (me) => is(me, 'national-bureau', 'data-protection') || may(me, 'audit')],
  ['explain', (me) => may(me, 'audit', 'administer') || (is(me, 'national-bureau') && may(me, 'write'))],
  ['reach', (me) => may(me, 'audit', 'administer') || (is(me, 'national-bureau') && may(me, 'write'))],
];
const open = (table, me) => {
  const who = { ...me, may: me.may || [] };
  return table.filter(([, isOpen]) => isOpen(who)).map(([name]) => name);
};

export const viewsOf = (me) => open(views, me);
export const mineParts = (me) => open(mine, me);
export const rightsParts = (me) => open(rights, me);
export const oversightParts = (me) => open(oversight, me);
