import { cutLine, lineWidth, spread } from '../../components/layout.js';
import { Row } from '../../components/rows.js';
import { type Line, span } from '../../components/text.js';
import { detailOf, type Place } from '../../hooks/place.js';
import { useUi } from '../../hooks/ui.js';
import { useSnapshot, useStore } from '../../hooks/use-store.js';
import { machineByKey } from '../../model/machines.js';
import { knownValue } from '../../model/reading.js';
import type { Snapshot } from '../../model/snapshot.js';
import { screens } from '../index.js';
import { HEADER_HOST_WIDTH } from './header.js';

/** Main screens with their keys; what was opened on top of one is named at the right. */
export function Tabs({ width }: { readonly width: number }) {
  const place = useStore(useUi().place);
  const hostname = useSnapshot((snapshot) => knownValue(snapshot.host)?.hostname ?? null);
  const trail = useSnapshot((snapshot) => trailOf(place, snapshot));
  const tabs = tabLine(place, 'long');
  const trailWidth = trail === '' ? 0 : trail.length + 3;
  const left = lineWidth(tabs) + trailWidth <= width ? tabs : tabLine(place, 'short');
  // On a narrow terminal the header has no room for the host.
  const host =
    width < HEADER_HOST_WIDTH && hostname !== null ? [span(` ${hostname} `, 'muted')] : [];
  const right: Line = trail === '' ? host : [span(` › ${trail} `, 'accent')];
  return (
    <Row
      spans={spread(left, cutLine(right, Math.max(0, width - lineWidth(left))), width)}
      width={width}
    />
  );
}

function tabLine(place: Place, form: 'long' | 'short'): Line {
  return screens.flatMap(({ id, key, title, tab }) => {
    const isActive = id === place.screen;
    const name = form === 'long' ? title : tab;
    return [span(` ${key} ${name} `, isActive ? 'active' : 'muted')];
  });
}

function trailOf(place: Place, snapshot: Snapshot): string {
  const detail = detailOf(place);
  switch (detail?.kind) {
    case undefined:
      return '';
    case 'node':
      return machineByKey(snapshot, detail.machineKey)?.name ?? 'gone';
    case 'run':
      return 'run';
    case 'commands':
      return 'command log';
  }
}
