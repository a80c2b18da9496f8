import { Box, Text } from 'ink';
import { type Ui, UiProvider } from '../hooks/ui.js';
import { type Wiring, WiringProvider } from '../hooks/wiring.js';

interface ConsoleProps {
  readonly wiring: Wiring;
  readonly ui: Ui;
}

export function Console({ wiring, ui }: ConsoleProps) {
  return (
    <WiringProvider value={wiring}>
      <UiProvider value={ui}>
        <Box>
          <Text>talos-tui</Text>
        </Box>
      </UiProvider>
    </WiringProvider>
  );
}
