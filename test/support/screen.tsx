import { stripVTControlCharacters } from 'node:util';
import { render } from 'ink';
import stringWidth from 'string-width';
import { createUi } from '../../src/hooks/ui.js';
import type { SessionState } from '../../src/hooks/wiring.js';
import type { Snapshot } from '../../src/model/snapshot.js';
import { Console } from '../../src/screens/console.js';
import { asKeyboard, asTerminal, FakeKeyboard, FakeTerminal } from './fake-terminal.js';
import { recordedWiring, type WiringOptions } from './recorded-wiring.js';

export interface ScreenOptions extends WiringOptions {
  readonly columns?: number;
  readonly rows?: number;
}

export type OpenScreen = Awaited<ReturnType<typeof openScreen>>;

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

  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 12; turn++) await new Promise((done) => setImmediate(done));
    await app.waitUntilRenderFlush();
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
      stdin.write(keys);
      // Ink waits 20 ms whether a lone escape begins a sequence.
      if (keys.endsWith('\u001B')) await new Promise((done) => setTimeout(done, 30));
      for (let turn = 0; turn < keys.length; turn++) {
        await new Promise((done) => setImmediate(done));
      }
      await settle();
    },
    /** The same without waiting for what comes of it. */
    type: (keys: string): void => void stdin.write(keys),
    /** Until nothing is drawn for so many turns that even a busy scheduler has come to its end. */
    async untilDrawn(): Promise<void> {
      for (let turn = 0; turn < 200; turn++) await new Promise((done) => setImmediate(done));
      await settle();
    },
    async paste(pasted: string): Promise<void> {
      stdin.write(`\u001B[200~${pasted}\u001B[201~`);
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
