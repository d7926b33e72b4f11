// Messages and contacts: what the node has told of them, as conversations.
import { get, post } from './api.js';
import { shortKey } from './format.js';

const PAGE = 100; // messages asked for at once
const SEEN_KEY = 'starling.seen'; // in the browser's storage: the newest number seen, by account

function storedSeen() {
  try {
    return JSON.parse(localStorage.getItem(SEEN_KEY)) ?? null;
  } catch {
    return null;
  }
}

/** An answer that was under way may be older than an event, even within one millisecond; queued is only what is new. */
function isOlder(message, known) {
  const [now, before] = [message.state === 'queued', known.state === 'queued'];
  return now === before ? message.changed_unix_ms < known.changed_unix_ms : now;
}

class Inbox {
  /** Ascending by number. */
  messages = $state.raw([]);
  contacts = $state.raw([]);
  /** Whether the node has messages at all. */
  loaded = $state(false);
  /** Why the node gave none; a sentence. */
  failure = $state(null);
  #seen = $state.raw(storedSeen());

  /** Newest conversation first: {account, name, blocked, messages, unread}. */
  conversations = $derived.by(() => {
    const byAccount = new Map();
    for (const message of this.messages) {
      if (!byAccount.has(message.account)) byAccount.set(message.account, []);
      byAccount.get(message.account).push(message);
    }
    return [...byAccount]
      .map(([account, messages]) => ({
        account,
        name: this.nameOf(account),
        blocked: this.contactOf(account)?.blocked ?? false,
        messages,
        unread: messages.filter((message) => this.#isUnread(message)).length,
      }))
      .sort((one, other) => other.messages.at(-1).number - one.messages.at(-1).number);
  });

  unread = $derived(this.conversations.reduce((sum, conversation) => sum + conversation.unread, 0));

  /** Whether the node has messages that are older than those here. */
  hasOlder = $derived(this.messages.length > 0 && this.messages[0].number > 1);

  contactOf(account) {
    return this.contacts.find((contact) => contact.account === account) ?? null;
  }

  /** The contact's name, or the short key. */
  nameOf(account) {
    return this.contactOf(account)?.name ?? shortKey(account);
  }

  async refresh() {
    try {
      await this.#load();
      this.failure = null;
    } catch (error) {
      this.failure = error.message;
      throw error;
    }
  }

  async #load() {
    const [, page] = await Promise.all([this.refreshContacts(), get(`messages?limit=${PAGE}`)]);
    const newest = this.messages.at(-1)?.number ?? 0;
    this.#merge(page.messages);
    // Fills a gap that arose while there was no connection.
    for (let since = newest + 1; newest > 0 && since < (page.messages[0]?.number ?? 0); since += PAGE) {
      this.#merge((await get(`messages?since=${since}&limit=${PAGE}`)).messages);
    }
    this.loaded = true;
    if (this.#seen === null) this.#remember(Object.fromEntries(this.messages.map((message) => [message.account, message.number])));
  }

  async refreshContacts() {
    this.contacts = (await get('contacts')).contacts;
  }

  async loadOlder() {
    const oldest = this.messages[0]?.number ?? 1;
    const since = Math.max(1, oldest - PAGE);
    this.#merge((await get(`messages?since=${since}&limit=${oldest - since}`)).messages);
  }

  /** Takes a new or changed message; true when it is new and came in. */
  take(message) {
    const known = this.messages.some((other) => other.number === message.number);
    this.#merge([message]);
    // Another program may have named the account since.
    if (message.name !== (this.contactOf(message.account)?.name ?? null)) this.refreshContacts().catch(() => {});
    return !known && message.direction === 'in';
  }

  async send(to, text) {
    const message = await post('send', { to, text });
    this.#merge([message]);
    return message;
  }

  /** Names or blocks an account: {name} or {blocked}. */
  async setContact(account, change) {
    await post('contact', { account, ...change });
    await this.refreshContacts();
  }

  async forget(account) {
    await post('forget', { account });
    await this.refreshContacts();
  }

  markSeen(account) {
    const newest = this.messages.findLast((message) => message.account === account)?.number ?? 0;
    if (newest > (this.#seen?.[account] ?? 0)) this.#remember({ ...this.#seen, [account]: newest });
  }

  #isUnread(message) {
    return message.direction === 'in' && this.#seen !== null && message.number > (this.#seen[message.account] ?? 0);
  }

  #remember(seen) {
    this.#seen = seen;
    try {
      localStorage.setItem(SEEN_KEY, JSON.stringify(seen));
    } catch {
      // A browser without storage forgets it with the page.
    }
  }

  #merge(page) {
    const byNumber = new Map(this.messages.map((message) => [message.number, message]));
    for (const message of page) {
      const known = byNumber.get(message.number);
      if (!known || !isOlder(message, known)) byNumber.set(message.number, message);
    }
    this.messages = [...byNumber.values()].sort((one, other) => one.number - other.number);
  }
}

export const inbox = new Inbox();
