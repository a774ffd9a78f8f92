// SPDX-License-Identifier: Apache-2.0
// Requests to the node this page came from. An answer that is not of the 2xx range throws a Problem with the
// server's own words; so does a line that is down.
export class Problem extends Error {
  constructor(status, body) {
    super(body.detail || body.title || `the node answered ${status}`);
    this.status = status;
    this.code = body.title || '';
    this.hint = body.hint || '';
    this.field = body.field || '';
  }
}

export const session = {
  token: sessionStorage.getItem('token') || '',
  purpose: sessionStorage.getItem('purpose') || '',
  reference: sessionStorage.getItem('reference') || '',
  keep(name, value) {
    this[name] = value;
    if (value) sessionStorage.setItem(name, value);
    else sessionStorage.removeItem(name);
  },
};

export async function call(method, path, { body, raw, type, signal, headers = {}, language } = {}) {
  const head = { ...headers };
  if (session.token) head.Authorization = `Bearer ${session.token}`;
  if (session.purpose) head['Bureau-Purpose'] = session.purpose;
  // a header holds ASCII only; anything else is percent-encoded
  if (session.reference) head['Bureau-Reference'] = encodeURIComponent(session.reference).replaceAll('%20', ' ');
  if (language) head['Accept-Language'] = language;
  if (body !== undefined) head['Content-Type'] = 'application/json';
  if (type) head['Content-Type'] = type;
  let reply;
  try {
    reply = await fetch(path, {
      method, signal, headers: head, cache: 'no-store', credentials: 'omit',
      body: raw ?? (body === undefined ? undefined : JSON.stringify(body)),
    });
  } catch (failure) {
    if (failure.name === 'AbortError') throw failure;
    throw new Problem(0, { title: 'no-answer', detail: 'the node cannot be reached' });
  }
  const text = await reply.text();
  let data = null;
  try { data = text ? JSON.parse(text) : null; } catch { data = { detail: text.slice(0, 200) }; }
  if (!reply.ok) throw new Problem(reply.status, data || {});
  return { data, etag: reply.headers.get('ETag') || '' };
}

// A photograph cannot carry the credential in an <img> address, so it is fetched and shown as an object URL.
export async function photograph(hash, size) {
  const reply = await fetch(`/v1/photographs/${hash}?size=${size}`, {
    headers: { Authorization: `Bearer ${session.token}`, 'Bureau-Purpose': session.purpose }, cache: 'no-store',
  });
  if (!reply.ok) throw new Problem(reply.status, {});
  return URL.createObjectURL(await reply.blob());
}
