// SPDX-License-Identifier: Apache-2.0
// What the page keeps while one works: of this tab (what was typed and asked) and of this device (forms that are not saved). At a
// shared terminal neither tab nor device keeps anything: it stays in memory, and the node keeps it for the officer until he is back.
const DRAFT = 'draft:';
const SAVE_AFTER_MS = 700;

let memory = null; // a Map, at a shared terminal
let save = null;
let timer = 0;

const place = (name) => (name.startsWith(DRAFT) ? localStorage : sessionStorage);

function changed() {
  if (!save) return;
  clearTimeout(timer);
  timer = setTimeout(() => { save().catch(() => { /* it is sent again with the next change */ }); }, SAVE_AFTER_MS);
}

export const kept = {
  get: (name) => (memory ? memory.get(name) ?? null : place(name).getItem(name)),
  set(name, value) {
    if (memory) { memory.set(name, value); changed(); } else place(name).setItem(name, value);
  },
  remove(name) {
    if (memory) { memory.delete(name); changed(); } else place(name).removeItem(name);
  },

  // From now on nothing is written here; what an earlier use of this computer left is taken away.
  share() {
    memory ||= new Map();
    sessionStorage.clear();
    for (const name of Object.keys(localStorage)) if (name.startsWith(DRAFT)) localStorage.removeItem(name);
  },
  get isShared() { return Boolean(memory); },

  // All of it as a text, and back; `work` is called a moment after each change.
  text: () => JSON.stringify({ at: location.hash, kept: Object.fromEntries(memory) }),
  take(text) {
    const { at = '', kept: items = {} } = text ? JSON.parse(text) : {};
    memory = new Map(Object.entries(items));
    return at;
  },
  whenChanged(work) { save = work; },
  changed,
  stop() { save = null; clearTimeout(timer); },
};
