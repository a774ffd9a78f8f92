// SPDX-License-Identifier: Apache-2.0
// One-time codes as an officer's telephone makes them (RFC 6238, SHA-1, six digits, 30 seconds), of a base 32 secret.
import { createHmac } from 'node:crypto';

export const STEP_MS = 30000;

export function codeOf(secret, ahead = 0, now = Date.now()) {
  const bits = [...secret].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(now / STEP_MS) + ahead));
  const mac = createHmac('sha1', key).update(counter).digest();
  return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1000000).padStart(6, '0');
}
