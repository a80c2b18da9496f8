import { Rows } from '../components/rows.js';
import { type Line, line } from '../components/text.js';
import { useKeys } from '../hooks/use-keys.js';
import { useWiring } from '../hooks/wiring.js';
import type { ViewProps } from './types.js';

export const MIN_COLUMNS = 80;
export const MIN_ROWS = 24;

/** Below the design size nothing can be read reliably, so nothing is shown that might be misread. */
export function TooSmallView({ width, height }: ViewProps) {
  const { quit } = useWiring();
  // Nobody sees what another key would do.
  useKeys('tooSmall', { quit });
  const lines: readonly Line[] = [
    line('Terminal too small', 'strong'),
    line(`now ${width}×${height}, needed ${MIN_COLUMNS}×${MIN_ROWS}`),
    line('q quits', 'muted'),
  ];
  return <Rows lines={lines} width={width} height={height} />;
}
