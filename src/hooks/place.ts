/** Main screens by id, in the registry's order; node, run and command log are opened on top of them. */
export type ScreenId =
  | 'overview'
  | 'etcd'
  | 'network'
  | 'images'
  | 'certificates'
  | 'proxmox'
  | 'runs';

/** Something opened from a main screen; Esc comes back. */
export type Detail =
  | { readonly kind: 'node'; readonly machineKey: string }
  | { readonly kind: 'run'; readonly runId: string }
  | { readonly kind: 'commands' };

export interface Place {
  readonly screen: ScreenId;
  readonly details: readonly Detail[];
}

export const HOME: Place = { screen: 'overview', details: [] };

export const detailOf = (place: Place): Detail | undefined => place.details.at(-1);

export const goTo = (screen: ScreenId): Place => ({ screen, details: [] });

/** Opening what is already open changes nothing. */
export function open(place: Place, detail: Detail): Place {
  const top = detailOf(place);
  if (top !== undefined && sameDetail(top, detail)) return place;
  return { ...place, details: [...place.details, detail] };
}

/** The same place when there is nothing to go back from. */
export const back = (place: Place): Place =>
  place.details.length === 0 ? place : { ...place, details: place.details.slice(0, -1) };

export function neighbour(screens: readonly ScreenId[], from: ScreenId, step: 1 | -1): ScreenId {
  const index = screens.indexOf(from);
  return screens[(index + step + screens.length) % screens.length] ?? from;
}

const sameDetail = (a: Detail, b: Detail): boolean =>
  a.kind === b.kind &&
  (a.kind !== 'node' || b.kind !== 'node' || a.machineKey === b.machineKey) &&
  (a.kind !== 'run' || b.kind !== 'run' || a.runId === b.runId);
