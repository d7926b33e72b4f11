// The ways to a node that this one knows, in words: what POST /api/v1/explain answers.
import { count, duration, shortKey } from './format.js';

/** A node that is known by its key, or only by the beginning of its id. */
export const nodeName = (node) => (node.key ? shortKey(node.key) : `${node.node}…`);

const isUsable = (way) => way.state === 'chosen' || way.state === 'costlier' || way.state === 'passed_over';

const STATES = {
  chosen: 'chosen',
  costlier: 'costs no less',
  passed_over: 'passed over',
  infeasible: 'might be a loop',
  blocked: 'passes nothing on',
  out_of_reach: 'out of reach',
  starts_here: 'starts at this node',
};

export function wayState(way) {
  if (way.state === 'banned') return `failed, left out for ${duration(Math.ceil(way.banned_ms / 1000))}`;
  return STATES[way.state] ?? way.state.replaceAll('_', ' ');
}

/** What a way is, as a title; of a landmark the name follows. */
export function wayTitle(way) {
  if (way.kind === 'table') return 'Routing table';
  if (way.kind === 'recorded') return `Path recorded ${duration(way.age_ms / 1000)} ago`;
  return 'Landmark';
}

function chosenText(way) {
  if (way.kind === 'table') return `a cost of ${way.cost} by the routing table`;
  if (way.kind === 'recorded') return `a cost of ${way.cost} by the recorded path`;
  return `a cost of ${way.cost} over landmark ${nodeName(way.landmark)}`;
}

/** Why the chosen way goes before one that seems to cost less. */
function precedence(ways, chosen) {
  if (ways.some((way) => way.kind === 'table' && way.state === 'passed_over')) {
    return 'a route in use stays until another one costs a twentieth less';
  }
  const byRecord = chosen.kind === 'recorded' || ways.some((way) => way.kind === 'recorded' && way.carried);
  return byRecord ? 'a path that has proved itself goes before what an address promises' : 'a node that the table lists is reached by the table';
}

/** One sentence. */
export function whyThisWay({ standing, next, ways }) {
  if (standing === 'self') return 'This is your own node.';
  if (ways.length === 0) return 'No way is known here: the directory is asked for one.';
  const chosen = ways.find((way) => way.state === 'chosen');
  if (!chosen) return 'No known way can be used now: the directory is asked for another one.';
  const begin = `Next hop ${shortKey(next)} because ${chosenText(chosen)}`;
  if (ways.length === 1) return `${begin} is the only known way.`;
  const known = count(ways.length, 'known way');
  if (ways.some((way) => way.state === 'passed_over')) return `${begin} goes first of ${known}: ${precedence(ways, chosen)}.`;
  const usable = ways.filter(isUsable).length;
  if (usable === 1) return `${begin} is the only usable one of ${known}.`;
  return `${begin} is the least of ${known}${usable < ways.length ? `, of which ${usable} can be used` : ''}.`;
}
