// What the node's words mean, in sentences.
import { duration } from './format.js';

export const JOIN_OUTCOMES = {
  accepted: 'Joined. That node is your friend now, and a neighbour.',
  linked: 'Linked. There was no invitation in the link, so that node is a neighbour, not a friend.',
  unknown: 'That node does not know this invitation.',
  expired: 'This invitation is too old. Ask for a new one.',
  used: 'Somebody else has used this invitation. Ask for a new one.',
  limited: 'That node refuses invitations for some minutes. Try again later.',
  no_answer: 'No answer within 30 s. Your node goes on trying.',
  no_key: 'This link names no other node.',
  friends_full: 'Your node has as many friends as it can keep.',
};

/** Whether a join went as it should. */
export const isGoodOutcome = (outcome) => outcome === 'accepted' || outcome === 'linked';

const TROUBLES = {
  no_devices: 'no device of the recipient is known yet',
  unreachable: 'the recipient cannot be reached just now',
  not_now: 'the recipient’s node cannot take it just now',
  own_disk: 'the disk of your node is full, or fails',
};

const REASONS = {
  not_mine: 'that node does not belong to the recipient',
  unwelcome: 'the recipient does not want it',
  malformed: 'the recipient’s node cannot read it',
};

const spaced = (code) => code.replaceAll('_', ' ');

/** The state of a message of ours, or null for one that came in. */
export function messageState(message) {
  switch (message.state) {
    case 'received':
      return null;
    case 'queued':
      if (!message.trouble) return 'on its way';
      return `waiting: ${TROUBLES[message.trouble] ?? spaced(message.trouble)}`;
    case 'refused':
      return `refused: ${REASONS[message.reason] ?? spaced(message.reason ?? 'no reason given')}`;
    default:
      return spaced(message.state);
  }
}

const TRANSFER_KINDS = { publish: 'Publishing', get: 'Fetching', pin: 'Fetching to keep' };

export const transferKind = (transfer) => TRANSFER_KINDS[transfer.kind] ?? transfer.kind;

const TRANSFER_STATES = {
  waiting: 'waiting for others',
  reading: 'reading files',
  finding: 'finding who has it',
  connecting: 'connecting to who has it',
  fetching: 'fetching',
  writing: 'writing files',
  done: 'done',
  failed: 'failed',
  cancelled: 'cancelled',
};

export const transferState = (transfer) => TRANSFER_STATES[transfer.state] ?? spaced(transfer.state);

/** What is odd about the node, a sentence each. */
export function warnings(status) {
  const found = [];
  if (status.heard_own_key) found.push('Another process uses this node’s key. Perhaps this home runs twice.');
  const offset = status.clock_offset_s;
  if (offset !== null && Math.abs(offset) > 60) {
    found.push(`This computer’s clock is ${duration(Math.abs(offset))} ${offset > 0 ? 'behind' : 'ahead of'} that of the neighbours.`);
  }
  return found;
}
