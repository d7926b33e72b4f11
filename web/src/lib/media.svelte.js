// What the browser's window is like.

class Media {
  /** Room for a table and two columns. */
  wide = $state(false);
  /** Whether the page is seen at all. */
  visible = $state(!document.hidden);

  constructor() {
    const query = matchMedia('(min-width: 60rem)');
    this.wide = query.matches;
    query.addEventListener('change', () => (this.wide = query.matches));
    document.addEventListener('visibilitychange', () => (this.visible = !document.hidden));
  }
}

export const media = new Media();
