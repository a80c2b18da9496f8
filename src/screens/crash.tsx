import { Box } from 'ink';
import { paragraph } from '../components/layout.js';
import { levelSpan } from '../components/levels.js';
import { Rows } from '../components/rows.js';
import { BLANK, type Line, line, span } from '../components/text.js';
import type { Crash } from '../hooks/ui.js';
import { useKeys } from '../hooks/use-keys.js';
import { useWiring } from '../hooks/wiring.js';
import type { ViewProps } from './types.js';

interface CrashProps extends ViewProps {
  readonly crash: Crash;
}

const STACK_LINES = 8;

/** A bug of ours: what it means for the cluster comes first, then what a report needs. */
export function CrashView({ crash, width, height }: CrashProps) {
  const { quit, version } = useWiring();
  useKeys('crash', { quit });
  const indent = (spans: Line): Line => [span('  '), ...spans];
  const lines: readonly Line[] = [
    BLANK,
    [span('  '), levelSpan('fail', 'talos-tui has a bug and stopped here')],
    BLANK,
    ...paragraph(
      'Nothing was changed by this. Runs go on by themselves: start talos-tui again to follow them.',
      width - 4,
    ).map(indent),
    BLANK,
    ...paragraph(crash.message, width - 4, 'strong').map(indent),
    ...crash.stack
      .split('\n')
      .slice(1, 1 + STACK_LINES)
      .map((each) => line(`  ${each.trim()}`, 'muted')),
    BLANK,
    ...paragraph(`Please report it with version ${version} and this file:`, width - 4).map(indent),
    line(`  ${crash.logFile}`, 'accent'),
    BLANK,
    line('  q quits', 'muted'),
  ];
  return (
    <Box width={width} height={height}>
      <Rows lines={lines} width={width} height={height} />
    </Box>
  );
}
