// What must hold on every screen: nothing forbidden, nothing too wide, nothing that keeps people out.
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const GRAVE = ['serious', 'critical'];

/** Collects what goes wrong in a page from now on. */
export class Watch {
  #wrong = [];
  #expected = [];

  async attach(page, origin) {
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.#note(`console: ${message.text()} (${message.location().url})`);
    });
    page.on('pageerror', (error) => this.#note(`exception: ${error.stack}`));
    page.on('request', (request) => {
      const asked = new URL(request.url());
      if (asked.origin !== origin) this.#note(`request to elsewhere: ${request.url()}`);
    });
    await page.exposeFunction('noteViolation', (text) => this.#note(`content security policy: ${text}`));
    await page.addInitScript(() => {
      addEventListener('securitypolicyviolation', (event) => {
        window.noteViolation(`${event.violatedDirective} forbids ${event.blockedURI} ${event.sample}`);
      });
    });
  }

  #note(text) {
    if (!this.#expected.some((pattern) => pattern.test(text))) this.#wrong.push(text);
  }

  /** From now on such lines are not wrong; returns a function that ends it. */
  expect(pattern) {
    this.#expected.push(pattern);
    return () => this.#expected.splice(this.#expected.indexOf(pattern), 1);
  }

  verify() {
    if (this.#wrong.length > 0) throw new Error(`the page did wrong:\n  ${this.#wrong.join('\n  ')}`);
  }
}

export async function checkWidth(page, where) {
  const wide = await page.evaluate(() => {
    const room = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= room) return null;
    return [...document.querySelectorAll('body *')]
      .filter((element) => element.getBoundingClientRect().right > room + 1)
      .slice(0, 5)
      .map((element) => `${element.tagName}.${element.getAttribute('class')} ${Math.round(element.getBoundingClientRect().right)}`);
  });
  if (wide) throw new Error(`${where} scrolls sideways: ${wide.join(', ')}`);
}

/** Runs axe-core in both colour schemes. */
export async function checkAccess(page, where) {
  for (const colorScheme of ['dark', 'light']) {
    await page.emulateMedia({ colorScheme });
    await page.evaluate(axeSource);
    const found = await page.evaluate(async () => {
      const { violations } = await window.axe.run(document, { resultTypes: ['violations'], preload: false });
      return violations.map(({ id, impact, help, nodes }) => ({
        id,
        impact,
        help,
        nodes: nodes.slice(0, 3).map((node) => `${node.html.slice(0, 160)} ${node.any[0]?.message ?? ''}`),
      }));
    });
    const grave = found.filter((violation) => GRAVE.includes(violation.impact));
    const lines = grave.map(({ id, impact, help, nodes }) => `${impact} ${id}: ${help}\n    ${nodes.join('\n    ')}`);
    if (grave.length > 0) throw new Error(`axe-core on ${where}, ${colorScheme}:\n  ${lines.join('\n  ')}`);
    for (const violation of found) console.log(`      axe-core on ${where}, ${colorScheme}: ${violation.impact}: ${violation.id}`);
  }
}
