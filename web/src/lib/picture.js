// Where the nodes of the picture stand: this node in the middle, neighbours around it, the others further out the more
// their path costs, each in the sector of the neighbour that its best way goes through. The same nodes give the same picture.

export const SHOWN_MAX = 400; // more cannot be told apart
const NEIGHBOUR_RADIUS = 0.36; // of the half width; costs begin outside of it
const NEAREST_RADIUS = 0.56;
const FARTHEST_RADIUS = 0.95;
const COST_STEPS = 16; // costs waver: small changes must not move anything
const SECTOR_MIN = 0.35; // of an even share, also for a neighbour with nobody behind it
const SPREAD_PER_NODE = 0.34; // radians
const SPREAD_MAX = 4.2;
const ROUNDS = 24; // of pushing apart

/**
 * @typedef {{key: string, cost: number, ways: number, next?: string|null}} RouteNode
 * @typedef {RouteNode & {x: number, y: number, neighbour: boolean, via: string|null}} Spot
 * @param {RouteNode[]} nodes
 * @param {Set<string>} neighbours keys of the nodes with a link to this one
 * @param {{width: number, height: number}} size in pixels
 * @returns {{spots: Spot[], left: number, dot: number, rings: {cost: number, rx: number, ry: number}[]}}
 *          spots in an order that is good to walk through; `left` more did not fit
 */
export function placeNodes(nodes, neighbours, size) {
  const isNeighbour = (node) => neighbours.has(node.key);
  const byKey = (one, other) => (one.key < other.key ? -1 : 1);
  const near = nodes.filter(isNeighbour).sort(byKey);
  const far = nodes.filter((node) => !isNeighbour(node)).sort((one, other) => one.cost - other.cost || byKey(one, other));
  const shown = far.slice(0, Math.max(0, SHOWN_MAX - near.length));

  const margin = 22;
  const half = { x: Math.max(40, size.width / 2 - margin), y: Math.max(40, size.height / 2 - margin) };
  const at = (angle, radius) => ({ x: half.x * radius * Math.cos(angle), y: half.y * radius * Math.sin(angle) });
  const scale = costScale(shown);

  const spots = [];
  const sectors = sectorsOf(near, shown, size.height > size.width ? -Math.PI / 2 : 0);
  for (const { neighbour, behind, angle, spread } of sectors) {
    if (neighbour) spots.push({ ...neighbour, ...at(angle, NEIGHBOUR_RADIUS), neighbour: true, via: null });
    behind.forEach((node, index) => {
      const here = angle + spread * ((index + 0.5) / behind.length - 0.5);
      spots.push({ ...node, ...at(here, scale.radius(node.cost)), neighbour: false, via: neighbour?.key ?? null });
    });
  }
  const room = Math.sqrt((Math.PI * half.x * half.y) / (spots.length + 1));
  const dot = Math.max(2.5, Math.min(7, room * 0.2));
  pushApart(spots, half, dot * 2.6);
  const rings = scale.marks.map((cost) => ({ cost, rx: half.x * scale.radius(cost), ry: half.y * scale.radius(cost) }));
  return { spots, left: far.length - shown.length, dot, rings };
}

/** Shares the circle out among the neighbours, by how many nodes are behind each; the first one lies at angle `first`. */
function sectorsOf(near, far, first) {
  const behind = new Map(near.map((node) => [node.key, []]));
  const astray = []; // whose next neighbour is unknown, or gone since
  for (const node of far) (behind.get(node.next) ?? astray).push(node);
  const groups = near.map((neighbour) => ({ neighbour, behind: behind.get(neighbour.key) }));
  if (astray.length > 0) groups.push({ neighbour: null, behind: astray });
  const even = Math.max(1, far.length / Math.max(1, groups.length));
  const weight = (group) => Math.max(SECTOR_MIN * even, group.behind.length);
  const whole = groups.reduce((sum, group) => sum + weight(group), 0);
  let from = null;
  return groups.map((group) => {
    const width = (2 * Math.PI * weight(group)) / whole;
    from ??= first - width / 2;
    const angle = from + width / 2;
    from += width;
    const spread = Math.min(width * 0.94, group.behind.length * SPREAD_PER_NODE, SPREAD_MAX);
    return { ...group, behind: group.behind.toSorted((one, other) => (one.key < other.key ? -1 : 1)), angle, spread };
  });
}

function costScale(far) {
  const least = far[0]?.cost ?? 0;
  const most = far.at(-1)?.cost ?? 0;
  const log = (cost) => Math.log(1 + cost);
  const radius = (cost) => {
    if (most === least) return (NEAREST_RADIUS + FARTHEST_RADIUS) / 2;
    const share = (log(cost) - log(least)) / (log(most) - log(least));
    return NEAREST_RADIUS + (FARTHEST_RADIUS - NEAREST_RADIUS) * (Math.round(share * COST_STEPS) / COST_STEPS);
  };
  if (far.length === 0) return { radius, marks: [] };
  const middle = Math.round(Math.exp((log(least) + log(most)) / 2) - 1);
  return { radius, marks: [...new Set([least, middle, most])] };
}

/** Moves spots that lie on each other apart, and none out of the picture. */
function pushApart(spots, half, distance) {
  for (let round = 0; round < ROUNDS; round++) {
    let moved = false;
    for (let i = 0; i < spots.length; i++) {
      for (let j = i + 1; j < spots.length; j++) {
        const one = spots[i];
        const other = spots[j];
        let dx = other.x - one.x;
        let dy = other.y - one.y;
        if (Math.abs(dx) >= distance || Math.abs(dy) >= distance) continue;
        const gap = Math.hypot(dx, dy);
        if (gap >= distance) continue;
        if (gap < 0.01) [dx, dy] = [Math.cos(i + j), Math.sin(i + j)];
        const push = (distance - gap) / 2 / Math.max(gap, 1);
        moved = true;
        if (!one.neighbour) [one.x, one.y] = [one.x - dx * push, one.y - dy * push];
        if (!other.neighbour) [other.x, other.y] = [other.x + dx * push, other.y + dy * push];
      }
    }
    for (const spot of spots) {
      const out = Math.hypot(spot.x / half.x, spot.y / half.y);
      if (out > 1) [spot.x, spot.y] = [spot.x / out, spot.y / out];
    }
    if (!moved) return;
  }
}

/**
 * The stops of a real path as points: those of the picture where they stand, the others between their neighbours in the path.
 * @param {{key: string|null}[]} path this node first
 * @param {Map<string, {x: number, y: number}>} spots
 */
export function pathPoints(path, spots) {
  const points = path.map((stop, index) => {
    if (index === 0) return { x: 0, y: 0, known: true };
    const spot = spots.get(stop.key);
    return spot ? { x: spot.x, y: spot.y, known: true } : null;
  });
  for (let index = 1; index < points.length; index++) {
    if (points[index]) continue;
    const before = points[index - 1];
    let after = index + 1;
    while (after < points.length && !points[after]) after++;
    const target = points[after] ?? { x: before.x * 1.4 + 24, y: before.y * 1.4 + 12 };
    const share = 1 / (after - index + 1);
    points[index] = {
      x: before.x + (target.x - before.x) * share,
      y: before.y + (target.y - before.y) * share + 10,
      known: false,
    };
  }
  return points;
}
