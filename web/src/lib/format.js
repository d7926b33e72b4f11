// Numbers, times and keys as people read them.

/** The first and last characters of a key. */
export const shortKey = (key) => (key ? `${key.slice(0, 7)}…${key.slice(-4)}` : 'unknown');

const BYTE_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

export function bytes(count) {
  let unit = 0;
  while (count >= 1024 && unit < BYTE_UNITS.length - 1) {
    count /= 1024;
    unit += 1;
  }
  return `${unit === 0 || count >= 100 ? Math.round(count) : count.toFixed(1)}\u00a0${BYTE_UNITS[unit]}`;
}

export const rate = (bytesPerSecond) => `${bytes(bytesPerSecond)}/s`;

/** Microseconds as milliseconds, or seconds when there are many. */
export function roundTrip(us) {
  if (us === null || us === undefined) return 'not measured yet';
  const ms = us / 1000;
  if (ms >= 10_000) return `${Math.round(ms / 1000)}\u00a0s`;
  return `${ms >= 100 ? Math.round(ms) : ms >= 10 ? ms.toFixed(1) : ms.toFixed(2)}\u00a0ms`;
}

/** Seconds in the two largest units. */
export function duration(seconds) {
  const days = Math.floor(seconds / 86400);
  const hours = Math.floor(seconds / 3600) % 24;
  const minutes = Math.floor(seconds / 60) % 60;
  if (days > 0) return `${days}\u00a0d ${hours}\u00a0h`;
  if (hours > 0) return `${hours}\u00a0h ${minutes}\u00a0min`;
  if (minutes > 0) return `${minutes}\u00a0min`;
  return `${Math.floor(seconds)}\u00a0s`;
}

const isToday = (date) => date.toDateString() === new Date().toDateString();
const timeOf = (date) => date.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });

function dayOf(date) {
  const thisYear = date.getFullYear() === new Date().getFullYear();
  return date.toLocaleDateString([], { day: 'numeric', month: 'short', ...(thisYear ? {} : { year: 'numeric' }) });
}

/** A moment: only the time when it was today. */
export function moment(unixMs) {
  const then = new Date(unixMs);
  return isToday(then) ? timeOf(then) : `${dayOf(then)}, ${timeOf(then)}`;
}

/** The time when it was today, else the day. */
export function shortMoment(unixMs) {
  const then = new Date(unixMs);
  return isToday(then) ? timeOf(then) : dayOf(then);
}

/** `3 nodes`, `1 node`. */
export const count = (number, one, many = `${one}s`) => `${number.toLocaleString('en')}\u00a0${number === 1 ? one : many}`;
