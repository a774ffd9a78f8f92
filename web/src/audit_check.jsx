// SPDX-License-Identifier: Apache-2.0
// Checking the log in the page. The node's own word is one line of it; the rest is computed here from what the node gives anybody:
// its key, a signed checkpoint, the tiles of hashes. A checkpoint seen once is kept on this device, and the log must continue it.
import { useEffect, useState } from 'preact/hooks';
import { bytes, call, text } from './api.js';
import { t, when } from './i18n.js';
import { Damage, checkProof, hashLines, isContinued, isFollowed, isSame, openCheckpoint, parseKey, toHex } from './proof.js';
import { rootFromTiles, treeFromFiles } from './tree.js';
import { save } from './save.js';

const kept = 'log-checkpoint'; // {key, note, time}
const readKept = () => { try { return JSON.parse(localStorage.getItem(kept)); } catch { return null; } };
const count = (n) => n.toLocaleString('en').replaceAll(',', '\u202f');

// Steps are shown as they are done; the first that does not hold ends the work.
function useSteps() {
  const [state, setState] = useState({ steps: [], result: '', isBusy: false });
  async function run(work) {
    const steps = [];
    const show = (more) => setState({ steps: [...steps], result: '', isBusy: true, ...more });
    show();
    const say = (key, values, isQuiet = false) => { steps.push({ ok: true, isQuiet, words: t(key, values) }); show(); };
    try {
      await work(say, (done, all) => show({ progress: t('audit.tiles', { done: count(done), all: count(all) }) }));
      setState({ steps, result: 'sound', isBusy: false });
    } catch (failure) {
      const isDamage = failure instanceof Damage && failure.key !== 'log.unable';
      steps.push({ ok: false, words: failure instanceof Damage ? t(failure.key, failure.values) : failure.message });
      setState({ steps, result: isDamage ? 'damaged' : 'unchecked', isBusy: false });
    }
  }
  return [state, run];
}

const signs = { sound: '✓', damaged: '✕', unchecked: '–' };
function Steps({ state }) {
  if (!state.steps.length && !state.isBusy) return null;
  return (
    <div class={`checked ${state.result}`} role={state.result === 'damaged' ? 'alert' : 'status'} data-result={state.result} aria-busy={state.isBusy}>
      {state.result && <p class="word"><span aria-hidden="true">{signs[state.result]}</span> {t(`audit.${state.result}`)}</p>}
      <ol>{state.steps.map((step, i) => <li key={i} class={step.isQuiet ? 'quiet' : step.ok ? 'good' : 'bad'}>{!step.isQuiet && <span aria-hidden="true">{step.ok ? '✓' : '✕'} </span>}{step.words}</li>)}</ol>
      {state.isBusy && <p class="quiet">{state.progress || t('audit.checking')}</p>}
    </div>
  );
}

async function consistency(from, to, path) {
  if (!isContinued(from, to, path)) throw new Damage('log.bad.continued', { from: count(from.size), to: count(to.size) });
}
const pathBetween = async (from, to) => (from < to && from > 0 ? hashLines(await text(`/v1/log/consistency?from=${from}&to=${to}`)) : []);

async function askNode(say) {
  const { data } = await call('GET', '/v1/audit/verify');
  if (!data.ok) throw new Damage('log.bad.node', { report: data.report });
  say('log.node', { count: count(data.entries) });
}

async function openLive(say) {
  const keyText = (await text('/v1/log/key')).trim();
  const key = parseKey(keyText);
  const checkpoint = await openCheckpoint(await text('/v1/log/checkpoint'), key);
  say('log.signed', { name: key.name, count: count(checkpoint.size) });
  if (checkpoint.witnesses.length) say('log.witnesses', { names: checkpoint.witnesses.join(', ') }, true);
  return { keyText, key, checkpoint };
}

async function compareKept(say, { keyText, key, checkpoint }) {
  const old = readKept();
  if (old && old.key !== keyText && !await isFollowed(await text('/v1/log/key-changes'), parseKey(old.key), key)) throw new Damage('log.bad.newkey', { time: when(old.time) });
  if (old) {
    const before = await openCheckpoint(old.note, parseKey(old.key));
    if (before.size > checkpoint.size) throw new Damage('log.bad.shorter', { from: count(before.size), to: count(checkpoint.size), time: when(old.time) });
    await consistency(before, checkpoint, await pathBetween(before.size, checkpoint.size));
    say('log.continued', { time: when(old.time), count: count(before.size) });
  }
  localStorage.setItem(kept, JSON.stringify({ key: keyText, note: checkpoint.note, time: new Date().toISOString() }));
  if (!old) say('log.kept', {}, true);
}

async function verifyLive(say, onStep) {
  await askNode(say);
  const live = await openLive(say);
  const { root, hashes, level, branches } = await rootFromTiles(live.checkpoint.size, (path) => bytes(`/v1/log/tile/${path}`), onStep);
  if (!isSame(root, live.checkpoint.root)) throw new Damage('log.bad.root');
  say(level ? 'log.root.part' : 'log.root', { hashes: count(hashes), branches, root: toHex(root).slice(0, 16) });
  await compareKept(say, live);
}

function Live() {
  const [state, run] = useSteps();
  const keep = async (path, name) => save(name, await text(path));
  const [copied, setCopied] = useState('');
  // the checkpoint first: it covers no more than the files hold
  async function copy() {
    try {
      save('checkpoint', await text('/v1/log/checkpoint'), 'application/octet-stream'); // as text it would be kept as checkpoint.txt
      const { data } = await call('GET', '/v1/log/files');
      for (const [i, file] of data.entries()) {
        setCopied(t('audit.copying', { done: i + 1, all: data.length }));
        save(file.name, await bytes(`/v1/log/files/${file.name}`), 'application/octet-stream');
      }
      setCopied(t('audit.copied', { count: data.length }));
    } catch (problem) { setCopied(problem.message); }
  }
  return (
    <section aria-labelledby="check-live"><h2 id="check-live">{t('audit.live')}</h2><p class="quiet">{t('audit.live.help')}</p>
      <p class="actions">
        <button type="button" class="primary" disabled={state.isBusy} onClick={() => run(verifyLive)}>{t('audit.live.run')}</button>
        <button type="button" onClick={() => keep('/v1/log/checkpoint', 'checkpoint')}>{t('audit.save.checkpoint')}</button>
        <button type="button" onClick={() => keep('/v1/log/key', 'log.key')}>{t('audit.save.key')}</button>
        <button type="button" onClick={copy}>{t('audit.save.copy')}</button>
      </p>
      {copied && <p role="status" class="quiet">{copied}</p>}
      <Steps state={state} />
    </section>
  );
}

function sayProof(say, proof) {
  say('log.signed', { name: proof.checkpoint.origin, count: count(proof.checkpoint.size) });
  say('log.included', { number: count(proof.number), count: count(proof.checkpoint.size), hashes: proof.hashes });
  if (proof.body) say('log.contents', { body: proof.body }, true);
}

function Receipt() {
  const [receipt, setReceipt] = useState('');
  const [state, run] = useSteps();
  async function prove(say) {
    const file = await text(`/v1/log/proof/${encodeURIComponent(receipt.trim())}`);
    sayProof(say, await checkProof(file, await text('/v1/log/key')));
  }
  return (
    <section aria-labelledby="check-receipt"><h2 id="check-receipt">{t('audit.receipt.title')}</h2>
      <form class="filter" onSubmit={(e) => { e.preventDefault(); if (receipt.trim()) run(prove); }}>
        <label>{t('receipt')}<input id="prove-receipt" class="mono" autocomplete="off" value={receipt} onInput={(e) => setReceipt(e.target.value)} /></label>
        <button disabled={state.isBusy}>{t('audit.receipt.run')}</button>
      </form>
      <Steps state={state} />
    </section>
  );
}

// A copy is of this log when it is this log's beginning: its own tree's root leads to the signed root of now.
async function checkCopy(files, keyText, say, onStep) {
  const key = parseKey(keyText);
  const note = files.find((file) => !file.name.endsWith('.log'));
  const checkpoint = note && await openCheckpoint(await note.text(), key);
  if (checkpoint) say('log.signed', { name: key.name, count: count(checkpoint.size) });
  const tree = await treeFromFiles(files.filter((file) => file !== note), checkpoint?.size, onStep);
  say('log.copy.read', { count: count(tree.count) });
  if (checkpoint) {
    if (checkpoint.size > tree.count) throw new Damage('log.bad.shorter.copy', { from: count(checkpoint.size), to: count(tree.count) });
    if (!isSame(tree.rootThen, checkpoint.root)) throw new Damage('log.bad.root');
    say('log.copy.root', { count: count(checkpoint.size) });
    return;
  }
  const live = await openCheckpoint(await text('/v1/log/checkpoint'), key);
  if (tree.count > live.size) throw new Damage('log.bad.longer', { from: count(tree.count), to: count(live.size) });
  await consistency({ size: tree.count, root: tree.root }, live, await pathBetween(tree.count, live.size));
  say('log.copy.live', { count: count(live.size) });
}

async function checkFiles(files, keyText, say, onStep) {
  const isProof = async (file) => file.size < 1 << 20 && (await file.slice(0, 9).text()) === 'c2sp.org/';
  if (files.length === 1 && await isProof(files[0])) sayProof(say, await checkProof(await files[0].text(), keyText));
  else if (files.length === 1 && !files[0].name.endsWith('.log')) {
    const key = parseKey(keyText);
    say('log.signed', { name: key.name, count: count((await openCheckpoint(await files[0].text(), key)).size) });
  } else await checkCopy(files, keyText, say, onStep);
}

function Offline() {
  const [key, setKey] = useState('');
  const [files, setFiles] = useState([]);
  const [state, run] = useSteps();
  useEffect(() => { text('/v1/log/key').then((own) => setKey((old) => old || own.trim().replace('\n', ' '))).catch(() => { /* pasted by hand then */ }); }, []);
  const check = (list) => list.length && run((say, onStep) => checkFiles(list, key, say, onStep));
  return (
    <section aria-labelledby="check-files"><h2 id="check-files">{t('audit.files')}</h2><p class="quiet">{t('audit.files.help')}</p>
      <form class="filter" onSubmit={(e) => { e.preventDefault(); check(files); }}>
        <label class="broad">{t('audit.key')}<input id="log-key" class="mono" dir="ltr" autocomplete="off" spellcheck={false} value={key} onInput={(e) => setKey(e.target.value)} /></label>
        <label class="button attach">{t('audit.files.choose')}<input id="log-files" class="file" type="file" multiple disabled={state.isBusy} onChange={(e) => { setFiles([...e.target.files]); check([...e.target.files]); }} /></label>
        <button disabled={state.isBusy || !files.length}>{t('audit.files.run')}</button>
      </form>
      <Steps state={state} />
    </section>
  );
}

export function AuditCheck() {
  return <><Live /><Receipt /><Offline /></>;
}
