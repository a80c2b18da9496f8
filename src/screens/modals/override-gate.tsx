import { useState } from 'react';
import { Dialog } from '../../components/dialog.js';
import { paragraph } from '../../components/layout.js';
import { BLANK, type Line, span } from '../../components/text.js';
import { attempt } from '../../hooks/attempt.js';
import { runsNewestFirst } from '../../hooks/derived.js';
import type { KeyPress } from '../../hooks/key-press.js';
import type { Modal } from '../../hooks/modal.js';
import { useUi } from '../../hooks/ui.js';
import { DEAF_MS } from '../../hooks/use-confirm.js';
import { useKeys } from '../../hooks/use-keys.js';
import { useSnapshot } from '../../hooks/use-store.js';
import { useWiring } from '../../hooks/wiring.js';
import type { RunSummary } from '../../model/run.js';
import type { ViewProps } from '../types.js';
import { dialogPlace } from './frame.js';

interface OverrideGateProps extends ViewProps {
  readonly request: Modal & { readonly kind: 'override-gate' };
}

const WIDTH = 76;
/** Nobody types more in one read. */
const MOST_KEYS = 3;

/** The consent that opens a gate of a run on its way: the same as before its start (DESIGN §5). */
export function OverrideGateModal({ request, width, height }: OverrideGateProps) {
  const { runId, gate } = request;
  const run = useSnapshot((snapshot) => runsNewestFirst(snapshot).find(({ id }) => id === runId));
  const isHeld = run?.pause?.gate?.id === gate;
  const name = isHeld && run.pause?.gate?.override === 'type' ? run.cluster : null;
  const typed = useOverrideKeys(request, { name, isHeld });
  const innerWidth = Math.min(WIDTH, width - 4) - 4;
  const lines: readonly Line[] = isHeld
    ? [...heldLines(run, innerWidth), BLANK, promptLine(name, typed)]
    : [
        ...paragraph(`${gate} does not hold the run any more.`, innerWidth),
        BLANK,
        [span('Esc', 'accent'), span(' close')],
      ];
  return (
    <Dialog
      {...dialogPlace({ width, height }, WIDTH, lines.length)}
      title={`Override ${gate}?`}
      lines={lines}
      tone="warn"
      note=""
    />
  );
}

const heldLines = ({ summary, outcome }: RunSummary, width: number): readonly Line[] => [
  ...paragraph(summary, width, 'strong'),
  BLANK,
  ...paragraph(outcome, width, 'warn'),
  ...paragraph(
    'Overridden it is not waited for again by this run; the journal keeps your name.',
    width,
  ),
];

function promptLine(name: string | null, typed: string): Line {
  const no: Line = [span('   Esc', 'accent'), span(' no')];
  const yes: Line = [span('y', 'accent'), span(' override it')];
  if (name === null) return [...yes, ...no];
  return typed === name
    ? [span(typed, 'strong'), span('   '), ...yes, ...no]
    : [
        ...[span('Type '), span(name, 'strong'), span(' to override it: ')],
        ...[span(typed), span('█', 'accent'), ...no],
      ];
}

/** @returns what has been typed. */
function useOverrideKeys(
  { runId, gate, openedAtMs }: OverrideGateProps['request'],
  { name, isHeld }: { readonly name: string | null; readonly isHeld: boolean },
): string {
  const ui = useUi();
  const wiring = useWiring();
  const [typed, setTyped] = useState('');
  const close = () => ui.modal.update(() => null);
  const isEarly = () => wiring.nowMs() - openedAtMs < DEAF_MS;
  const yes = ({ burst }: KeyPress): void => {
    if (!isHeld || burst > 1 || isEarly() || (name !== null && typed !== name)) return;
    close();
    attempt(ui, wiring.overrideGate(runId, gate), `${gate} is overridden: the run goes on soon`);
  };
  const type = (press: KeyPress): void => {
    if (isEarly()) return;
    if (press.burst > MOST_KEYS) ui.say('warn', 'Type the name by hand: pasted text is ignored.');
    else if (typed === name && press.name === 'y') yes(press);
    else setTyped(typed + (press.text ?? ''));
  };
  useKeys('confirm', { yes, close }, { isActive: name === null });
  useKeys(
    'confirmName',
    { close, erase: () => setTyped(typed.slice(0, -1)) },
    { isActive: name !== null, onText: type },
  );
  return typed;
}
