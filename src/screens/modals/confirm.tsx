import type { Plan } from '../../actions/types.js';
import { Dialog } from '../../components/dialog.js';
import { paragraph, rule } from '../../components/layout.js';
import { levelSpan } from '../../components/levels.js';
import { type Line, span } from '../../components/text.js';
import { startRun } from '../../hooks/start-run.js';
import { useUi } from '../../hooks/ui.js';
import { type Confirmation, useConfirmation } from '../../hooks/use-confirm.js';
import { useKeys } from '../../hooks/use-keys.js';
import { useLivePlan } from '../../hooks/use-live-plan.js';
import { useModalScroll } from '../../hooks/use-scroll.js';
import { useWiring } from '../../hooks/wiring.js';
import type { ViewProps } from '../types.js';
import { dialogPlace, scrollNote } from './frame.js';
import { copyable, LEVEL_WORDS, planLines } from './plan-lines.js';

interface ConfirmProps extends ViewProps {
  readonly plan: Plan;
  readonly title: string;
  readonly openedAtMs: number;
}

const WIDTH = 104;
/** Borders, and a row of the screen above and below. */
const FRAME_ROWS = 6;

/** The plan, and the consent that its level asks for (DESIGN §5). Enter never confirms. */
export function ConfirmModal({ plan: shown, title, openedAtMs, width, height }: ConfirmProps) {
  const ui = useUi();
  const wiring = useWiring();
  const plan = useLivePlan(shown);
  const confirmation = useConfirmation(plan, openedAtMs, (confirmed, overrides) =>
    startRun(wiring, ui, confirmed, overrides),
  );
  const innerWidth = Math.min(WIDTH, width - 4) - 4;
  const prompt = promptLines(confirmation, innerWidth);
  const overridden = new Set(confirmation.consent.overrides);
  const full = planLines(plan, { overridden, width: innerWidth, isShort: false });
  const body =
    full.length + prompt.length + FRAME_ROWS <= height
      ? full
      : planLines(plan, { overridden, width: innerWidth, isShort: true });
  const place = dialogPlace({ width, height }, WIDTH, body.length + prompt.length);
  const room = place.innerHeight - prompt.length;
  const top = useConfirmKeys(confirmation, plan, body.length, room);

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

const padding = (count: number): readonly Line[] =>
  Array.from({ length: Math.max(0, count) }, () => []);

function useConfirmKeys(
  confirmation: Confirmation,
  plan: Plan,
  lineCount: number,
  height: number,
): number {
  const ui = useUi();
  const { copy } = useWiring();
  const { consent, isStarting } = confirmation;
  const isTyped =
    consent.name !== null && consent.blocking.length === 0 && consent.open.length === 0;
  const close = () => {
    if (!isStarting) ui.modal.update(() => null);
  };
  useKeys(
    'confirm',
    {
      yes: confirmation.yes,
      close,
      copy() {
        copy(copyable(plan));
        ui.say('ok', 'Copied the commands');
      },
      ...(consent.open.length > 0 && { override: confirmation.overrideNext }),
    },
    { isActive: !isTyped },
  );
  useKeys(
    'confirmName',
    { close, erase: confirmation.erase },
    { isActive: isTyped, onText: confirmation.type },
  );
  return useModalScroll(lineCount, height);
}

function promptLines({ consent, typed, isStarting }: Confirmation, width: number): readonly Line[] {
  return [rule('', width), ...prompt()];

  function prompt(): readonly Line[] {
    if (isStarting) return [[levelSpan('wait', 'Starting')]];
    const [blocked] = consent.blocking;
    if (blocked !== undefined) {
      return [
        [
          levelSpan('fail', `${blocked.title} is not green: this cannot start.`),
          span('  Esc closes', 'muted'),
        ],
      ];
    }
    const [unaccepted] = consent.open;
    if (unaccepted !== undefined) {
      return paragraph(
        `${unaccepted.title} is not green. o goes on all the same, Esc closes.`,
        width,
        'warn',
      );
    }
    if (consent.name === null)
      return [[span('y', 'accent'), span(' start   '), span('Esc', 'accent'), span(' no')]];
    if (typed === consent.name) {
      return [
        [
          span(`${typed}  `, 'strong'),
          span('y', 'accent'),
          span(' start   '),
          span('Esc', 'accent'),
          span(' no'),
        ],
      ];
    }
    return [
      [
        span('Type '),
        span(consent.name, 'strong'),
        span(' to confirm: '),
        span(typed),
        span('█', 'accent'),
      ],
    ];
  }
}
