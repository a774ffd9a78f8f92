// SPDX-License-Identifier: Apache-2.0
// One-time codes as an officer's telephone makes them (RFC 6238, SHA-1, six digits, 30 seconds), of a base 32 secret.
import { createHmac } from 'node:crypto';

export const STEP_MS = 30000;

export function codeOf(secret, step) {
  const bits = [...secret].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', key).update(counter).digest();
  return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1000000).padStart(6, '0');
}

// The codes of one secret. A code is good once, and none of a step before the node was started: what is typed is the code of
// the step that comes next, which is good already, or of a later one, once that has come near. So no test depends on the
// second at which it runs.
export class Codes {
  constructor(secret, now = Date.now) { Object.assign(this, { secret, now, used: 0 }); }

  get step() { return Math.floor(this.now() / STEP_MS); }

  coming(ahead = 1) { return Math.max(this.used + 1, this.step + ahead); }

  // A right code that stays unused, for a try that fails for another reason.
  unused() { return codeOf(this.secret, this.coming()); }

  async next(ahead = 1) {
    const wanted = this.coming(ahead);
    while (this.step + 1 < wanted) await new Promise((resolve) => { setTimeout(resolve, 100); });
    this.used = wanted;
    return this.last;
  }

  get last() { return codeOf(this.secret, this.used); }

  // Six digits that no step about now has.
  wrong() {
    const near = new Set(Array.from({ length: 41 }, (_, i) => codeOf(this.secret, this.step - 20 + i)));
    for (let i = 0; ; i++) if (!near.has(String(i).padStart(6, '0'))) return String(i).padStart(6, '0');
  }
}
