import { Box, useWindowSize } from 'ink';
import { CrashBoundary } from '../components/crash-boundary.js';
import { Row } from '../components/rows.js';
import { BLANK } from '../components/text.js';
import { ThemeProvider, themeFor } from '../components/theme.js';
import { detailOf } from '../hooks/place.js';
import { type Ui, UiProvider, useUi } from '../hooks/ui.js';
import { useActionKeys } from '../hooks/use-action-keys.js';
import { useFocusReport, useGlobalKeys } from '../hooks/use-global-keys.js';
import { useRefreshAfterRuns } from '../hooks/use-refresh-after-runs.js';
import { useRootInput } from '../hooks/use-root-input.js';
import { useStore } from '../hooks/use-store.js';
import { useWiring, type Wiring, WiringProvider } from '../hooks/wiring.js';
import { Footer } from './chrome/footer.js';
import { Header } from './chrome/header.js';
import { MessageBox, StatusLine } from './chrome/message-line.js';
import { Tabs } from './chrome/tabs.js';
import { CommandsView } from './commands.js';
import { CrashView } from './crash.js';
import { screens } from './index.js';
import { OpenModal } from './modals/index.js';
import { NodeView } from './node.js';
import { RunView } from './run.js';
import { StartView } from './start.js';
import { MIN_COLUMNS, MIN_ROWS, TooSmallView } from './too-small.js';
import type { ViewProps } from './types.js';

interface ConsoleProps {
  readonly wiring: Wiring;
  readonly ui: Ui;
}

export function Console({ wiring, ui }: ConsoleProps) {
  return (
    <WiringProvider value={wiring}>
      <UiProvider value={ui}>
        <ThemeProvider value={themeFor(wiring.appearance)}>
          <Root />
        </ThemeProvider>
      </UiProvider>
    </WiringProvider>
  );
}

/** Exactly as large as the terminal: one row more and Ink clears the screen on every frame (ink.md §1). */
function Root() {
  const { columns: width, rows: height } = useWindowSize();
  const ui = useUi();
  const crash = useStore(ui.crash);
  return (
    <Box flexDirection="column" width={width} height={height} overflow="hidden">
      <Keyboard />
      {crash === null ? (
        <CrashBoundary onCrash={ui.reportCrash}>
          <Frame width={width} height={height} />
        </CrashBoundary>
      ) : (
        <CrashView crash={crash} width={width} height={height} />
      )}
    </Box>
  );
}

/** Of its own, because it is drawn again with every key. Beside the screens, because a crash must be left by a key. */
function Keyboard() {
  useRootInput();
  return null;
}

const CHROME_ROWS = 4;

/** A terminal that is made too small for a moment must not lose what is being typed: it stays, unseen. */
function Frame({ width, height }: ViewProps) {
  const { session } = useWiring();
  const isAttached = useStore(session).state === 'attached';
  useGlobalKeys(screens, isAttached);
  useActionKeys(NO_ANSWERS, isAttached);
  useFocusReport();
  useRefreshAfterRuns();
  const isTooSmall = width < MIN_COLUMNS || height < MIN_ROWS;
  const area = { width: Math.max(width, MIN_COLUMNS), height: Math.max(height, MIN_ROWS) };
  return (
    <>
      {isTooSmall && <TooSmallView width={width} height={height} />}
      <Box {...area} flexDirection="column" display={isTooSmall ? 'none' : 'flex'}>
        <Header width={area.width} />
        {isAttached ? <Tabs width={area.width} /> : <Row spans={BLANK} width={area.width} />}
        <Content width={area.width} height={area.height - CHROME_ROWS} />
        <StatusLine width={area.width} />
        <Footer width={area.width} />
        <OpenModal {...area} />
        <MessageBox {...area} />
      </Box>
    </>
  );
}

const NO_ANSWERS = {};

function Content(area: ViewProps) {
  const { session } = useWiring();
  const state = useStore(session);
  const place = useStore(useUi().place);
  if (state.state !== 'attached') return <StartView session={state} {...area} />;
  const detail = detailOf(place);
  switch (detail?.kind) {
    case 'node':
      return <NodeView key={detail.machineKey} machineKey={detail.machineKey} {...area} />;
    case 'run':
      return <RunView key={detail.runId} runId={detail.runId} {...area} />;
    case 'commands':
      return <CommandsView {...area} />;
    case undefined: {
      const screen = screens.find(({ id }) => id === place.screen);
      return screen === undefined ? null : <screen.View {...area} />;
    }
  }
}
