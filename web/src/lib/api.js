// Asks the node: JSON over HTTP at the origin that the page came from.

const PATIENCE_MS = 70_000; // a join answers after 30 s, a ping after 50 s at most

/** A request that failed; `message` is a sentence for people, `status` is 0 when there was no answer. */
export class ApiError extends Error {
  constructor(status, sentence) {
    super(sentence);
    this.status = status;
  }
}

let tellLoginNeeded = () => {};

/** `listener` is called whenever an answer says that this browser is not logged in. */
export function onLoginNeeded(listener) {
  tellLoginNeeded = listener;
}

async function ask(path, options) {
  let response;
  try {
    response = await fetch(`/api/v1/${path}`, { ...options, signal: AbortSignal.timeout(PATIENCE_MS) });
  } catch {
    throw new ApiError(0, 'The node does not answer. Is it still running?');
  }
  const answer = await response.json().catch(() => null);
  if (response.ok) return answer;
  if (response.status === 401) tellLoginNeeded();
  throw new ApiError(response.status, asSentence(answer?.error ?? `the node answered ${response.status}`));
}

/** Errors of the API begin small and end without a full stop. */
function asSentence(text) {
  const sentence = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(sentence) ? sentence : `${sentence}.`;
}

export const get = (path) => ask(path);

export const post = (path, body = {}) =>
  ask(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });

/** The WebSocket of events. */
export const openEvents = () => new WebSocket(`ws://${location.host}/api/v1/events`);
