// How fast bytes flow: from the totals of one look at the neighbours and the next.

const SMOOTHING = 0.5; // of the newer figure: steady enough to read, and still there within some seconds
const SINCE_SLACK_MS = 4000; // whole seconds and the way here make a start time waver by less

/**
 * @typedef {{at: number, sent: number, received: number, rateSent: number, rateReceived: number, since: number}} Sample
 * @param {Map<string, Sample>} before by key of the neighbour
 * @param {Array<any>} peers
 * @param {number} now in milliseconds
 * @returns {Map<string, Sample>}
 */
export function measure(before, peers, now) {
  const after = new Map();
  for (const peer of peers) {
    const sample = {
      at: now,
      sent: peer.bytes_sent,
      received: peer.bytes_received,
      rateSent: 0,
      rateReceived: 0,
      since: now - peer.up_s * 1000,
    };
    const old = before.get(peer.key);
    // A link that began anew counts from nothing.
    if (old && Math.abs(old.since - sample.since) < SINCE_SLACK_MS) {
      sample.since = old.since;
      const seconds = Math.max((now - old.at) / 1000, 0.1);
      const mix = (rate, total, oldTotal) =>
        rate * (1 - SMOOTHING) + (Math.max(0, total - oldTotal) / seconds) * SMOOTHING;
      sample.rateSent = mix(old.rateSent, peer.bytes_sent, old.sent);
      sample.rateReceived = mix(old.rateReceived, peer.bytes_received, old.received);
    }
    after.set(peer.key, sample);
  }
  return after;
}
