// SPDX-License-Identifier: Apache-2.0
// What the pages cost a line: requests and bytes of a first visit, of the next one, of a search; and when something can be read and
// typed on a line of 64 kbit/s with 600 ms there and back. Run it from the tree's root: node bench/pages.mjs [language]
import { Stage } from '../tests/browser/stage.mjs';

const language = process.argv[2] || 'en';
const SLOW = { offline: false, latency: 600, downloadThroughput: 8000, uploadThroughput: 8000 };
process.env.CHROMIUM ||= '/usr/bin/chromium';
const stage = await Stage.open();

// Everything that goes over the line, heads apart.
async function watch() {
  const cdp = await stage.context.newCDPSession(stage.page);
  await cdp.send('Network.enable');
  const seen = { requests: 0, bytes: 0, paths: [] };
  const paths = new Map();
  cdp.on('Network.responseReceived', ({ requestId, response }) => paths.set(requestId, response.url.replace(/^.*?:\d+/, '')));
  cdp.on('Network.requestServedFromCache', ({ requestId }) => paths.delete(requestId));
  cdp.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    if (!encodedDataLength) return;
    seen.requests++;
    seen.bytes += encodedDataLength;
    seen.paths.push(`${paths.get(requestId)} ${encodedDataLength}`);
  });
  return [cdp, seen];
}
// Until nothing has come for a while; requests that wait for news never end.
async function quiet(seen, pause = 2000) {
  for (let before = -1; before !== seen.bytes;) {
    before = seen.bytes;
    await new Promise((resolve) => { setTimeout(resolve, pause); });
  }
}
function row(name, seen, more = '') {
  console.log(`${name.padEnd(34)} ${String(seen.requests).padStart(3)} requests ${(seen.bytes / 1024).toFixed(1).padStart(7)} KiB ${more}`);
  if (process.env.PATHS) for (const path of seen.paths) console.log(`    ${path}`);
  Object.assign(seen, { requests: 0, bytes: 0, paths: [] });
}

async function visit(line) {
  await stage.context.close();
  await stage.openPage({ viewport: { width: 1366, height: 768 } });
  stage.page.setDefaultTimeout(180000);
  await stage.page.addInitScript((code) => localStorage.setItem('language', code), language);
  const [cdp, seen] = await watch();
  if (line) await cdp.send('Network.emulateNetworkConditions', line);
  const began = Date.now();
  await stage.page.goto(stage.base, { waitUntil: 'commit', timeout: 180000 });
  await stage.page.waitForSelector('main.sign');
  const readable = ((Date.now() - began) / 1000).toFixed(1);
  await quiet(seen, line ? 8000 : 2000);
  return { seen, readable };
}

const first = await visit();
row(`first visit, ${language}`, first.seen);
await stage.page.locator('main.sign details summary').click();
await stage.page.fill('#token', stage.node.tokens.desk);
await stage.page.keyboard.press('Enter');
await stage.page.waitForSelector('#query');
await quiet(first.seen);
row('signing in', first.seen);
await stage.page.reload();
await stage.page.waitForSelector('#query');
await quiet(first.seen);
row('next visit', first.seen);
await stage.ask('X7781209');
await quiet(first.seen);
row('a search, nothing found', first.seen);
const slow = await visit(SLOW);
row('first visit at 64 kbit/s', slow.seen, `readable after ${slow.readable} s`);
await stage.close();
