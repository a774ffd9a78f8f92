// SPDX-License-Identifier: Apache-2.0
// A browser without pages: keeps its cookies, sends the proof of its session.
import assert from 'node:assert/strict';
import { request as plain } from 'node:http';
import { request as tls } from 'node:https';
import { purpose } from './node.mjs';
import { Codes } from './totp.mjs';

export const password = 'a long pass phrase';

export class Browser {
  // at: {port, ...options of a TLS connection}; contract: every answer is held against it
  constructor(at, contract) {
    Object.assign(this, { at, contract, cookies: {}, proof: '' });
  }

  call(method, path, body, headers = {}) {
    const { port, ...secure } = typeof this.at === 'function' ? this.at() : this.at;
    const cookie = Object.entries(this.cookies).map(([name, value]) => `${name}=${value}`).join('; ');
    const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
    const options = { host: '127.0.0.1', port, path, method, agent: false, ...secure,
      headers: { ...(cookie ? { Cookie: cookie } : {}), ...(this.proof ? { 'Bureau-Session-Proof': this.proof } : {}), 'Bureau-Purpose': purpose,
        ...(text === undefined ? {} : { 'Content-Length': Buffer.byteLength(text) }), ...headers } };
    return new Promise((resolve, reject) => {
      const sent = (secure.ca ? tls : plain)(options, (reply) => {
        let said = '';
        reply.setEncoding('utf8');
        reply.on('data', (chunk) => { said += chunk; });
        reply.on('end', () => {
          try { resolve(this.take(method, path, reply, said)); } catch (failure) { reject(failure); }
        });
        reply.on('error', reject);
      });
      sent.on('error', reject);
      sent.end(text);
    });
  }

  take(method, path, reply, text) {
    for (const line of reply.headers['set-cookie'] || []) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line);
      assert.match(line, /; Path=\/; HttpOnly; SameSite=Strict/);
      if (/Max-Age=0/.test(line)) delete this.cookies[name];
      else this.cookies[name] = value;
    }
    let data = null;
    try { data = JSON.parse(text); } catch { /* nothing */ }
    if (data?.proof) this.proof = data.proof;
    const answer = { status: reply.statusCode, data, text, headers: { get: (name) => reply.headers[name.toLowerCase()] ?? null } };
    return this.contract ? this.contract.check(method, path, answer) : answer;
  }

  // By a one-time link; the secret of the codes stays with the browser.
  async enrol(secret) {
    const start = await this.call('POST', '/v1/enrolment/start', { secret });
    assert.equal(start.status, 200, start.text);
    this.codes = new Codes(start.data.totp.secret);
    const done = await this.call('POST', '/v1/enrolment', { secret, password, code: await this.codes.next(0) });
    assert.equal(done.status, 200, done.text);
    return done;
  }

  // A passkey of the officer who is signed in.
  async makePasskey(authenticator, label, bent = {}) {
    const offer = await this.call('POST', '/v1/me/passkeys/start');
    if (offer.status !== 200) return offer;
    const made = await this.call('POST', '/v1/me/passkeys', { label, ...authenticator.create(offer.data, bent) });
    if (made.status === 201) await this.call('GET', '/v1/session'); // the session goes on under another proof
    return made;
  }

  async question(officer) {
    return (await this.call('POST', '/v1/passkeys/challenge', officer ? { officer } : {})).data;
  }

  async signIn(authenticator, { officer, ...bent } = {}) {
    const question = await this.question(officer);
    return this.call('POST', '/v1/session/passkey', { ...authenticator.get(question, bent), ...(officer ? { officer } : {}) });
  }
}
