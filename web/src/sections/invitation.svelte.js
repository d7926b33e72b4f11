// The invitation made last: it stays on screen when the section changes.

export const invitation = $state({
  /** @type {{link: string, expires_unix_s: number, qr?: string[]} | null} */
  now: null,
});
