// Which section is shown: `#/messages/a…` is section `messages` with `a…` as the rest.

export const SECTIONS = [
  { id: 'overview', title: 'Overview' },
  { id: 'neighbours', title: 'Neighbours' },
  { id: 'map', title: 'Map' },
  { id: 'sites', title: 'Sites' },
  { id: 'messages', title: 'Messages' },
];

function read() {
  const [, id, ...rest] = location.hash.split('/');
  const known = SECTIONS.some((section) => section.id === id);
  return known ? { section: id, rest: rest.join('/') } : { section: 'overview', rest: '' };
}

class Route {
  now = $state.raw(read());

  constructor() {
    addEventListener('hashchange', () => (this.now = read()));
  }

  go(section, rest = '') {
    location.hash = rest ? `#/${section}/${rest}` : `#/${section}`;
  }
}

export const route = new Route();
