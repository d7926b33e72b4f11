// What is known of the node, kept fresh: asked for while the page is seen, and told by the node's events.
import { get, onLoginNeeded, openEvents } from './api.js';
import { inbox } from './inbox.svelte.js';
import { measure } from './traffic.js';

const POLL_MS = 2000;
const STORE_EVERY_POLLS = 5;
const PAUSES_MS = [500, 1000, 2000, 4000, 8000, 15_000, 30_000]; // between attempts to connect

class Live {
  status = $state.raw(null);
  peers = $state.raw([]);
  dialing = $state.raw([]);
  traffic = $state.raw(new Map());
  routes = $state.raw([]);
  sites = $state.raw([]);
  pins = $state.raw([]);
  transfers = $state.raw([]);
  store = $state.raw(null);

  /** `connecting` at first, then `open` or `lost`. */
  connection = $state('connecting');
  /** When the next attempt to connect begins, in milliseconds of Date.now(). */
  retryAt = $state(0);
  loginNeeded = $state(false);
  /** A sentence that stays until the page is loaded again. */
  ending = $state('');
  /** What a screen reader says aloud. */
  spoken = $state('');

  #socket = null;
  #failures = 0;
  #retry = 0;
  #polls = 0;
  #polling = false;

  start() {
    onLoginNeeded(() => this.#stopForLogin());
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) this.#seenAgain();
    });
    setInterval(() => this.#poll(), POLL_MS);
    this.#connect();
    this.refreshAll();
  }

  say(sentence) {
    this.spoken = sentence;
  }

  /** Attempts to connect at once, also after a missing login. */
  tryNow() {
    this.loginNeeded = false;
    clearTimeout(this.#retry);
    this.#connect();
    this.refreshAll();
  }

  refreshAll() {
    return Promise.all([this.#refreshFast(), this.refreshContent(), inbox.refresh()].map((part) => part.catch(() => {})));
  }

  /** Sites, pins, transfers and the store. */
  async refreshContent() {
    const [sites, pins] = await Promise.all([get('sites'), get('pins'), this.refreshTransfers(), this.#refreshStore()]);
    this.sites = sites.sites;
    this.pins = pins.pins;
  }

  async refreshTransfers() {
    this.transfers = (await get('transfers')).transfers;
  }

  async #refreshStore() {
    this.store = await get('store');
  }

  async #refreshFast() {
    const [status, peers, routes] = await Promise.all([get('status'), get('peers'), get('routes')]);
    this.status = status;
    this.traffic = measure(this.traffic, peers.peers, Date.now());
    this.peers = peers.peers;
    this.dialing = peers.dialing;
    this.routes = routes.nodes;
  }

  async #poll() {
    if (document.hidden || this.loginNeeded || this.#polling) return;
    this.#polling = true;
    this.#polls += 1;
    try {
      await this.#refreshFast();
      if (this.transfers.some((transfer) => !transfer.over)) await this.refreshTransfers();
      if (this.#polls % STORE_EVERY_POLLS === 0) await this.#refreshStore();
    } catch {
      // The connection of events says that the node is gone.
    } finally {
      this.#polling = false;
    }
  }

  #seenAgain() {
    if (this.connection === 'open') this.#poll();
    else this.tryNow();
  }

  #stopForLogin() {
    this.loginNeeded = true;
    clearTimeout(this.#retry);
    this.#socket?.close();
  }

  #connect() {
    const old = this.#socket;
    const socket = openEvents();
    this.#socket = socket;
    old?.close();
    socket.onopen = () => {
      if (socket !== this.#socket) return;
      const again = this.connection === 'lost';
      this.connection = 'open';
      this.#failures = 0;
      if (again) this.say('Connected again.');
      this.refreshAll();
    };
    socket.onmessage = (event) => this.#handle(JSON.parse(event.data));
    socket.onclose = () => {
      if (socket === this.#socket) this.#lose();
    };
  }

  #lose() {
    if (this.loginNeeded) return;
    if (this.connection === 'open') this.say('The connection to your node is lost.');
    this.connection = 'lost';
    const pause = PAUSES_MS[Math.min(this.#failures, PAUSES_MS.length - 1)];
    this.#failures += 1;
    this.retryAt = Date.now() + pause;
    this.#retry = setTimeout(() => this.#connect(), pause);
    get('status').catch(() => {}); // says whether it is the login that is missing
  }

  #handle(event) {
    switch (event.event) {
      case 'link_up':
      case 'link_down':
        this.#refreshFast().catch(() => {});
        break;
      case 'transfer_over':
        this.#replaceTransfer(event.transfer);
        this.refreshContent().catch(() => {});
        break;
      case 'message':
        if (inbox.take(event.message)) this.say(`New message from ${inbox.nameOf(event.message.account)}.`);
        break;
      case 'runs_twice':
        this.ending = 'Another process runs with this node’s key and is the newer one. This node stops.';
        break;
      case 'lost':
        this.refreshAll();
        break;
    }
  }

  #replaceTransfer(transfer) {
    const others = this.transfers.filter((other) => other.id !== transfer.id);
    this.transfers = [...others.filter((other) => !other.over), transfer, ...others.filter((other) => other.over)];
  }
}

export const live = new Live();
