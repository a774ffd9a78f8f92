// SPDX-License-Identifier: Apache-2.0
// Numbers drawn from a seed: the same seed, the same set (sfc32, Doty-Humphrey's generator).
export class Random {
  constructor(seed, stream = 0) {
    this.restart(seed, stream);
  }
  restart(seed, stream) {
    this.a = seed >>> 0;
    this.b = stream >>> 0;
    this.c = (stream / 0x100000000) >>> 0;
    this.d = 1;
    for (let i = 0; i < 12; i++) this.next();
  }
  next() {
    const t = (((this.a + this.b) >>> 0) + this.d) >>> 0;
    this.d = (this.d + 1) >>> 0;
    this.a = (this.b ^ (this.b >>> 9)) >>> 0;
    this.b = (this.c + (this.c << 3)) >>> 0;
    this.c = ((((this.c << 21) | (this.c >>> 11)) >>> 0) + t) >>> 0;
    return t;
  }
  share() {
    return this.next() / 0x100000000;
  }
  below(n) {
    return Math.floor(this.share() * n);
  }
  chance(p) {
    return this.share() < p;
  }
  pick(list) {
    return list[this.below(list.length)];
  }
  // The first of a ranked list are borne by many, the last by few.
  ranked(list, steepness = 2.2) {
    return list[Math.floor(list.length * this.share() ** steepness)];
  }
}
