import type { Plan } from '../../actions/types.js';
import { Dialog } from '../../components/dialog.js';
import type { Line } from '../../components/text.js';
import { isGoingOn } from '../../hooks/run-progress.js';
import { startRun } from '../../hooks/start-run.js';
import { useUi } from '../../hooks/ui.js';
import { type Confirmation, useConfirmation } from '../../hooks/use-confirm.js';
import type { InspectionView } from '../../hooks/use-inspection.js';
import { useKeys } from '../../hooks/use-keys.js';
import { useModalScroll } from '../../hooks/use-scroll.js';
import { useSnapshot } from '../../hooks/use-store.js';
import { useWiring } from '../../hooks/wiring.js';
import { knownValue } from '../../model/reading.js';
import type { Snapshot } from '../../model/snapshot.js';
import type { ViewProps } from '../types.js';
import { promptLines } from './confirm-prompt.js';
import { dialogPlace, scrollNote } from './frame.js';
import { copyable, LEVEL_WORDS, planLines } from './plan-lines.js';

interface ConfirmProps extends ViewProps {
  readonly plan: Plan;
  readonly title: string;
  /** When it was shown whole; null: it still changes with what is being read. */
  readonly shownAtMs: number | null;
  readonly inspection: InspectionView;
  /** Null where the action takes no answers. */
  readonly change: (() => void) | null;
}

const WIDTH = 160;
/** Older than this a reading hangs: gates may say what is long over. */
const OLD_MS = 20_000;

/** The plan, and the consent that its level asks for (DESIGN §5). Enter never confirms. */
export function ConfirmModal(props: ConfirmProps) {
  const { plan, title, shownAtMs, inspection, change, width, height } = props;
  const ui = useUi();
  const wiring = useWiring();
  const busy = useSnapshot((snapshot) => (plan.level > 0 ? otherRunText(snapshot) : null));
  const notYet = busy ?? notYetText(shownAtMs, inspection, wiring.nowMs());
  const confirmation = useConfirmation({
    plan,
    shownAtMs: shownAtMs ?? wiring.nowMs(),
    notYet,
    start: (confirmed, overrides) => startRun(wiring, ui, confirmed, overrides),
  });
  const innerWidth = Math.min(WIDTH, width - 4) - 4;
  const prompt = promptLines(confirmation, { notYet, isChangeable: change !== null }, innerWidth);
  const body = planLines(plan, {
    overridden: overriddenBy(confirmation),
    width: innerWidth,
    isReading: !inspection.isComplete,
  });
  const place = dialogPlace({ width, height }, WIDTH, body.length + prompt.length);
  const room = place.innerHeight - prompt.length;
  const top = useConfirmKeys(
    { confirmation, plan, change, isHeld: notYet !== null },
    { lineCount: body.length, height: room },
  );

  return (
    <Dialog
      {...place}
      title={title}
      lines={[...body.slice(top, top + room), ...padding(room - body.length), ...prompt]}
      tone={LEVEL_WORDS[plan.level].tone}
      note={scrollNote(top, room, body.length)}
    />
  );
}

/** A gate that typing the name overrides is not overridden before it was typed. */
function overriddenBy({ consent, typed }: Confirmation): ReadonlySet<string> {
  const isTyped = typed === consent.name;
  return new Set(
    consent.overrides.filter((id) => isTyped || !consent.typed.some((gate) => gate.id === id)),
  );
}

/** One run at a time changes a cluster: whoever would be refused is told before. */
function otherRunText({ cluster, runs }: Snapshot): string | null {
  const other = knownValue(runs)?.find((run) => run.cluster === cluster.name && isGoingOn(run));
  return other === undefined
    ? null
    : `${other.operator} is changing ${cluster.name} already: ${other.summary} (${other.state}). Wait for it, or look at it on screen 9.`;
}

/** Why it cannot be confirmed at the moment, whatever its gates say. */
function notYetText(
  shownAtMs: number | null,
  { isComplete, what, readAtMs }: InspectionView,
  nowMs: number,
): string | null {
  if (!isComplete) return `Reading ${what}: a moment.`;
  if (shownAtMs === null)
    return 'The plan lacks what is unknown above: it is read again and again.';
  if (readAtMs !== null && nowMs - readAtMs > OLD_MS) {
    return `The last reading of ${what} is old, and the next one takes long: wait for it.`;
  }
  return null;
}

const padding = (count: number): readonly Line[] =>
  Array.from({ length: Math.max(0, count) }, () => []);

interface Asked {
  readonly confirmation: Confirmation;
  readonly plan: Plan;
  readonly change: (() => void) | null;
  /** Nothing is typed while it cannot be confirmed anyway. */
  readonly isHeld: boolean;
}

function useConfirmKeys(
  { confirmation, plan, change, isHeld }: Asked,
  { lineCount, height }: { readonly lineCount: number; readonly height: number },
): number {
  const ui = useUi();
  const { copy } = useWiring();
  const { consent, isStarting } = confirmation;
  const isTyped =
    !isHeld && consent.name !== null && consent.blocking.length === 0 && consent.open.length === 0;
  const close = () => {
    if (!isStarting) ui.modal.update(() => null);
  };
  const changing = change !== null && !isStarting && { change };
  useKeys(
    'confirm',
    {
      ...changing,
      yes: confirmation.yes,
      close,
      copy() {
        copy(copyable(plan));
        ui.say('ok', 'Copied the commands');
      },
      ...(consent.open.length > 0 && !isHeld && { override: confirmation.overrideNext }),
    },
    { isActive: !isTyped, reasons: { yes: confirmation.problem } },
  );
  useKeys(
    'confirmName',
    { ...changing, close, erase: confirmation.erase },
    { isActive: isTyped, onText: confirmation.type },
  );
  return useModalScroll(lineCount, height);
}
