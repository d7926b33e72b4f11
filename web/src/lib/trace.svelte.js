// The node that was asked for an answer last, the way that the question took, and why.
import { post } from './api.js';
import { live } from './live.svelte.js';
import { count, roundTrip, shortKey } from './format.js';
import { whyThisWay } from './ways.js';

const PATIENCE_MS = 10_000;

class Trace {
  /** Key of the node, or what the owner typed. */
  target = $state('');
  busy = $state(false);
  /** Answer of the API, or null. */
  answer = $state.raw(null);
  /** The ways that are known, as the API explains them, or null. */
  explanation = $state.raw(null);
  error = $state('');

  sentence = $derived.by(() => {
    if (!this.target) return '';
    if (this.busy) return `Asking ${shortKey(this.target)} …`;
    if (this.error) return this.error;
    if (!this.answer?.answered) return `${shortKey(this.target)} did not answer within ${PATIENCE_MS / 1000} s.`;
    const hops = this.answer.path.length - 1;
    return `${shortKey(this.answer.key)} answered in ${roundTrip(this.answer.rtt_us)}, over ${count(hops, 'hop')}.`;
  });

  reason = $derived(this.explanation ? whyThisWay(this.explanation) : '');

  async ask(node) {
    this.target = node;
    this.busy = true;
    this.error = '';
    this.answer = null;
    this.explanation = null;
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
    if (!this.error) await this.#explain(node);
  }

  /** Beside the answer: without it the answer stands for itself. */
  async #explain(node) {
    const explanation = await post('explain', { node }).catch(() => null);
    if (this.target === node) this.explanation = explanation;
  }

  clear() {
    this.target = '';
    this.answer = null;
    this.explanation = null;
    this.error = '';
    this.busy = false;
  }
}

export const trace = new Trace();
