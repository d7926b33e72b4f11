// The node that was asked for an answer last, and the way that the question took.
import { post } from './api.js';
import { live } from './live.svelte.js';
import { count, roundTrip, shortKey } from './format.js';

const PATIENCE_MS = 10_000;

class Trace {
  /** Key of the node, or what the owner typed. */
  target = $state('');
  busy = $state(false);
  /** Answer of the API, or null. */
  answer = $state.raw(null);
  error = $state('');

  sentence = $derived.by(() => {
    if (!this.target) return '';
    if (this.busy) return `Asking ${shortKey(this.target)} …`;
    if (this.error) return this.error;
    if (!this.answer?.answered) return `${shortKey(this.target)} did not answer within ${PATIENCE_MS / 1000} s.`;
    const hops = this.answer.path.length - 1;
    return `${shortKey(this.answer.key)} answered in ${roundTrip(this.answer.rtt_us)}, over ${count(hops, 'hop')}.`;
  });

  async ask(node) {
    this.target = node;
    this.busy = true;
    this.error = '';
    this.answer = null;
    try {
      const answer = await post('ping', { node, patience_ms: PATIENCE_MS });
      if (this.target !== node) return;
      this.answer = answer;
    } catch (error) {
      if (this.target !== node) return;
      this.error = error.message;
    }
    this.busy = false;
    live.say(this.sentence);
  }

  clear() {
    this.target = '';
    this.answer = null;
    this.error = '';
    this.busy = false;
  }
}

export const trace = new Trace();
