import { Box } from 'ink';
import { useState } from 'react';
import { paragraph } from '../components/layout.js';
import { levelSpan } from '../components/levels.js';
import { Row, Rows } from '../components/rows.js';
import { BLANK, type Line, line, span } from '../components/text.js';
import { useUi } from '../hooks/ui.js';
import { useKeys } from '../hooks/use-keys.js';
import type { SessionState, StartChoice } from '../hooks/wiring.js';
import { useWiring } from '../hooks/wiring.js';
import { unreachable } from '../model/unreachable.js';
import type { ViewProps } from './types.js';

interface StartProps extends ViewProps {
  readonly session: SessionState;
}

/** Before a cluster is attached: what was found, what can be done, and never a wall of errors. */
export function StartView({ session, width, height }: StartProps) {
  const { version } = useWiring();
  const title: readonly Line[] = [
    BLANK,
    [span('  talos-tui', 'strong'), span(`  ${version}`, 'muted')],
    line('  Operations console for Talos Linux clusters on Proxmox VE', 'muted'),
    BLANK,
  ];
  return (
    <Box flexDirection="column" width={width} height={height}>
      <Rows lines={title} width={width} height={title.length} />
      <StartBody session={session} width={width} height={height - title.length} />
    </Box>
  );
}

function StartBody({ session, width, height }: StartProps) {
  switch (session.state) {
    case 'connecting':
      return (
        <Rows
          lines={[[span('  '), levelSpan('wait', session.text)]]}
          width={width}
          height={height}
        />
      );
    case 'failed':
      return (
        <Rows
          lines={[
            [span('  '), levelSpan('fail', 'The cluster cannot be attached')],
            BLANK,
            ...indented(session.message, width, 'text'),
            ...indented(session.hint, width, 'accent'),
          ]}
          width={width}
          height={height}
        />
      );
    case 'choosing':
      return (
        <Choices
          choices={session.choices}
          problems={session.problems}
          width={width}
          height={height}
        />
      );
    case 'attached':
      return null;
    default:
      return unreachable(session);
  }
}

const indented = (
  text: string,
  width: number,
  tone: 'text' | 'accent' | 'muted',
): readonly Line[] =>
  paragraph(text, width - 6, tone).map((spans): Line => [span('    '), ...spans]);

interface ChoicesProps extends ViewProps {
  readonly choices: readonly StartChoice[];
  readonly problems: readonly string[];
}

function Choices({ choices, problems, width, height }: ChoicesProps) {
  const ui = useUi();
  const [wanted, setWanted] = useState(0);
  const index = Math.min(wanted, choices.length - 1);
  const step = (by: number) => () =>
    setWanted((from) => Math.min(Math.max(from + by, 0), choices.length - 1));
  useKeys('start', {
    down: step(1),
    up: step(-1),
    choose() {
      const choice = choices[index];
      if (choice === undefined) return;
      if (choice.choose === null) ui.say('warn', `${choice.label}: ${choice.detail}`);
      else choice.choose();
    },
  });

  return (
    <Box flexDirection="column" width={width} height={height} overflow="hidden">
      <Row spans={line('  What shall it be?', 'accent')} width={width} />
      <Row spans={BLANK} width={width} />
      {choices.map((choice, at) => (
        <Choice key={choice.id} choice={choice} isSelected={at === index} width={width} />
      ))}
      <Rows
        lines={problemLines(problems, width)}
        width={width}
        height={problems.length === 0 ? 0 : Math.max(2, height - 2 - 2 * choices.length)}
      />
    </Box>
  );
}

const detailLines = ({ detail }: StartChoice, width: number): readonly Line[] =>
  paragraph(detail, width - 8, 'muted').map((spans): Line => [span('      '), ...spans]);

interface ChoiceProps {
  readonly choice: StartChoice;
  readonly isSelected: boolean;
  readonly width: number;
}

function Choice({ choice, isSelected, width }: ChoiceProps) {
  const isOpen = choice.choose !== null;
  const marker = isSelected ? '› ' : '  ';
  return (
    <Box flexDirection="column" flexShrink={0}>
      <Row
        spans={[span(`  ${marker}`, 'strong'), span(choice.label, isOpen ? 'strong' : 'muted')]}
        width={width}
        {...(isSelected && { fill: 'selected' as const })}
      />
      {detailLines(choice, width).map((spans, index) => (
        <Row key={String(index)} spans={spans} width={width} />
      ))}
    </Box>
  );
}

const problemLines = (problems: readonly string[], width: number): readonly Line[] =>
  problems.length === 0
    ? []
    : [
        BLANK,
        ...problems.flatMap((problem) =>
          paragraph(problem, width - 6).map(
            (spans, at): Line => [
              span('  '),
              ...(at === 0 ? [levelSpan('warn', ''), span(' ')] : [span('  ')]),
              ...spans,
            ],
          ),
        ),
      ];
