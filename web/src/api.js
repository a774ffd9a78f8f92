// SPDX-License-Identifier: Apache-2.0
// Requests to the node this page came from. An answer that is not of the 2xx range throws a Problem with the
// server's own words; so does a line that is down.
import { language, t } from './i18n.js';
import { kept } from './kept.js';
import { lookForHan } from './han.js';
import { told, toldHint } from './words.js';

export class Problem extends Error {
  constructor(status, body) {
    super((body.detail && told(body)) || body.title || t('answered', { status }));
    this.status = status;
    this.code = body.title || '';
    this.hint = toldHint(body);
    this.field = body.field || '';
  }
}

export const session = {
  proof: '', // of a browser's session, whose cookie no script can read: sent with every change
  token: kept.get('token') || '',
  purpose: kept.get('purpose') || '',
  reference: kept.get('reference') || '',
  keep(name, value) {
    this[name] = value;
    if (value) kept.set(name, value);
    else kept.remove(name);
  },
};

// The session goes on under another cookie after what an officer changed of his own: its proof is another, too.
export async function renewSession() {
  const { data } = await call('GET', '/v1/session');
  session.proof = data.proof;
  return data;
}

// What to do when the node no longer knows the token: true when there is a new one and the request may be sent again.
let onStranger = async () => false;
export function whenStranger(work) { onStranger = work; }

function head(method, { type, headers, body }) {
  const all = { 'Accept-Language': language, ...headers };
  if (session.token) all.Authorization = `Bearer ${session.token}`;
  else if (session.proof && method !== 'GET') all['Bureau-Session-Proof'] = session.proof;
  if (session.purpose) all['Bureau-Purpose'] = session.purpose;
  // a header holds ASCII only; anything else is percent-encoded
  if (session.reference) all['Bureau-Reference'] = encodeURIComponent(session.reference).replaceAll('%20', ' ');
  if (body !== undefined) all['Content-Type'] = 'application/json';
  if (type) all['Content-Type'] = type;
  return all;
}

async function send(method, path, options) {
  try {
    return await fetch(path, {
      method, signal: options.signal, headers: head(method, options), cache: 'no-store', credentials: 'same-origin',
      body: options.raw ?? (options.body === undefined ? undefined : JSON.stringify(options.body)),
    });
  } catch (failure) {
    if (failure.name === 'AbortError') throw failure;
    throw new Problem(0, { title: t('unreachable') });
  }
}

async function read(reply) {
  try {
    return await reply.text();
  } catch (failure) {
    if (failure.name === 'AbortError') throw failure;
    throw new Problem(0, { title: t('unreachable') }); // it broke off
  }
}

async function callOnce(method, path, options) {
  let reply = await send(method, path, options);
  if (reply.status === 401 && (session.token || session.proof) && await onStranger()) reply = await send(method, path, options);
  const text = await read(reply);
  lookForHan(text);
  let data = null;
  try { data = text ? JSON.parse(text) : null; } catch { data = { detail: text.slice(0, 200) }; }
  if (!reply.ok) throw new Problem(reply.status, data || {});
  return { data, etag: reply.headers.get('ETag') || '', headers: reply.headers };
}

// A weak line breaks: what may be sent twice (isSafe: it carries a query id) is sent again, ever later.
const AGAIN_MS = [200, 1000, 3000];
const pause = (ms, signal) => new Promise((resolve, reject) => {
  const timer = setTimeout(resolve, ms);
  signal?.addEventListener('abort', () => { clearTimeout(timer); reject(signal.reason); }, { once: true });
});
export async function call(method, path, options = {}) {
  for (const wait of options.isSafe ? AGAIN_MS : []) {
    try {
      return await callOnce(method, path, options);
    } catch (problem) {
      if (problem.status !== 0 && problem.status !== 408) throw problem;
      await pause(wait, options.signal);
    }
  }
  return callOnce(method, path, options);
}

// What is no JSON: as text or as bytes. A node that is asked too fast says when to ask again.
async function plain(path, read) {
  for (;;) {
    const reply = await send('GET', path, {});
    if (reply.ok) return read(reply);
    if (reply.status !== 429) throw new Problem(reply.status, await reply.json().catch(() => ({})));
    await pause(1000 * (Number(reply.headers.get('Retry-After')) || 1));
  }
}
export const text = (path) => plain(path, (reply) => reply.text());
export const bytes = (path) => plain(path, async (reply) => new Uint8Array(await reply.arrayBuffer()));

// A photograph cannot carry the credential in an <img> address, so it is fetched and shown as an object URL.
export async function photograph(hash, size) {
  const reply = await send('GET', `/v1/photographs/${hash}?size=${size}`, {});
  if (!reply.ok) throw new Problem(reply.status, {});
  return URL.createObjectURL(await reply.blob());
}

// The databases by name, without their fields; asked once a language, nothing while it is not known.
const known = new Map();
export async function databaseList() {
  if (!known.has(language)) known.set(language, (await call('GET', '/v1/databases?fields=no')).data);
  return known.get(language);
}
