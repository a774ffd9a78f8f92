// SPDX-License-Identifier: Apache-2.0
// A weak line between a client and a server: what TCP makes of little bandwidth, a long way, lost packets and silences,
// as its two ends see it. Bytes are cut into packets that wait for the line to be free, take half a round trip, and come in
// order; a lost one comes a retransmission later and holds up what follows it. A silence holds up both ways.
import { createServer, connect } from 'node:net';
import { connect as connectTls } from 'node:tls';

const packetBytes = 1400;
const headerBytes = 40;

// The same losses at every run: mulberry32.
export function numbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

class Direction {
  constructor(line, name, deliver, end) {
    Object.assign(this, { line, name, deliver, end, sent: 0, free: 0, last: 0 });
  }

  // When `size` more bytes are at the other end.
  arrival(size) {
    const { line } = this;
    const start = Math.max(performance.now(), this.free, line.silentUntil);
    this.free = start + ((size + headerBytes) * 8) / line.kbit;
    const lost = line.random() < line.loss ? 2 * line.rtt : 0;
    this.last = Math.max(this.last, this.free + line.rtt / 2 + lost);
    return this.last;
  }

  later(at, work) { setTimeout(work, Math.max(0, at - performance.now())); }

  push(bytes) {
    while (bytes.length) {
      const { line } = this;
      const stall = line.stalls.find((one) => !one.done && one.direction === this.name && one.connection === line.connections && one.at <= this.sent);
      if (stall) {
        stall.done = true;
        line.silences++;
        line.silentUntil = performance.now() + stall.ms;
      }
      const next = line.stalls.find((one) => !one.done && one.direction === this.name && one.connection === line.connections && one.at > this.sent);
      const packet = bytes.subarray(0, Math.min(packetBytes, next ? next.at - this.sent : packetBytes));
      bytes = bytes.subarray(packet.length);
      this.sent += packet.length;
      this.later(this.arrival(packet.length), () => this.deliver(packet));
    }
  }

  finish() { this.later(this.arrival(0), () => this.end()); }
}

// stalls: [{direction: 'up' | 'down', connection: 1.., at: byte, ms}]. cuts: [{connection, sent: bytes up | answered: true}]:
// the connection breaks when so much was delivered to the server, or when its answer begins to come back.
export class Line {
  static async to(port, { kbit = 64, rtt = 1500, loss = 0.05, seed = 1, stalls = [], cuts = [] } = {}) {
    const line = new Line();
    Object.assign(line, { target: port, kbit, rtt, loss, random: numbers(seed), stalls, cuts, silentUntil: 0, connections: 0, silences: 0, lostAnswers: [] });
    line.server = createServer({ allowHalfOpen: true }, (client) => line.join(client));
    await new Promise((resolve) => { line.server.listen(0, '127.0.0.1', resolve); });
    line.port = line.server.address().port;
    return line;
  }

  join(client) {
    const number = ++this.connections;
    const cut = this.cuts.find((one) => one.connection === number);
    let server = null;
    let delivered = 0;
    const breakOff = () => { client.destroy(); if (server) server.resetAndDestroy(); };
    const up = new Direction(this, 'up', (bytes) => {
      if (!server || server.destroyed) return;
      server.write(bytes);
      delivered += bytes.length;
      if (cut && delivered >= cut.sent) setTimeout(breakOff, cut.afterMs || 0);
    }, () => { if (server) server.end(); });
    const down = new Direction(this, 'down', (bytes) => {
      if (cut && cut.answered) { this.lostAnswers.push(bytes.toString('latin1')); breakOff(); } else if (!client.destroyed) client.write(bytes);
    }, () => client.destroy());
    up.free = performance.now() + this.rtt; // SYN and its answer, before anything is sent
    setTimeout(() => {
      if (client.destroyed) return;
      server = connect({ port: this.target, host: '127.0.0.1', allowHalfOpen: true });
      server.setNoDelay(true);
      server.on('data', (bytes) => down.push(bytes));
      server.on('end', () => down.finish());
      server.on('error', () => down.finish());
    }, this.rtt);
    client.on('data', (bytes) => up.push(bytes));
    client.on('end', () => up.finish());
    client.on('error', () => {});
    client.on('close', () => { if (server) server.destroy(); });
  }

  close() { this.server.close(); }
}

// A client as it should be: one connection as long as it holds, a query id for each search, and the same request again when
// the connection broke before the answer was there.
export class Client {
  // ca: PEM; set, the connection is TLS and the server has to be known by it.
  constructor(port, token, ca = null) { Object.assign(this, { port, token, ca, attempts: 0, up: 0, down: 0, socket: null }); }

  request(body, headers = {}) {
    const text = JSON.stringify(body);
    const head = [`POST /v1/search HTTP/1.1`, 'Host: 127.0.0.1', `Authorization: Bearer ${this.token}`, 'Content-Type: application/json',
      'Accept-Encoding: gzip', `Content-Length: ${Buffer.byteLength(text)}`, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`)].join('\r\n');
    return { head: Buffer.from(`${head}\r\n\r\n`), body: Buffer.from(text) };
  }

  async search(body, headers) {
    const { head, body: text } = this.request(body, headers);
    for (let attempt = 1; ; attempt++) {
      this.attempts++;
      const reply = await this.exchange(Buffer.concat([head, text]));
      if (reply && reply.status !== 408) return { ...reply, attempts: attempt };
      if (attempt === 5) throw new Error('five connections broke');
    }
  }

  open() {
    const to = { port: this.port, host: '127.0.0.1' };
    const socket = this.ca ? connectTls({ ...to, ca: this.ca, servername: 'localhost' }) : connect(to);
    socket.setNoDelay(true);
    socket.heard = Buffer.alloc(0);
    socket.on('data', (bytes) => { this.down += bytes.length; socket.heard = Buffer.concat([socket.heard, bytes]); if (socket.look) socket.look(); });
    socket.on('error', () => {});
    socket.on('close', () => { socket.isOver = true; if (socket.look) socket.look(); });
    return socket;
  }

  // The reply, or null when the connection ended before it was whole.
  exchange(bytes) {
    if (!this.socket || this.socket.isOver) this.socket = this.open();
    const { socket } = this;
    this.up += bytes.length;
    socket.write(bytes);
    return new Promise((resolve) => {
      socket.look = () => {
        const reply = parse(socket.heard);
        if (!reply && !socket.isOver) return;
        socket.look = null;
        if (reply) socket.heard = socket.heard.subarray(reply.size);
        if (!reply || reply.headers.connection === 'close') { socket.destroy(); this.socket = null; }
        resolve(reply);
      };
      socket.look();
    });
  }

  close() { if (this.socket) this.socket.destroy(); }
}

export function parse(heard) {
  const end = heard.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const [first, ...lines] = heard.subarray(0, end).toString('latin1').split('\r\n');
  const headers = Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]));
  const size = end + 4 + Number(headers['content-length'] || 0);
  if (heard.length < size) return null;
  return { status: Number(first.split(' ')[1]), headers, body: heard.subarray(end + 4, size), size };
}
