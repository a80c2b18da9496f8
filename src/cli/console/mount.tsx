import { render } from 'ink';
import { paceStore } from '../../hooks/pace-store.js';
import { type Crash, createUi, type Ui } from '../../hooks/ui.js';
import type { Wiring } from '../../hooks/wiring.js';
import { Console } from '../../screens/console.js';
import { type ConsoleLog, createConsoleLog } from './console-log.js';
import { onStopSignals, stopUntilContinued } from './job-control.js';
import { createOutputFlow } from './output-flow.js';

/** The mount adds what belongs to the terminal. */
export type ConsoleWiring = Omit<Wiring, 'suspend' | 'quit' | 'copy'>;

export interface ConsoleOptions {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  /** console.*, warnings and crashes go here (0600) while the screen is ours. */
  readonly logFile: string;
}

/** Snapshots are drawn at most this often; the first change after a pause at once (ink.md §3.5). */
const MIN_DRAW_INTERVAL_MS = 100;
/** A dead link never takes the last bytes: leave anyway. */
const FLUSH_TIMEOUT_MS = 1000;

/**
 * Shows the console until the operator quits, a stop signal arrives or it crashes. The terminal is restored
 * before the promise resolves. @returns exit code
 */
export async function mountConsole(
  wiring: ConsoleWiring,
  { stdin, stdout, stderr, logFile }: ConsoleOptions,
): Promise<number> {
  const log = createConsoleLog(logFile, wiring.nowMs);
  const flow = createOutputFlow(stdout);
  const ui = createUi((error) => report(error, log, logFile));
  const { crash } = ui;
  const ending = createEnding();
  const complete: Wiring = {
    ...wiring,
    snapshots: paceStore(wiring.snapshots, {
      minIntervalMs: MIN_DRAW_INTERVAL_MS,
      isBehind: flow.isBehind,
    }),
    suspend: () => stopUntilContinued(flow),
    quit: () => ending.end(crash.get() === null ? 0 : 1),
    copy: (text) => stdout.write(clipboardSequence(text)),
  };

  const undo = [
    log.redirect(stderr),
    onStopSignals(ending.end),
    onCrash(ui, ending.end),
    onLostTerminal(stdout, ending.end),
  ];
  flow.unblock();
  const app = render(<Console wiring={complete} ui={ui} />, {
    stdin,
    stdout,
    stderr,
    alternateScreen: true,
    incrementalRendering: true,
    maxFps: 60,
    exitOnCtrlC: false,
    patchConsole: false,
    // Ink draws nothing until exit when CI is set, also in a terminal (ink.md §1).
    interactive: true,
  });
  // Ink ends by itself only when its own tree throws above our boundary.
  app.waitUntilExit().then(
    () => ending.end(0),
    (error: unknown) => {
      ui.reportCrash(error);
      ending.end(1);
    },
  );

  const exitCode = await ending.ended;
  app.unmount();
  await Promise.race([app.waitUntilExit().catch(() => {}), timeout(FLUSH_TIMEOUT_MS)]);
  flow.block();
  for (const each of undo) each();
  const crashed = crash.get();
  if (crashed !== null) {
    stderr.write(`talos-tui stopped after an error: ${crashed.message}\nDetails: ${logFile}\n`);
  }
  return exitCode;
}

function createEnding(): {
  readonly ended: Promise<number>;
  readonly end: (exitCode: number) => void;
} {
  const { promise, resolve } = Promise.withResolvers<number>();
  return { ended: promise, end: resolve };
}

/** The first crash is shown; a second one, perhaps by showing it, ends the console. */
function onCrash(ui: Ui, end: (exitCode: number) => void): () => void {
  const handle = (error: unknown): void => {
    const isSecond = ui.crash.get() !== null;
    ui.reportCrash(error);
    if (isSecond) end(1);
  };
  process.on('uncaughtException', handle);
  process.on('unhandledRejection', handle);
  return () => {
    process.off('uncaughtException', handle);
    process.off('unhandledRejection', handle);
  };
}

function report(error: unknown, log: ConsoleLog, logFile: string): Crash {
  const shown = error instanceof Error ? error : new Error(String(error));
  log.write(`crash: ${shown.stack ?? shown.message}`);
  return { message: `${shown.name}: ${shown.message}`, stack: shown.stack ?? '', logFile };
}

/** EIO and EPIPE: the terminal is gone, as after SIGHUP. */
function onLostTerminal(stdout: NodeJS.WriteStream, end: (exitCode: number) => void): () => void {
  const handle = (): void => end(129);
  stdout.on('error', handle);
  return () => stdout.off('error', handle);
}

/** OSC 52: the terminal of the operator takes the text, also through SSH and tmux. */
const clipboardSequence = (text: string): string =>
  `\u001B]52;c;${Buffer.from(text, 'utf8').toString('base64')}\u0007`;

const timeout = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
