// Where the keyboard goes on when what it was on is gone.
import { tick } from 'svelte';

/** After a change: gives the focus to `element` (with tabindex -1 if need be) when it got lost. */
export async function keepFocus(element) {
  await tick();
  const active = document.activeElement;
  if (!active || active === document.body) element?.focus();
}
