import type { ScopeName } from '../hooks/key-table.js';
import type { Detail } from '../hooks/place.js';

/** Scopes of the key table that answer on what is opened from a main screen. */
export const DETAIL_SCOPES: Readonly<Record<Detail['kind'], readonly ScopeName[]>> = {
  node: ['scroll', 'subject'],
  run: ['scroll', 'subject', 'run'],
  commands: ['list', 'filter', 'filtered', 'subject'],
};
