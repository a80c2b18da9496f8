import type { HostFacts } from '../../model/host.js';
import type { CatalogueEntry } from '../../model/run.js';
import { createPoll, type Poll } from '../poll.js';
import { createSlot } from '../slot.js';
import type { SessionPorts } from '../types.js';
import { createRunSource } from './runs.js';
import { paced, type Source, type SourceContext, snapshotOf } from './types.js';

const HOST_MS = 10_000;
const CATALOGUE_MS = 30_000;
const TIMEOUT_MS = 10_000;

/** What is read from the machine that we run on. */
export function createLocalSource(
  context: SourceContext,
  ports: SessionPorts,
  snapshotDir: string,
  onChangeCommand: (argv: readonly string[]) => void,
): Source {
  const host = ports.host && createHostPoll(context, ports.host);
  const catalogue = ports.catalogue && createCataloguePoll(context, ports.catalogue, snapshotDir);
  const runs = createRunSource(context, ports, (argv) => {
    catalogue?.now();
    onChangeCommand(argv);
  });
  const polls = [host, catalogue].filter((poll) => poll !== null);

  return {
    tool: 'host',
    start() {
      for (const poll of polls) poll.start();
      runs.start();
    },
    stop() {
      for (const poll of polls) poll.stop();
      runs.stop();
    },
    refresh() {
      for (const poll of polls) poll.now();
    },
    isSettled: () =>
      (['host', 'catalogue', 'runs'] as const).every(
        (slot) => ports[slot] === null || snapshotOf(context)[slot].state !== 'waiting',
      ),
  };
}

function createHostPoll(context: SourceContext, read: () => Promise<HostFacts>): Poll {
  const { clock, store, random } = context;
  const slot = createSlot<HostFacts>({
    clock,
    kind: 'polled',
    publish: (reading, urgency) => store.set('host', reading, urgency),
    // Load and memory always move.
    isMinor: () => true,
  });
  return createPoll({
    clock,
    random,
    subject: 'This host',
    everyMs: () => paced(context, HOST_MS),
    timeoutMs: TIMEOUT_MS,
    read,
    onValue: slot.ok,
    onError: slot.fail,
  });
}

function createCataloguePoll(
  context: SourceContext,
  list: NonNullable<SessionPorts['catalogue']>,
  directory: string,
): Poll {
  const { clock, store, random } = context;
  const slot = createSlot<readonly CatalogueEntry[]>({
    clock,
    kind: 'polled',
    publish: (reading, urgency) => store.set('catalogue', reading, urgency),
  });
  return createPoll({
    clock,
    random,
    subject: directory,
    everyMs: () => paced(context, CATALOGUE_MS),
    timeoutMs: TIMEOUT_MS,
    read: async () => (await list(directory)).entries,
    onValue: slot.ok,
    onError: slot.fail,
  });
}
