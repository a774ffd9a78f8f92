// SPDX-License-Identifier: Apache-2.0
// What the node's log claims, checked in the page, from its words alone: verification keys and signed notes (C2SP signed-note),
// checkpoints (C2SP tlog-checkpoint), inclusion and consistency (RFC 9162, 2.1.3.2 and 2.1.4.2), proof files (C2SP tlog-proof).
// Whatever does not hold throws Damage, which names the words that say what; nothing here asks the node.
import { sha256 } from '@noble/hashes/sha2.js';
import { chacha20poly1305, xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { readDictionary, unpack } from './unpack.js';

export class Damage extends Error {
  constructor(key, values = {}) {
    super(key);
    this.key = key;
    this.values = values;
  }
}

export const HASH_SIZE = 32;
const KEY_SIZE = 32;
const SALT_SIZE = 16;
const ID_SIZE = 4;
const SIGNATURE = 1; // the kind of key that signs a note itself
const PATH_MAX = 64;
const utf8 = new TextEncoder();

// Exactly what encodes to the same text again: no second spelling of a hash passes.
export function fromBase64(text) {
  let bytes = '';
  try { bytes = atob(text); } catch { throw new Damage('log.bad.form'); }
  if (btoa(bytes) !== text) throw new Damage('log.bad.form');
  return Uint8Array.from(bytes, (c) => c.charCodeAt(0));
}
export const toHex = (bytes) => Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
export const isSame = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);

function hashFrom(text) {
  const bytes = fromBase64(text);
  if (bytes.length !== HASH_SIZE) throw new Damage('log.bad.form');
  return bytes;
}

const pair = new Uint8Array(1 + 2 * HASH_SIZE);
export function nodeHash(left, right) {
  pair[0] = 1;
  pair.set(left, 1);
  pair.set(right, 1 + HASH_SIZE);
  return sha256(pair);
}
export function leafHash(salt, body) {
  return sha256.create().update(new Uint8Array(1)).update(salt).update(body).digest();
}
export const emptyRoot = () => sha256(new Uint8Array(0));

const idOf = (name, bytes) => sha256(new Uint8Array([...utf8.encode(name), 10, ...bytes])).subarray(0, ID_SIZE);
const keyOf = (name, bytes) => ({ name, keys: [{ name, id: idOf(name, [SIGNATURE, ...bytes]), bytes }] });

// "name+id+key"
function parseLine(line) {
  const [, name, id, rest] = /^([^+\s]+)\+([0-9a-f]{8})\+(\S+)$/.exec(line.trim()) || [];
  if (!name) throw new Damage('log.bad.key');
  const bytes = fromBase64(rest);
  const own = idOf(name, bytes);
  if (bytes.length !== 1 + KEY_SIZE || bytes[0] !== SIGNATURE || toHex(own) !== id) throw new Damage('log.bad.key');
  return { name, id: own, bytes: bytes.subarray(1) };
}

// What a log signs with: the present key and those before it, a line each, all of one name.
export function parseKey(text) {
  const keys = text.trim().split(/\s+/).map(parseLine);
  if (keys.some(({ name }) => name !== keys[0].name)) throw new Damage('log.bad.key');
  return { name: keys[0].name, keys };
}

async function isSigned(key, signature, text) {
  let ready;
  try {
    ready = await crypto.subtle.importKey('raw', key.bytes, 'Ed25519', false, ['verify']);
  } catch {
    throw new Damage('log.unable');
  }
  return crypto.subtle.verify('Ed25519', ready, signature, utf8.encode(text));
}

// The text of a note that bears a good signature by this key; the names of those who signed beside it.
export async function openNote(note, key) {
  const end = note.lastIndexOf('\n\n');
  if (end < 0 || !note.endsWith('\n')) throw new Damage('log.bad.form');
  const text = note.slice(0, end + 1);
  let isOwn = false;
  const witnesses = [];
  for (const line of note.slice(end + 2, -1).split('\n')) {
    const [, name, value] = /^\u2014 ([^+\s]+) (\S+)$/.exec(line) || [];
    if (!name) throw new Damage('log.bad.form');
    const bytes = fromBase64(value);
    const by = key.keys.find((one) => name === one.name && isSame(bytes.subarray(0, ID_SIZE), one.id));
    if (!by) { witnesses.push(name); continue; }
    if (bytes.length !== ID_SIZE + 64 || !await isSigned(by, bytes.subarray(ID_SIZE), text)) throw new Damage('log.bad.signature');
    isOwn = true;
  }
  if (!isOwn) throw new Damage('log.bad.signer', { name: key.name });
  return { text, witnesses };
}

// Do a node's changes of key lead from this key to those? Each change is a note of nine lines, signed by the old and the new one.
export async function isFollowed(changes, old, now) {
  let at = old.keys[0].bytes;
  const lines = changes.split('\n');
  for (let i = 0; i + 9 <= lines.length; i += 9) {
    const facts = Object.fromEntries(lines.slice(i, i + 6).map((line) => line.split(/ (.*)/).slice(0, 2)));
    const from = fromBase64(facts.from || '');
    if (!isSame(from, at)) continue;
    const to = fromBase64(facts.to || '');
    const note = `${lines.slice(i, i + 9).join('\n')}\n`;
    if (!old.name.startsWith(`${facts.node}/`)) return false;
    for (const bytes of [from, to]) await openNote(note, keyOf(`${facts.node}/keys`, bytes));
    at = to;
  }
  return isSame(at, now.keys[0].bytes);
}

function numberFrom(text) {
  if (!/^(0|[1-9]\d{0,15})$/.test(text || '') || Number(text) > Number.MAX_SAFE_INTEGER) throw new Damage('log.bad.form');
  return Number(text);
}

export async function openCheckpoint(note, key) {
  const { text, witnesses } = await openNote(note, key);
  const [origin, size, root] = text.split('\n');
  if (origin !== key.name) throw new Damage('log.bad.origin', { name: origin });
  return { origin, size: numberFrom(size), root: hashFrom(root || ''), witnesses, note };
}

// ---- paths ----

// Walks up from entry `index` of `size`; `together` is called with each hash of the path and whether it stands on the left.
function climb(index, size, path, together) {
  let fn = BigInt(index);
  let sn = BigInt(size) - 1n;
  for (const hash of path) {
    if (sn === 0n) return false;
    const isRight = (fn & 1n) === 1n || fn === sn;
    together(hash, isRight);
    if (isRight) for (; (fn & 1n) === 0n && fn > 0n; fn >>= 1n) sn >>= 1n;
    fn >>= 1n;
    sn >>= 1n;
  }
  return sn === 0n;
}

export function isIncluded(leaf, index, { size, root }, path) {
  let at = leaf;
  if (index >= size) return false;
  const isWhole = climb(index, size, path, (hash, isRight) => { at = isRight ? nodeHash(hash, at) : nodeHash(at, hash); });
  return isWhole && isSame(at, root);
}

// That the log of `to` continues the log of `from`.
export function isContinued(from, to, path) {
  if (from.size > to.size) return false;
  if (from.size === 0) return path.length === 0;
  if (from.size === to.size) return path.length === 0 && isSame(from.root, to.root);
  let fn = BigInt(from.size) - 1n;
  let sn = BigInt(to.size) - 1n;
  for (; fn & 1n; fn >>= 1n) sn >>= 1n;
  const rest = [...path];
  let old = fn === 0n ? from.root : rest.shift(); // the root of a whole tree is itself the first hash, unsaid
  if (!old) return false;
  let now = old;
  const isWhole = climb(fn, sn + 1n, rest, (hash, isRight) => {
    now = isRight ? nodeHash(hash, now) : nodeHash(now, hash);
    if (isRight) old = nodeHash(hash, old);
  });
  return isWhole && isSame(old, from.root) && isSame(now, to.root);
}

export function hashLines(text) {
  return text.split('\n').filter(Boolean).map(hashFrom);
}

// ---- proof files ----

function parseProof(text) {
  const gap = text.indexOf('\n\n');
  const lines = text.slice(0, Math.max(gap, 0)).split('\n');
  if (lines.shift() !== 'c2sp.org/tlog-proof@v1') throw new Damage('log.bad.proof');
  const extra = lines[0]?.startsWith('extra ') ? lines.shift().slice(6) : '';
  const index = lines.shift() || '';
  if (!index.startsWith('index ') || lines.length > PATH_MAX) throw new Damage('log.bad.proof');
  return { extra: fromBase64(extra), index: numberFrom(index.slice(6)), path: lines.map(hashFrom), checkpoint: text.slice(gap + 2) };
}

const PACKED = 3; // the mark of contents that name a dictionary
const GROUP_AT = 6;

// What was packed ends with one byte 80 and zeros (src/audit/packing.h).
function unpadded(bytes) {
  let end = bytes.length;
  while (end && !bytes[end - 1]) end--;
  if (bytes[end - 1] !== 0x80) throw new Damage('log.bad.contents');
  return bytes.subarray(0, end - 1);
}

// The entry's own key, the salt, and the sealed contents with their head (kind, day, group, dictionary) in clear.
function openContents(bytes, dictionary) {
  if (bytes.length < KEY_SIZE + SALT_SIZE + GROUP_AT + 1 + 16) throw new Damage('log.bad.proof');
  const key = bytes.subarray(0, KEY_SIZE);
  const salt = bytes.subarray(KEY_SIZE, KEY_SIZE + SALT_SIZE);
  const stored = bytes.subarray(KEY_SIZE + SALT_SIZE);
  const isPacked = stored[0] === PACKED;
  const head = GROUP_AT + 1 + stored[GROUP_AT] + (isPacked ? 2 : 0);
  if (isPacked !== Boolean(dictionary)) throw new Damage('log.bad.proof');
  try {
    // the first form's key is the entry's own; the others' is what XChaCha20 makes of the day's key and the salt
    const [cipher, nonce] = stored[0] === 1 ? [xchacha20poly1305, 24] : [chacha20poly1305, 12];
    const about = new Uint8Array([...stored.subarray(0, head), ...(isPacked ? sha256(dictionary) : [])]);
    const opened = cipher(key, new Uint8Array(nonce), about).decrypt(stored.subarray(head));
    const body = isPacked ? unpack(unpadded(opened), readDictionary(dictionary)) : opened;
    return { leaf: leafHash(salt, stored), body: new TextDecoder().decode(body) };
  } catch {
    throw new Damage('log.bad.contents');
  }
}

// "D": the dictionary that the contents were packed with, behind its length and its hash, then the contents; "C": these alone, not
// packed; "H": the hash.
function leafOf(extra) {
  const rest = extra.subarray(1);
  if (extra[0] === 0x48 && rest.length === HASH_SIZE) return { leaf: rest, body: '' };
  if (extra[0] === 0x43) return openContents(rest, null);
  if (extra[0] !== 0x44 || rest.length < 4 + HASH_SIZE) throw new Damage('log.bad.proof');
  const size = new DataView(rest.buffer, rest.byteOffset).getUint32(0, true);
  const file = rest.subarray(4, 4 + size);
  const dictionary = file.subarray(HASH_SIZE);
  if (file.length !== size || !isSame(sha256(dictionary), file.subarray(0, HASH_SIZE))) throw new Damage('log.bad.proof');
  return openContents(rest.subarray(4 + size), dictionary);
}

// A proof file against the log's key: which entry of which log, and its contents where they are in it.
export async function checkProof(text, keyText) {
  const key = parseKey(keyText);
  const proof = parseProof(text);
  const checkpoint = await openCheckpoint(proof.checkpoint, key);
  const { leaf, body } = leafOf(proof.extra);
  if (!isIncluded(leaf, proof.index, checkpoint, proof.path)) throw new Damage('log.bad.inclusion');
  return { number: proof.index + 1, checkpoint, leaf: toHex(leaf), body, hashes: proof.path.length };
}
