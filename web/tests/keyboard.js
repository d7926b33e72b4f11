// Walks through a page as somebody does who has no mouse: Tab, Shift+Tab, arrows, Enter, Space and typing.

const STOPS_MAX = 500; // more presses than any section has stops, twice

/** What has the focus: its role and name as a screen reader would say them, and whether it can be seen. */
function describeFocus() {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const words = (node) => (node?.textContent ?? '').replace(/\s+/g, ' ').trim();
  const labels = [...(element.labels ?? [])].map(words).join(' ');
  const roles = { A: 'link', BUTTON: 'button', INPUT: 'field', TEXTAREA: 'field' };
  const rect = element.getBoundingClientRect();
  const inside = (value, most) => Math.min(Math.max(value, 1), most - 2);
  const hit = document.elementFromPoint(
    inside(rect.left + rect.width / 2, innerWidth),
    inside(rect.top + Math.min(rect.height / 2, 40), innerHeight),
  );
  const ring = element instanceof SVGElement ? element.querySelector('.halo') : element;
  const style = getComputedStyle(ring);
  return {
    role: element.getAttribute('role') ?? roles[element.tagName] ?? element.tagName.toLowerCase(),
    name: element.getAttribute('aria-label') ?? (labels || words(element)),
    seen: hit !== null && (element.contains(hit) || hit.contains(element)),
    ringed: style.outlineStyle !== 'none' || (element instanceof SVGElement && style.stroke !== 'none'),
  };
}

export class Keyboard {
  #page;

  constructor(page) {
    this.#page = page;
  }

  press(key) {
    return this.#page.keyboard.press(key);
  }

  focus() {
    return this.#page.evaluate(describeFocus);
  }

  /** Presses `key` until what has the focus has that role and a name that matches. */
  async walkTo(role, name, key = 'Tab') {
    const met = [];
    for (let stop = 0; stop < STOPS_MAX; stop++) {
      await this.press(key);
      const focus = await this.focus();
      if (!focus) continue;
      met.push(`${focus.role} "${focus.name.slice(0, 40)}"`);
      if (!focus.ringed) throw new Error(`the focus cannot be seen on ${met.at(-1)}`);
      if (focus.role !== role || !name.test(focus.name)) continue;
      if (!focus.seen) throw new Error(`${met.at(-1)} has the focus and is hidden behind something`);
      return focus;
    }
    throw new Error(`no ${role} ${name} in ${STOPS_MAX} presses of ${key}; met: ${[...new Set(met)].slice(0, 60).join(', ')}`);
  }

  walkBackTo(role, name) {
    return this.walkTo(role, name, 'Shift+Tab');
  }

  /** Replaces what a field holds; the walk begins where the focus is. */
  async fill(name, text) {
    await this.walkTo('field', name);
    await this.press('Control+A');
    await this.#page.keyboard.type(text);
  }

  /** Types into a field and sends its form from the button of that name. */
  async activate(role, name) {
    await this.walkTo(role, name);
    await this.press('Enter');
  }

  /** Follows the navigation to a section, from wherever the focus is. */
  async goTo(section) {
    await this.walkBackTo('link', new RegExp(`^${section}`));
    await this.press('Enter');
    await this.#page.locator(`nav a[aria-current=page]`, { hasText: section }).waitFor();
  }
}
