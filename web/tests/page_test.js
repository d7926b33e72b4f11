// Drives the page of a real node in Chromium, by keyboard only, on a narrow and on a wide screen.
//
// Use: tests/e2e/page.sh starts the nodes and calls this with PAGE_TEST in the environment, a JSON object:
//      owner, far   {address, token} of the API of the node whose page it is, and of one some hops away
//      site         link of a site that `far` has published, whose page has the heading "Far away"
//      folder       a folder to publish, whose page has the heading "At home"
//      chromium     path of the browser
import { chromium } from 'playwright-core';
import { Watch, checkAccess, checkWidth } from './checks.js';
import { Keyboard } from './keyboard.js';

const PATIENCE_MS = 120_000; // a loaded computer is slow, and a test that waits too short tells nothing
const LOOKS_MS = 5000; // more than two of the page's looks at the node
const SIZES = [
  { width: 360, height: 740 },
  { width: 1440, height: 900 },
];

const { owner, far, site, folder, chromium: executablePath } = JSON.parse(process.env.PAGE_TEST);
const origin = `http://${owner.address}`;
const begun = Date.now();
const say = (text) => console.log(`${String(Date.now() - begun).padStart(7)} ms  ${text}`);

async function api(node, path, body) {
  const response = await fetch(`http://${node.address}/api/v1/${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { Authorization: `Bearer ${node.token}` },
    body: body && JSON.stringify(body),
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${path}: ${response.status} ${answer.error}`);
  return answer;
}

function check(condition, sentence) {
  if (!condition) throw new Error(sentence);
}

class Visit {
  constructor(context, page, watch, size) {
    Object.assign(this, { context, page, watch, size, keyboard: new Keyboard(page), where: `${size.width}x${size.height}` });
  }

  static async begin(browser, size) {
    const context = await browser.newContext({ viewport: size, reducedMotion: 'reduce' });
    context.setDefaultTimeout(PATIENCE_MS);
    context.setDefaultNavigationTimeout(PATIENCE_MS);
    const page = await context.newPage();
    const watch = new Watch();
    await watch.attach(page, origin);
    return new Visit(context, page, watch, size);
  }

  say(text) {
    say(`${this.where}: ${text}`);
  }

  text(text) {
    return this.page.getByText(text).first().waitFor();
  }

  async checkScreen(name) {
    await checkWidth(this.page, `${name} at ${this.where}`);
    await checkAccess(this.page, `${name} at ${this.where}`);
    this.watch.verify();
    this.say(`checked ${name}`);
  }

  /** Presses a key on a link into a new tab, and looks at that tab. */
  async expectTab(press, heading) {
    const opened = this.context.waitForEvent('page', { timeout: PATIENCE_MS });
    await press();
    const tab = await opened;
    await tab.getByRole('heading', { name: heading }).waitFor();
    check(new URL(tab.url()).hostname.endsWith('.localhost'), `${tab.url()} is no origin of its own`);
    await tab.close();
    await this.page.bringToFront();
  }

  async withoutLogin() {
    const end = this.watch.expect(/401|WebSocket/);
    await this.page.goto(`${origin}/`);
    await this.page.getByRole('heading', { name: 'This page needs a login' }).waitFor();
    await this.text('starling page');
    await this.checkScreen('the missing login');
    end();
  }

  async login() {
    const { code } = await api(owner, 'login-code', {});
    await this.page.goto(`${origin}/login/${code}`);
    await this.page.getByRole('heading', { name: 'Your node is running' }).waitFor();
    await this.keyboard.walkTo('link', /^Skip to the content$/);
    await this.keyboard.press('Enter');
    check(await this.page.evaluate(() => document.activeElement.id === 'main'), 'the skip link does not skip');
    this.say('logged in');
  }

  async overview() {
    const { key, account } = await api(owner, 'status');
    await this.text(key);
    await this.text(account);
    await this.keyboard.activate('button', /^Make an invitation$/);
    const picture = this.page.getByRole('img', { name: 'QR code of the invitation link' });
    await picture.waitFor();
    const path = await picture.locator('path').getAttribute('d');
    check(/^M4 4h7v1h-7z/.test(path), `the QR code begins with no finder pattern: ${path.slice(0, 40)}`);
    await this.text(/^starling:k.*secret=/);
    await this.keyboard.walkTo('button', /^Copy invitation link$/);
    this.say('made an invitation, with its QR code');

    const end = this.watch.expect(/status of 400/);
    await this.keyboard.fill(/^Invitation link/, 'nonsense');
    await this.page.waitForTimeout(LOOKS_MS);
    const field = await this.page.evaluate(() => `${document.activeElement.id}=${document.activeElement.value}`);
    check(field === 'join-link=nonsense', `the field lost something while the page looked at the node: ${field}`);
    await this.keyboard.activate('button', /^Join$/);
    await this.page.locator('section', { hasText: 'Join somebody' }).locator('.failed').waitFor();
    check((await this.page.inputValue('#join-link')) === 'nonsense', 'what was typed is lost after an error');
    end();
    await this.checkScreen('the overview');
  }

  async neighbours() {
    await this.keyboard.goTo('Neighbours');
    await this.page.getByRole('heading', { name: '2 neighbours' }).waitFor();
    await this.page.waitForFunction(() => {
      const times = [...document.querySelectorAll('.rtt')].map((element) => element.textContent);
      return times.length === 2 && times.every((time) => /^[0-9.]+\s(ms|s)$/.test(time));
    });
    const tables = await this.page.getByRole('table').count();
    check(tables === (this.size.width < 600 ? 0 : 1), `${tables} tables on this screen`);
    const { peers } = await api(owner, 'peers');
    await this.keyboard.activate('button', new RegExp(`^node key ${peers[0].key.slice(0, 7)}`));
    await this.text(peers[0].key);
    this.say('two neighbours with their round-trip times');
    await this.checkScreen('the neighbours');
  }

  async map() {
    const { key } = await api(far, 'status');
    await this.keyboard.goTo('Map');
    await this.page.getByRole('heading', { name: '4 nodes known' }).waitFor();
    await this.keyboard.walkTo('button', /^Node k/);
    await this.keyboard.press('Home');
    let focus = await this.keyboard.focus();
    for (let steps = 0; steps < 10 && !focus.name.includes(key.slice(0, 7)); steps++) {
      await this.keyboard.press('ArrowRight');
      focus = await this.keyboard.focus();
    }
    check(focus.name.includes(key.slice(0, 7)), 'the arrow keys do not reach the far node');
    check(/by way of k/.test(focus.name), `no way is named: ${focus.name}`);
    const answer = this.page.waitForResponse((response) => response.url().endsWith('/api/v1/explain'));
    await this.keyboard.press(this.size.width < 600 ? 'Enter' : 'Space');
    await this.text(/answered in [0-9.]+\s(ms|s), over 3\shops\./);
    const stops = this.page.getByRole('list', { name: 'The path, hop by hop' }).getByRole('listitem');
    await stops.nth(3).waitFor();
    check((await stops.count()) === 4, 'the path has 4 stops');
    const line = await this.page.locator('svg path.path').first().getAttribute('d');
    check((line.match(/[ML]/g) ?? []).length === 4, `the drawn path has other stops: ${line}`);
    this.say('the real path to a node 3 hops away, drawn and in words');
    await this.text(/^Next hop k.*of [0-9]+\sknown ways|only known way\./);
    const explained = await (await answer).json();
    await this.keyboard.activate('button', /ways?\sknown$/);
    const ways = this.page.getByRole('list', { name: 'Known ways, the chosen one first' }).getByRole('listitem');
    await ways.first().waitFor();
    check((await ways.count()) === explained.ways.length, `${await ways.count()} ways are shown of ${explained.ways.length}`);
    check((await ways.filter({ hasText: /chosen/ }).count()) === 1, 'not one way is the chosen one');
    check((await ways.first().textContent()).includes(`cost ${explained.cost}`), 'the chosen way is not the first, or its cost is another');
    this.say('why it goes that way, and what else is known');
    await this.keyboard.activate('button', /All nodes as a list$/);
    await this.keyboard.fill(/^Find a key/, key.slice(0, 9));
    await this.keyboard.walkTo('button', new RegExp(`^Ask ${key.slice(0, 7)}`));
    await this.checkScreen('the map');
  }

  async sites() {
    await this.keyboard.goTo('Sites');
    await this.keyboard.fill(/^Link/, site);
    await this.keyboard.walkTo('button', /^Open in the browser$/);
    await this.expectTab(() => this.keyboard.press('Enter'), 'Far away');
    this.say('opened a site of another node');
    await this.keyboard.fill(/^Folder or file/, folder);
    await this.keyboard.fill(/^Site name/, 'home');
    await this.keyboard.fill(/^Title/, 'Home <b>& garden</b>');
    await this.keyboard.press('Enter');
    await this.page.getByRole('heading', { name: 'Home <b>& garden</b>' }).waitFor();
    await this.keyboard.goTo('Sites'); // the walk begins above
    await this.keyboard.walkTo('link', /^Open Home <b>& garden<\/b> in a new tab$/);
    await this.expectTab(() => this.keyboard.press('Enter'), 'At home');
    this.say('published a site and opened it');
    await this.checkScreen('the sites');
  }

  async messages() {
    const { account } = await api(far, 'status');
    const written = `To far away, from a screen of ${this.where}`;
    await this.keyboard.goTo('Messages');
    await this.checkScreen('the messages');
    await this.keyboard.activate('link', /^New message$/);
    // In a wide window its heading was there before; the focus goes to it once the link has been followed.
    await this.page.locator('.pane:focus').waitFor();
    await this.page.getByRole('heading', { name: 'New message' }).waitFor();
    await this.keyboard.fill(/^To /, account);
    await this.keyboard.fill(/^Message/, written);
    await this.keyboard.activate('button', /^Send$/);
    const log = this.page.getByRole('log');
    await log.getByRole('article', { name: 'You' }).filter({ hasText: written }).filter({ hasText: 'delivered' }).waitFor();
    this.say('a message is delivered');
    await this.keyboard.fill(/^Message/, 'half typed');
    await api(far, 'send', { to: (await api(owner, 'status')).account, text: `And back to <b>${this.where}</b>` });
    await log.getByText(`And back to <b>${this.where}</b>`).waitFor();
    check((await this.page.inputValue('#reply')) === 'half typed', 'the answer that came in took what was typed');
    check((await this.keyboard.focus()).name.startsWith('Message'), 'the answer that came in took the focus');
    this.say('the answer came in by itself');
    await this.checkScreen('a conversation');
    await this.keyboard.walkBackTo('button', /^Contact$/);
    await this.keyboard.press('Enter');
    await this.keyboard.fill(/^Name/, 'Farah');
    await this.keyboard.press('Enter');
    await this.page.getByRole('heading', { name: 'Farah' }).waitFor();
    await this.checkScreen('a contact');
    this.say('the account is a contact with a name');
  }

  /** The last that can be seen of the node. */
  async lost() {
    this.watch.expect(/WebSocket|net::ERR_|status of 503/);
    await api(owner, 'stop', {});
    await this.page.getByRole('alert').filter({ hasText: 'The connection to your node is lost.' }).waitFor();
    await this.text(/Trying again/);
    await this.keyboard.walkTo('button', /^Try now$/);
    await this.checkScreen('the page without its node');
  }
}

async function main() {
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-quic'],
    timeout: PATIENCE_MS,
  });
  let visit;
  try {
    for (const size of SIZES) {
      visit = await Visit.begin(browser, size);
      await visit.withoutLogin();
      await visit.login();
      for (const part of ['overview', 'neighbours', 'map', 'sites', 'messages']) await visit[part]();
      if (size === SIZES.at(-1)) await visit.lost();
      visit.watch.verify();
      await visit.context.close();
    }
  } catch (error) {
    console.log(`FAILED at ${visit?.where}: ${error.stack.replaceAll(/\x1b\[\d+m/g, '')}`);
    const shown = await visit?.page.evaluate(() => `${location.hash}\n${document.body.innerText}`).catch(() => '');
    console.log(`--- the page said:\n${shown}`);
    process.exitCode = 1;
  } finally {
    await browser.close();
  }
}

await main();
