import type { Connection } from '../model/connection.js';
import type { ConfigurationError } from '../model/errors.js';
import { sanitise } from '../model/sanitise.js';
import { sentences } from '../model/sentence.js';
import { type BrokenLayers, discoverConnections } from '../store/discovery.js';
import { directories } from './directories.js';
import type { Invocation } from './invocation.js';
import { nextStep } from './nearest.js';
import { UsageError } from './usage-error.js';

export interface Found {
  readonly connections: readonly Connection[];
  /** One sentence each: file, line, reason, next step. */
  readonly problems: readonly string[];
  readonly errors: readonly ConfigurationError[];
  readonly broken: BrokenLayers;
  /** By the name of the cluster that its file would describe. */
  readonly brokenClusters: ReadonlyMap<string, ConfigurationError>;
  /** The operator's settings name one to open when there are several. */
  readonly preferred: string | null;
}

type Request = Pick<Invocation, 'options' | 'env'>;

/** Reads files only; nothing is connected to. */
export async function findConnections({ options, env }: Request): Promise<Found> {
  const { connections, problems, settings, broken, brokenClusters } = await discoverConnections({
    env,
    ...directories(options, env),
  });
  return {
    connections,
    broken,
    brokenClusters,
    errors: problems,
    problems: problems.map(({ message, hint }) => sanitise(sentences(message, hint))),
    preferred: settings.cluster ?? null,
  };
}

/** What opens without a question; null when somebody must choose. @throws ConfigurationError */
export function pickConnection(found: Found, wanted: string | null): Connection | null {
  const { connections, preferred } = found;
  if (wanted !== null) return named(found, wanted);
  if (connections.length === 1) return connections[0] ?? null;
  return connections.find(({ name }) => name === preferred) ?? null;
}

export interface Chosen {
  readonly connection: Connection;
  readonly found: Found;
}

/** The one cluster that a headless command is about. @throws ConfigurationError */
export async function chooseConnection(request: Request): Promise<Chosen> {
  const found = await findConnections(request);
  const picked = pickConnection(found, request.options.cluster);
  if (picked !== null) return { connection: picked, found };
  const { broken, connections, errors } = found;
  if (connections.length > 1) {
    throw new UsageError(
      `There are ${connections.length} clusters: ${connections.map(({ name }) => name).join(', ')}.`,
      'Choose one with --cluster NAME.',
    );
  }
  throw broken.talos ?? errors[0] ?? noCluster();
}

function named(found: Found, wanted: string): Connection {
  const { broken: layers, brokenClusters, connections, errors } = found;
  const connection = connections.find(({ name }) => name === wanted);
  if (connection !== undefined) return connection;
  const ownProblem = brokenClusters.get(wanted);
  if (ownProblem !== undefined) throw ownProblem;
  const names = connections.map(({ name }) => name);
  const broken = layers.talos ?? errors[0];
  if (names.length === 0) throw broken ?? noCluster(wanted);
  throw new UsageError(`Unknown cluster ${wanted}.`, nextStep(wanted, names, 'talos-tui clusters'));
}

const noCluster = (wanted?: string): UsageError =>
  new UsageError(
    wanted === undefined
      ? 'No cluster is configured and none was found.'
      : `Unknown cluster ${wanted}: no cluster is configured and none was found.`,
    'Set TALOSCONFIG and KUBECONFIG, or try `talos-tui --demo`.',
  );
