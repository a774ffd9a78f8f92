// SPDX-License-Identifier: Apache-2.0
// What is asked of the node as a page opens: while it is on its way, when it failed, and when there is nothing.
import { useEffect, useRef, useState } from 'preact/hooks';
import { call } from './api.js';
import { t } from './i18n.js';

// Of several questions on their way the newest alone is heard: begin() gives a test whether this one still is.
export function useNewest() {
  const newest = useRef(0);
  return () => { const mine = ++newest.current; return () => mine === newest.current; };
}

// The answer to `path` (nothing is asked while it is empty), and a way to ask again, for another path or the same.
export function useLoaded(path) {
  const [state, setState] = useState({ data: null, headers: null, problem: null, isBusy: Boolean(path) });
  const begin = useNewest();
  async function load(to = path) {
    const isNewest = begin();
    setState((old) => ({ ...old, isBusy: true }));
    try {
      const { data, headers } = await call('GET', to);
      if (isNewest()) setState({ data, headers, problem: null, isBusy: false });
    } catch (problem) {
      if (isNewest()) setState({ data: null, headers: null, problem, isBusy: false });
    }
  }
  useEffect(() => { if (path) load(); }, [path]);
  return [state, load];
}

export function Wrong({ problem, again }) {
  if (!problem) return null;
  return (
    <p role="alert" class="problem">{problem.message}{problem.hint && <span class="quiet"> — {problem.hint}</span>}
      {again && <> <button type="button" class="link" onClick={() => again()}>{t('again')}</button></>}</p>
  );
}

// Children are shown once there is something; `empty` says in words that there is nothing.
export function Loaded({ state, again, empty, children }) {
  const { data, problem, isBusy } = state;
  if (problem) return <Wrong problem={problem} again={again} />;
  if (!data) return isBusy ? <p role="status" class="quiet loading">{t('loading')}</p> : null;
  if (empty && Array.isArray(data) && !data.length) return <p class="quiet empty">{t(empty)}</p>;
  return children;
}
