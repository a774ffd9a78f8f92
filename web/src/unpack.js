// SPDX-License-Identifier: Apache-2.0
// What an entry of the log is packed with: one zstd frame (RFC 8878) without its magic number, against a dictionary that comes with
// the proof. Only what is needed for that: a frame of known size, whole in memory, its dictionary given. Anything else, and anything
// that does not come out even, throws; sizes are checked before anything is taken from them.
const FRAME_MAX = 64 << 10;
const DICTIONARY_WORD = 0xEC30A437;
const WEIGHT_LOG_MAX = 6;
const HUFFMAN_BITS_MAX = 11;

class Bad extends Error {}
const bad = (what) => { throw new Bad(`packed contents: ${what}`); };

// ---- bits, from the end of a piece backwards: the last byte's highest set bit marks the beginning ----

class Backward {
  constructor(bytes) {
    if (!bytes.length || !bytes[bytes.length - 1]) bad('no end mark');
    this.bytes = bytes;
    this.left = bytes.length * 8 - 8 + (31 - Math.clz32(bytes[bytes.length - 1]));
  }

  read(count) { // bits before the beginning are zeros; `left` then shows it
    let value = 0;
    for (let i = 0; i < count; i++) {
      this.left--;
      const bit = this.left < 0 ? 0 : (this.bytes[this.left >> 3] >> (this.left & 7)) & 1;
      value = value * 2 + bit;
    }
    return value;
  }
}

// ---- FSE tables (4.1) ----

// How often each symbol stands in a table of 2^log places; read forwards.
function readCounts(bytes, symbolMax, logMax) {
  let at = 0;
  const bits = (count) => {
    let value = 0;
    for (let i = 0; i < count; i++, at++) value |= ((bytes[at >> 3] >> (at & 7)) & 1) << i;
    return value;
  };
  const log = bits(4) + 5;
  if (log > logMax) bad('a table too large');
  const counts = [];
  let left = (1 << log) + 1;
  while (left > 1 && counts.length <= symbolMax) {
    const width = 32 - Math.clz32(left);
    const low = (1 << width) - 1 - left; // this many values are a bit shorter
    let value = bits(width - 1);
    if (value >= low) {
      value |= bits(1) << (width - 1);
      if (value >= 1 << (width - 1)) value -= low;
    }
    const count = value - 1;
    counts.push(count);
    left -= Math.abs(count);
    if (count === 0) {
      let repeat;
      do {
        repeat = bits(2);
        for (let i = 0; i < repeat; i++) counts.push(0);
      } while (repeat === 3 && at < bytes.length * 8);
    }
    if (at > bytes.length * 8) bad('a table cut off');
  }
  if (left !== 1 || counts.length > symbolMax + 1) bad('a table that does not add up');
  return { log, counts, used: (at + 7) >> 3 };
}

function buildTable({ log, counts }) {
  const size = 1 << log;
  const symbols = new Uint8Array(size);
  const next = counts.map((count) => (count < 0 ? 1 : count));
  let high = size - 1;
  counts.forEach((count, symbol) => { if (count < 0) symbols[high--] = symbol; });
  let at = 0;
  counts.forEach((count, symbol) => {
    for (let i = 0; i < count; i++) {
      symbols[at] = symbol;
      do at = (at + (size >> 1) + (size >> 3) + 3) & (size - 1); while (at > high);
    }
  });
  const widths = new Uint8Array(size);
  const bases = new Uint16Array(size);
  for (let i = 0; i < size; i++) {
    const state = next[symbols[i]]++;
    widths[i] = log - (31 - Math.clz32(state));
    bases[i] = (state << widths[i]) - size;
  }
  return { log, symbols, widths, bases };
}

class State {
  constructor(table, bits) {
    this.table = table;
    this.at = bits.read(table.log);
  }

  get symbol() { return this.table.symbols[this.at]; }

  move(bits) { this.at = this.table.bases[this.at] + bits.read(this.table.widths[this.at]); }
}

// ---- Huffman codes (4.2) ----

function readWeights(bytes) {
  const head = bytes[0];
  const weights = [];
  if (head >= 128) { // four bits each
    const count = head - 127;
    for (let i = 0; i < count; i++) weights.push(i % 2 ? bytes[1 + (i >> 1)] & 15 : bytes[1 + (i >> 1)] >> 4);
    return { weights, used: 1 + ((count + 1) >> 1) };
  }
  const piece = bytes.subarray(1, 1 + head);
  if (piece.length !== head) bad('codes cut off');
  const counts = readCounts(piece, 255, WEIGHT_LOG_MAX);
  const table = buildTable(counts);
  const bits = new Backward(piece.subarray(counts.used));
  const states = [new State(table, bits), new State(table, bits)];
  for (let turn = 0; weights.length < 255; turn ^= 1) { // two take turns until the bits are used up
    weights.push(states[turn].symbol);
    states[turn].move(bits);
    if (bits.left < 0) { weights.push(states[turn ^ 1].symbol); break; }
  }
  return { weights, used: 1 + head };
}

function readHuffman(bytes) {
  const { weights, used } = readWeights(bytes);
  if (used > bytes.length || weights.some((w) => w === undefined || w > HUFFMAN_BITS_MAX)) bad('codes cut off');
  const sum = weights.reduce((all, w) => all + (w ? 1 << (w - 1) : 0), 0);
  if (!sum) bad('no codes');
  const width = 32 - Math.clz32(sum);
  const rest = (1 << width) - sum;
  if (width > HUFFMAN_BITS_MAX || rest & (rest - 1)) bad('codes that do not add up');
  weights.push(32 - Math.clz32(rest)); // the last one's is what is missing
  const symbols = new Uint8Array(1 << width);
  const lengths = new Uint8Array(1 << width);
  let at = 0;
  for (let weight = 1; weight <= width; weight++) {
    weights.forEach((w, symbol) => {
      if (w !== weight) return;
      const end = at + (1 << (w - 1));
      symbols.fill(symbol, at, end);
      lengths.fill(width + 1 - w, at, end);
      at = end;
    });
  }
  return { table: { width, symbols, lengths }, used };
}

function readStream(bytes, { width, symbols, lengths }, out) {
  const bits = new Backward(bytes);
  let state = bits.read(width);
  for (let i = 0; i < out.length; i++) {
    out[i] = symbols[state];
    state = ((state << lengths[state]) & ((1 << width) - 1)) | bits.read(lengths[state]);
  }
  if (bits.left !== -width) bad('literals that do not come out even');
}

// ---- what a block's symbols stand for (3.1.1.3.2.1.1) ----

const rising = (begin, widths) => { let at = begin; return widths.map((w) => { const base = at; at += 2 ** w; return [base, w]; }); };
const lengthsOf = [
  ...Array.from({ length: 16 }, (_, i) => [i, 0]),
  ...rising(16, [1, 1, 1, 1, 2, 2, 3, 3]), ...rising(48, [4]), ...rising(64, [6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16]),
];
const matchesOf = [
  ...Array.from({ length: 32 }, (_, i) => [i + 3, 0]),
  ...rising(35, [1, 1, 1, 1, 2, 2, 3, 3]), ...rising(67, [4, 4]), ...rising(99, [5]), ...rising(131, [7, 8, 9, 10, 11, 12, 13, 14, 15, 16]),
];
const kinds = [ // as they are described in a block: lengths of literals, offsets, lengths of matches
  { name: 'lengths', max: 35, logMax: 9, log: 6, counts: [4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1] },
  { name: 'offsets', max: 31, logMax: 8, log: 5, counts: [1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1] },
  { name: 'matches', max: 52, logMax: 9, log: 6, counts: [1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1] },
];

function readTable(bytes, kind) {
  const counts = readCounts(bytes, kind.max, kind.logMax);
  return { table: buildTable(counts), used: counts.used };
}

// ---- the dictionary (5) ----

export function readDictionary(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < 8 || view.getUint32(0, true) !== DICTIONARY_WORD) bad('no dictionary');
  const tables = {};
  const huffman = readHuffman(bytes.subarray(8));
  tables.huffman = huffman.table;
  let at = 8 + huffman.used;
  for (const name of ['offsets', 'matches', 'lengths']) {
    const { table, used } = readTable(bytes.subarray(at), kinds.find((kind) => kind.name === name));
    tables[name] = table;
    at += used;
  }
  if (at + 12 > bytes.length) bad('a dictionary cut off');
  const offsets = [0, 4, 8].map((i) => view.getUint32(at + i, true));
  const contents = bytes.subarray(at + 12);
  if (offsets.some((offset) => !offset || offset > contents.length)) bad('a dictionary with offsets beyond it');
  return { tables, offsets, contents };
}

// ---- blocks ----

function readLiterals(bytes, tables) {
  const kind = bytes[0] & 3;
  const format = (bytes[0] >> 2) & 3;
  if (kind < 2) { // as they are, or one repeated
    const head = format & 1 ? (format === 1 ? 2 : 3) : 1;
    const word = bytes[0] | (bytes[1] << 8) | (bytes[2] << 16);
    const size = head === 1 ? bytes[0] >> 3 : (word & (2 ** (8 * head) - 1)) >> 4;
    const used = head + (kind ? 1 : size);
    if (used > bytes.length || size > FRAME_MAX) bad('literals cut off');
    return { literals: kind ? new Uint8Array(size).fill(bytes[head]) : bytes.subarray(head, used), used };
  }
  const width = [10, 10, 14, 18][format];
  const head = [3, 3, 4, 5][format];
  let word = 0n;
  for (let i = 0; i < head; i++) word |= BigInt(bytes[i] || 0) << BigInt(8 * i);
  const part = (from) => Number((word >> BigInt(from)) & ((1n << BigInt(width)) - 1n));
  const size = part(4);
  const used = head + part(4 + width);
  if (used > bytes.length || size > FRAME_MAX) bad('literals cut off');
  let coded = bytes.subarray(head, used);
  if (kind === 2) {
    const huffman = readHuffman(coded);
    tables.huffman = huffman.table;
    coded = coded.subarray(huffman.used);
  }
  const literals = new Uint8Array(size);
  if (format === 0) readStream(coded, tables.huffman, literals);
  else readFour(coded, tables.huffman, literals);
  return { literals, used };
}

function readFour(coded, table, literals) {
  const each = (literals.length + 3) >> 2;
  let at = 6;
  if (coded.length < 10 || each * 3 > literals.length) bad('literals cut off');
  for (let i = 0; i < 4; i++) {
    const end = i < 3 ? at + (coded[2 * i] | (coded[2 * i + 1] << 8)) : coded.length;
    if (end > coded.length) bad('literals cut off');
    readStream(coded.subarray(at, end), table, literals.subarray(each * i, i < 3 ? each * (i + 1) : literals.length));
    at = end;
  }
}

function readCount(bytes) {
  const first = bytes[0];
  if (first < 128) return { count: first, used: 1 };
  if (first < 255) return { count: ((first - 128) << 8) + bytes[1], used: 2 };
  return { count: bytes[1] + (bytes[2] << 8) + 0x7F00, used: 3 };
}

function readTables(bytes, tables) {
  let at = 1;
  kinds.forEach((kind, i) => {
    const mode = (bytes[0] >> (6 - 2 * i)) & 3;
    if (mode === 0) tables[kind.name] = buildTable(kind);
    if (mode === 1) tables[kind.name] = { log: 0, symbols: [bytes[at++]], widths: [0], bases: [0] };
    if (mode === 2) {
      const { table, used } = readTable(bytes.subarray(at), kind);
      tables[kind.name] = table;
      at += used;
    }
  });
  return at;
}

// The offset a code and its bits stand for; the last three are remembered (3.1.1.5).
function offsetOf(value, length, last) {
  if (value > 3) { last.unshift(value - 3); last.pop(); return last[0]; }
  const which = value - 1 + (length === 0);
  if (which === 0) return last[0];
  const offset = which === 3 ? last[0] - 1 : last[which];
  last.splice(which === 3 ? 2 : which, 1);
  last.unshift(offset);
  return offset;
}

function readSequences(bytes, tables, each) {
  const { count, used } = readCount(bytes);
  if (!count) return;
  const from = used + readTables(bytes.subarray(used), tables);
  const bits = new Backward(bytes.subarray(from));
  const [lengths, offsets, matches] = kinds.map(({ name }) => new State(tables[name], bits));
  for (let i = 0; i < count; i++) {
    const [matchBase, matchWidth] = matchesOf[matches.symbol] || bad('a length beyond all');
    const [base, width] = lengthsOf[lengths.symbol] || bad('a length beyond all');
    if (offsets.symbol > 24) bad('an offset beyond all');
    const offset = 2 ** offsets.symbol + bits.read(offsets.symbol);
    const match = matchBase + bits.read(matchWidth);
    const length = base + bits.read(width);
    if (bits.left < 0) bad('sequences cut off');
    each(length, match, offset);
    if (i + 1 === count) break;
    lengths.move(bits);
    matches.move(bits);
    offsets.move(bits);
  }
  if (bits.left !== 0) bad('sequences that do not come out even');
}

// Behind the dictionary's contents, as if they had been unpacked before.
class Out {
  constructor(contents, size) {
    this.bytes = new Uint8Array(contents.length + size);
    this.bytes.set(contents);
    this.at = contents.length;
  }

  take(bytes) {
    if (bytes.length > this.bytes.length - this.at) bad('more than was said');
    this.bytes.set(bytes, this.at);
    this.at += bytes.length;
  }

  repeat(offset, length) {
    if (!(offset > 0) || offset > this.at || length > this.bytes.length - this.at) bad('a repetition of nothing');
    for (let i = 0; i < length; i++, this.at++) this.bytes[this.at] = this.bytes[this.at - offset];
  }
}

function unpackBlock(bytes, frame) {
  const { literals, used } = readLiterals(bytes, frame.tables);
  if (used >= bytes.length) bad('a block cut off');
  let at = 0;
  readSequences(bytes.subarray(used), frame.tables, (length, match, value) => {
    if (length > literals.length - at) bad('more literals than there are');
    frame.out.take(literals.subarray(at, at + length));
    frame.out.repeat(offsetOf(value, length, frame.last), match);
    at += length;
  });
  frame.out.take(literals.subarray(at));
}

// Its size is said; no checksum, no window beyond it, no other dictionary.
function readFrameHead(bytes) {
  const flags = bytes[0];
  const sizeBytes = [flags & 0x20 ? 1 : 0, 2, 4, 8][flags >> 6];
  if (flags & 0x1F || !sizeBytes || sizeBytes > 4) bad('a frame of another kind');
  let at = flags & 0x20 ? 1 : 2;
  let size = sizeBytes === 2 ? 256 : 0;
  for (let i = 0; i < sizeBytes; i++, at++) size += bytes[at] * 2 ** (8 * i);
  if (!(size <= FRAME_MAX)) bad('a frame too large');
  return { size, at };
}

export function unpack(bytes, dictionary) {
  const head = readFrameHead(bytes);
  let { at } = head;
  const frame = { tables: { ...dictionary.tables }, last: [...dictionary.offsets], out: new Out(dictionary.contents, head.size) };
  for (let isLast = false; !isLast;) {
    if (at + 3 > bytes.length) bad('a frame cut off');
    const word = bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16);
    const [kind, size] = [(word >> 1) & 3, word >> 3];
    const end = at + 3 + (kind === 1 ? 1 : size);
    if (end > bytes.length || size > FRAME_MAX * 2) bad('a frame cut off');
    const block = bytes.subarray(at + 3, end);
    if (kind === 0) frame.out.take(block);
    else if (kind === 1) frame.out.take(new Uint8Array(size).fill(block[0]));
    else if (kind === 2) unpackBlock(block, frame);
    else bad('a block of no kind');
    isLast = (word & 1) === 1;
    at = end;
  }
  if (at !== bytes.length || frame.out.at !== frame.out.bytes.length) bad('a frame that does not come out even');
  return frame.out.bytes.subarray(dictionary.contents.length);
}
