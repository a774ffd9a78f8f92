// SPDX-License-Identifier: Apache-2.0
// The tree over the log's entries grown anew in the page: from the node's tiles of hashes (C2SP tlog-tiles), or from a copy of
// the log's own files (src/audit/internal.h draws their bytes).
import { sha256 } from '@noble/hashes/sha2.js';
import { Damage, HASH_SIZE, emptyRoot, isSame, leafHash, nodeHash } from './proof.js';

const TILE = 256;
const TILES_MAX = 1024; // of one level: 262,144 hashes; a longer log is read from a higher level, with branches down to the entries
const BRANCHES = 16;
const AT_ONCE = 4;

export class Tree {
  count = 0;

  stack = []; // roots of whole subtrees, by height

  grow(hash, height = 0) { // subtrees come in the order of their entries, the large first
    let up = hash;
    let at = height;
    for (; Math.floor(this.count / 2 ** at) % 2; at++) up = nodeHash(this.stack[at], up);
    this.stack[at] = up;
    this.count += 2 ** height;
  }

  root() {
    let root = null;
    for (let at = 0; 2 ** at <= this.count; at++) {
      if (Math.floor(this.count / 2 ** at) % 2) root = root ? nodeHash(this.stack[at], root) : this.stack[at];
    }
    return root || emptyRoot();
  }
}

// ---- from the node ----

export function tilePath(level, index, width) {
  const digits = String(index).padStart(Math.ceil(String(index).length / 3) * 3, '0').match(/\d{3}/g);
  return `${level}/${digits.map((d, i) => (i + 1 < digits.length ? `x${d}` : d)).join('/')}${width < TILE ? `.p/${width}` : ''}`;
}

function split(bytes, width) {
  if (bytes.length !== width * HASH_SIZE) throw new Damage('log.bad.tile');
  return Array.from({ length: width }, (_, i) => bytes.subarray(i * HASH_SIZE, (i + 1) * HASH_SIZE));
}

// Which tiles make up a log of this size: all of the lowest level that is not too many, and of those below what the last of
// each level does not cover.
export function tilesOf(size) {
  let level = 0;
  while (size / TILE ** (level + 1) > TILES_MAX) level++;
  const tiles = [];
  for (let l = level; l >= 0; l--) {
    const end = Math.floor(size / TILE ** l);
    const first = l === level ? 0 : Math.floor(size / TILE ** (l + 1)) * TILE;
    for (let at = first; at < end; at += TILE) tiles.push({ level: l, index: at / TILE, width: Math.min(TILE, end - at) });
  }
  return { level, tiles };
}

function rootOf(hashes) {
  const tree = new Tree();
  for (const hash of hashes) tree.grow(hash);
  return tree.root();
}

// From one hash of the lowest whole level down to an entry: each tile's root is the hash above it.
async function descend(entry, level, above, read) {
  let expected = above;
  for (let l = level - 1; l >= 0; l--) {
    const hashes = split(await read(tilePath(l, Math.floor(entry / TILE ** (l + 1)), TILE)), TILE);
    if (!isSame(rootOf(hashes), expected)) throw new Damage('log.bad.branch', { number: entry + 1 });
    expected = hashes[Math.floor(entry / TILE ** l) % TILE];
  }
}

// The root of the log's first `size` entries, from hashes that `read` fetches by a tile's path.
export async function rootFromTiles(size, read, onStep = () => {}) {
  const { level, tiles } = tilesOf(size);
  const tree = new Tree();
  const top = [];
  let count = 0;
  for (let at = 0; at < tiles.length; at += AT_ONCE) {
    const some = tiles.slice(at, at + AT_ONCE);
    const parts = await Promise.all(some.map((tile) => read(tilePath(tile.level, tile.index, tile.width))));
    parts.forEach((bytes, i) => {
      const hashes = split(bytes, some[i].width);
      if (some[i].level === level) top.push(...hashes);
      for (const hash of hashes) tree.grow(hash, 8 * some[i].level);
      count += hashes.length;
    });
    onStep(Math.min(tiles.length, at + AT_ONCE), tiles.length);
  }
  const branches = level ? BRANCHES : 0;
  for (let i = 0; i < branches; i++) {
    const entry = Math.floor(Math.random() * top.length * TILE ** level);
    await descend(entry, level, top[Math.floor(entry / TILE ** level)], read);
  }
  return { root: tree.root(), hashes: count, level, branches };
}

// ---- from a copy of the files ----

const FILE_HEAD = 64;
const GROUP_HEAD = 64;
const ENTRY_HEAD = 48;
const SALT_SIZE = 16;
const FILE_WORD = 0x31A5FF4755414255n;
const GROUP_WORD = 0xB1FF47A5;
const DESTROYED = 1;
const FLAGS = 3;
const RUN = 64; // entries hashed together into the chain
const PAUSE_EVERY = 4000; // entries, so that the page stays alive

const isEmpty = (bytes) => bytes.every((byte) => byte === 0);

function entryLeaf(bytes, view, at, number) {
  const length = at + ENTRY_HEAD + SALT_SIZE <= bytes.length ? view.getUint32(at + 8, true) : Infinity;
  const end = at + ENTRY_HEAD + SALT_SIZE + length;
  if (end > bytes.length || Number(view.getBigUint64(at, true)) !== number || view.getUint32(at + 12, true) > FLAGS) throw new Damage('log.bad.entry', { number });
  const said = bytes.subarray(at + 16, at + ENTRY_HEAD);
  const salt = bytes.subarray(at + ENTRY_HEAD, at + ENTRY_HEAD + SALT_SIZE);
  const body = bytes.subarray(at + ENTRY_HEAD + SALT_SIZE, end);
  const isGone = (view.getUint32(at + 12, true) & DESTROYED) === DESTROYED;
  if (isGone ? !isEmpty(salt) || !isEmpty(body) : !isSame(leafHash(salt, body), said)) throw new Damage('log.bad.entry', { number });
  return { leaf: said, end };
}

// The chain over a group: its head, then runs of its entries' heads, as they were before any was destroyed.
function chainOver(before, head, links) {
  let chain = sha256.create().update(before).update(head).digest();
  for (let at = 0; at < links.length; at += RUN) chain = sha256(joined([chain, ...links.slice(at, at + RUN)]));
  return chain;
}
function joined(pieces) {
  const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  pieces.reduce((at, piece) => { all.set(piece, at); return at + piece.length; }, 0);
  return all;
}

async function readGroup(bytes, view, at, end, log) {
  const first = log.tree.count + 1;
  const count = view.getUint32(at + 4, true);
  if (Number(view.getBigUint64(at + 8, true)) !== first) throw new Damage('log.bad.missing', { number: first });
  const links = [];
  let next = at + GROUP_HEAD;
  for (let i = 0; i < count; i++) {
    const entry = entryLeaf(bytes.subarray(0, end), view, next, first + i);
    const link = bytes.slice(next, next + ENTRY_HEAD);
    link[12] &= ~DESTROYED;
    links.push(link);
    log.add(entry.leaf);
    next = entry.end;
    if (log.tree.count % PAUSE_EVERY === 0) await new Promise((resolve) => { setTimeout(resolve); });
  }
  const chain = chainOver(log.chain, bytes.subarray(at, at + GROUP_HEAD - HASH_SIZE), links);
  if (next !== end || !isSame(chain, bytes.subarray(at + GROUP_HEAD - HASH_SIZE, at + GROUP_HEAD))) throw new Damage('log.bad.entry', { number: first });
  log.chain = chain;
}

async function readFile(bytes, log) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < FILE_HEAD || view.getBigUint64(0, true) !== FILE_WORD) throw new Damage('log.bad.file');
  if (Number(view.getBigUint64(8, true)) !== log.tree.count + 1) throw new Damage('log.bad.missing', { number: log.tree.count + 1 });
  const rest = bytes.subarray(16 + HASH_SIZE, FILE_HEAD);
  if (!isSame(bytes.subarray(16, 16 + HASH_SIZE), log.chain) || !isEmpty(rest)) throw new Damage('log.bad.file');
  let at = FILE_HEAD;
  while (at + GROUP_HEAD <= bytes.length && view.getUint32(at, true) === GROUP_WORD) {
    const end = at + GROUP_HEAD + view.getUint32(at + 16, true);
    if (end > bytes.length) break;
    await readGroup(bytes, view, at, end, log);
    at = end;
  }
  if (!isEmpty(bytes.subarray(at))) throw new Damage('log.bad.behind', { number: log.tree.count });
}

// Files of a copy, in any order: the tree over all their entries, and its root as of `size`, where the copy is as long as that.
export async function treeFromFiles(files, size, onStep = () => {}) {
  const log = {
    tree: new Tree(),
    chain: new Uint8Array(HASH_SIZE),
    rootThen: size === 0 ? emptyRoot() : null,
    add(leaf) {
      this.tree.grow(leaf);
      if (this.tree.count === size) this.rootThen = this.tree.root();
    },
  };
  const sorted = [...files].sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const [i, file] of sorted.entries()) {
    await readFile(new Uint8Array(await file.arrayBuffer()), log);
    onStep(i + 1, sorted.length);
  }
  return { count: log.tree.count, root: log.tree.root(), rootThen: log.rootThen };
}
