import { stripVTControlCharacters } from 'node:util';
import { render } from 'ink';
import stringWidth from 'string-width';
import { createUi } from '../../src/hooks/ui.js';
import type { SessionState } from '../../src/hooks/wiring.js';
import type { Snapshot } from '../../src/model/snapshot.js';
import { Console } from '../../src/screens/console.js';
import { whenSchedulerIsIdle } from './busy-scheduler.js';
import { asKeyboard, asTerminal, FakeKeyboard, FakeTerminal } from './fake-terminal.js';
import { recordedWiring, type WiringOptions } from './recorded-wiring.js';

export interface ScreenOptions extends WiringOptions {
  readonly columns?: number;
  readonly rows?: number;
}

export type OpenScreen = Awaited<ReturnType<typeof openScreen>>;

const QUIET_TURNS = 6;
/** A console that has been left hears nothing any more. */
const HEARING_MS = 2_000;

const turn = (): Promise<void> => new Promise((done) => setImmediate(done));

/** The whole console on a fake terminal: real stores, real keys, real frames. */
export async function openScreen(options: ScreenOptions) {
  const { columns = 80, rows = 24 } = options;
  const stdout = new FakeTerminal(columns, rows);
  const stdin = new FakeKeyboard();
  const { wiring, snapshots, session, clock, calls } = recordedWiring(options);
  const ui = createUi((error) => {
    throw error;
  });
  const app = render(<Console wiring={wiring} ui={ui} />, {
    stdout: asTerminal(stdout),
    stdin: asKeyboard(stdin),
    stderr: asTerminal(stdout),
    debug: true,
    interactive: true,
    patchConsole: false,
    exitOnCtrlC: false,
  });

  /** Until nothing more comes of what was done: React is idle, and nothing was heard or drawn, for turns on end. */
  const settle = async (): Promise<void> => {
    for (let quiet = 0, seen = ''; quiet < QUIET_TURNS; quiet++) {
      await whenSchedulerIsIdle();
      await turn();
      const now = `${stdout.output.length} ${calls.heardKeys.length}`;
      if (now !== seen) quiet = 0;
      seen = now;
    }
    await app.waitUntilRenderFlush();
  };
  /** Ink hands on what it has read a little later, a lone escape after 20 ms. */
  const untilHeard = async (count: number): Promise<void> => {
    const giveUpMs = performance.now() + HEARING_MS;
    while (calls.heardKeys.length < count && performance.now() < giveUpMs) await turn();
  };
  await settle();
  const text = (): string => stripVTControlCharacters(stdout.lastFrame);

  return {
    calls,
    clock,
    ui,
    settle,
    text,
    ansi: (): string => stdout.lastFrame,
    lines: (): readonly string[] => text().split('\n'),
    /** One read of the terminal, as a fast typist or a slow line gives it. */
    async press(keys: string): Promise<void> {
      const heard = calls.heardKeys.length;
      stdin.write(keys);
      await untilHeard(heard + (keys.length > 1 && keys.endsWith(KEY.escape) ? 2 : 1));
      await settle();
    },
    /** The same without waiting for what comes of it. */
    type: (keys: string): void => void stdin.write(keys),
    untilDrawn: settle,
    async paste(pasted: string): Promise<void> {
      const heard = calls.heardKeys.length;
      stdin.write(`\u001B[200~${pasted}\u001B[201~`);
      await untilHeard(heard + 1);
      await settle();
    },
    async show(snapshot: Snapshot): Promise<void> {
      snapshots.update(() => snapshot);
      await settle();
    },
    async enter(state: SessionState): Promise<void> {
      session.update(() => state);
      await settle();
    },
    async resize(nextColumns: number, nextRows: number): Promise<void> {
      stdout.columns = nextColumns;
      stdout.rows = nextRows;
      stdout.emit('resize');
      await settle();
    },
    close(): void {
      app.unmount();
    },
  };
}

/** Keys that print nothing, as a terminal sends them. */
export const KEY = {
  up: '\u001B[A',
  down: '\u001B[B',
  right: '\u001B[C',
  left: '\u001B[D',
  escape: '\u001B',
  enter: '\r',
  tab: '\t',
  shiftTab: '\u001B[Z',
  backspace: '\u007F',
  ctrl: (letter: string): string => String.fromCharCode(letter.charCodeAt(0) - 96),
} as const;

/** What a frame must never do, whatever it shows. */
export function frameProblems(frame: string, columns: number, rows: number): readonly string[] {
  const lines = stripVTControlCharacters(frame).split('\n');
  return [
    ...(lines.length === rows ? [] : [`${lines.length} rows instead of ${rows}`]),
    ...lines
      .map((line, index) => ({ width: stringWidth(line), index, line }))
      .filter(({ width }) => width > columns)
      .map(({ width, index, line }) => `row ${index} is ${width} wide: ${line}`),
  ];
}
