// SPDX-License-Identifier: Apache-2.0
// An authenticator in software: what a security key answers (WebAuthn Level 2, 6), bent where a test wants it bent.
import { createHash, createPrivateKey, generateKeyPairSync, randomBytes, sign, X509Certificate } from 'node:crypto';

export const url = (bytes) => Buffer.from(bytes).toString('base64url');
const sha256 = (bytes) => createHash('sha256').update(bytes).digest();

// CBOR (RFC 8949) of what is needed here: numbers, bytes, texts, lists, Maps.
export function cbor(value) {
  const head = (major, n) => {
    if (n < 24) return Buffer.from([major << 5 | n]);
    if (n < 256) return Buffer.from([major << 5 | 24, n]);
    return Buffer.from([major << 5 | 25, n >> 8, n & 255]);
  };
  if (typeof value === 'number') return value < 0 ? head(1, -1 - value) : head(0, value);
  if (typeof value === 'string') return Buffer.concat([head(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (value instanceof Uint8Array) return Buffer.concat([head(2, value.length), value]);
  if (Array.isArray(value)) return Buffer.concat([head(4, value.length), ...value.map(cbor)]);
  return Buffer.concat([head(5, value.size), ...[...value].flatMap(([key, item]) => [cbor(key), cbor(item)])]);
}

const kinds = {
  es256: { make: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }), hash: 'sha256',
    cose: (jwk) => new Map([[1, 2], [3, -7], [-1, 1], [-2, Buffer.from(jwk.x, 'base64url')], [-3, Buffer.from(jwk.y, 'base64url')]]), number: -7 },
  eddsa: { make: () => generateKeyPairSync('ed25519'), hash: null,
    cose: (jwk) => new Map([[1, 1], [3, -8], [-1, 6], [-2, Buffer.from(jwk.x, 'base64url')]]), number: -8 },
  rs256: { make: () => generateKeyPairSync('rsa', { modulusLength: 2048 }), hash: 'sha256',
    cose: (jwk) => new Map([[1, 3], [3, -257], [-1, Buffer.from(jwk.n, 'base64url')], [-2, Buffer.from(jwk.e, 'base64url')]]), number: -257 },
};

export class Authenticator {
  constructor(origin, { kind = 'es256', counter = 0, idSize = 32 } = {}) {
    Object.assign(this, { origin, counter, kind: kinds[kind], id: randomBytes(idSize) });
    this.keys = this.kind.make();
  }

  clientData(type, challenge, { origin = this.origin, ...more }) {
    return Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false, ...more }));
  }

  said(party, { flags = 0x05, counter = this.counter } = {}, more = Buffer.alloc(0)) {
    const number = Buffer.alloc(4);
    number.writeUInt32BE(counter);
    return Buffer.concat([sha256(party), Buffer.from([flags]), number, more]);
  }

  // The answer to an offer; bent: {type, client, party, flags, counter, attest, id}
  create(offer, bent = {}) {
    const { party = offer.party, attest = 'none' } = bent;
    const id = bent.id || this.id;
    this.user = offer.user;
    const key = cbor(this.kind.cose(this.keys.publicKey.export({ format: 'jwk' })));
    const made = Buffer.concat([Buffer.alloc(16), Buffer.from([id.length >> 8, id.length & 255]), id, key]);
    const said = this.said(party, { flags: bent.flags ?? 0x45, counter: bent.counter }, made);
    const client = this.clientData(bent.type || 'webauthn.create', offer.challenge, bent.client || {});
    const signed = Buffer.concat([said, sha256(client)]);
    let statement = new Map();
    if (attest === 'self') statement = new Map([['alg', this.kind.number], ['sig', sign(this.kind.hash, signed, this.keys.privateKey)]]);
    if (attest.certificate) statement = new Map([['alg', -7], ['sig', sign('sha256', signed, createPrivateKey(attest.key))], ['x5c', [new X509Certificate(attest.certificate).raw]]]);
    if (bent.forged) statement.get('sig')[20] ^= 1;
    return { client_data: url(client), attestation: url(cbor(new Map([['fmt', bent.format || (attest === 'none' ? 'none' : 'packed')], ['attStmt', statement], ['authData', said]]))) };
  }

  // The answer to a question.
  get(question, bent = {}) {
    if (bent.counter === undefined && this.counter) this.counter++;
    const client = this.clientData(bent.type || 'webauthn.get', question.challenge, bent.client || {});
    const said = this.said(bent.party || question.party, bent);
    const signature = sign(this.kind.hash, Buffer.concat([said, sha256(client)]), this.keys.privateKey);
    if (bent.forged) signature[signature.length - 1] ^= 1;
    return { id: url(bent.id || this.id), client_data: url(client), authenticator_data: url(said), signature: url(signature), ...(bent.user === null ? {} : { user: bent.user ?? this.user }) };
  }
}
