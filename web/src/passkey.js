// SPDX-License-Identifier: Apache-2.0
// Passkeys: the browser asks the authenticator, the node checks. Bytes travel as base64url.
import { call, Problem } from './api.js';
import { t } from './i18n.js';

const bytes = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
const known = (ids) => ids.map((id) => ({ type: 'public-key', id: bytes(id) }));

export const hasPasskeys = () => Boolean(window.PublicKeyCredential);

// What browsers say is for programmers; these are the three that happen.
const words = { NotAllowedError: 'passkey.stopped', SecurityError: 'passkey.address', InvalidStateError: 'passkey.there' };
async function ask(work) {
  try {
    return await work();
  } catch (failure) {
    if (failure instanceof Problem) throw failure;
    throw new Problem(0, { detail: t(words[failure.name] || 'passkey.stopped') });
  }
}

// An officer who is named may use an authenticator that does not know him by itself.
export async function signInWithPasskey(officer = '') {
  const named = officer ? { officer } : {};
  const { data: question } = await call('POST', '/v1/passkeys/challenge', { body: named });
  const { id, response } = await ask(() => navigator.credentials.get({ publicKey: {
    challenge: bytes(question.challenge), rpId: question.party, allowCredentials: known(question.ids), userVerification: 'required', timeout: question.seconds * 1000,
  } }));
  const { data } = await call('POST', '/v1/session/passkey', { body: {
    ...named, id, client_data: text(response.clientDataJSON), authenticator_data: text(response.authenticatorData), signature: text(response.signature),
    ...(response.userHandle && { user: text(response.userHandle) }),
  } });
  return data;
}

export async function makePasskey(label) {
  const { data: offer } = await call('POST', '/v1/me/passkeys/start');
  const { response } = await ask(() => navigator.credentials.create({ publicKey: {
    challenge: bytes(offer.challenge), rp: { id: offer.party, name: 'Bureau' }, user: { id: bytes(offer.user), name: offer.officer, displayName: offer.officer },
    pubKeyCredParams: offer.algorithms.map((alg) => ({ type: 'public-key', alg })), excludeCredentials: known(offer.ids), timeout: offer.seconds * 1000, attestation: 'none',
    authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
  } }));
  return (await call('POST', '/v1/me/passkeys', { body: { label, client_data: text(response.clientDataJSON), attestation: text(response.attestationObject) } })).data;
}
