// SPDX-License-Identifier: Apache-2.0
// The clock of a node as a test sets it (clock.c): so many seconds ahead of ours from its start on, or stepped while it runs. Where the
// whole run is ahead (tests/suite), our own clock is so already, and what is set here comes on top.
import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';

const library = join(process.cwd(), 'build/release/clock.so');
const whole = Number(process.env.CLOCK_AHEAD_S || 0);

export const ahead = (seconds) => ({ LD_PRELOAD: library, CLOCK_AHEAD_S: String(whole + seconds) });

export class SteppedClock {
  constructor(place) {
    this.path = join(place, 'clock');
    writeFileSync(this.path, Buffer.alloc(8));
    this.file = openSync(this.path, 'r+');
    this.set(0);
  }

  get env() { return { LD_PRELOAD: library, CLOCK_FILE: this.path }; }

  now() { return Date.now() + this.ahead * 1000; }

  set(seconds) {
    this.ahead = seconds;
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(whole + seconds));
    writeSync(this.file, bytes, 0, 8, 0);
  }

  step(seconds) { this.set(this.ahead + seconds); }

  close() { closeSync(this.file); }
}
