// What the owner has typed and not sent: it outlives a change of section, an error and a login.

export const drafts = $state({
  join: { link: '' },
  ping: { node: '' },
  open: { link: '', to: '' },
  publish: { path: '', site: '', title: '', hidden: false },
  message: { to: '', text: '' },
  contact: { account: '', name: '' },
  /** Answers in a conversation, by account. */
  replies: {},
  /** New names of contacts, by account. */
  names: {},
});
