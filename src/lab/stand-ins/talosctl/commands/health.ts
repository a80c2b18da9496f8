import { isIP } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { HEALTH_CHECKS } from '../../../talos/health-checks.js';
import type { CheckedNode, ClusterView, HealthCheck } from '../../../talos/health-view.js';
import { type Arguments, durationMs, isOn, listOf } from '../arguments.js';
import { type Client, needOneNode } from '../client.js';
import { ASKS_EACH_NODE, CLIENT_MINOR } from '../client-version.js';
import { readTarget } from '../config.js';
import { CANCELED, CommandError, RpcError } from '../errors.js';
import { discoveredNodes, wireView } from '../health-wire.js';
import { HEALTH_PROGRESS } from '../messages.js';
import { bytesField, numberField, stringField } from '../protobuf.js';
import { Reporter } from '../reporter.js';
import { type Call, type Command, expectOperands, withClient } from './command.js';

const DEFAULT_WAIT_MS = 20 * 60_000;
const POLL_MS = 5000;
const FIRST_KUBE_CHECK = 'all k8s nodes to report';
const FIRST_KUBE_POLL_MS = 30_000;
const KUBE_PORT = 6443;

/** `host`, `host:port` or either with `https://` before it. */
function kubeServerOf(given: string | undefined): string | undefined {
  const endpoint = (given ?? '').replace(/^https:\/\//, '');
  if (endpoint === '') return undefined;
  return `https://${/:\d+$/.test(endpoint) ? endpoint : `${endpoint}:${KUBE_PORT}`}`;
}

/** --init-node, --control-plane-nodes, --worker-nodes. @throws CommandError for what is no address. */
function namedNodes({ flags }: Arguments): readonly CheckedNode[] {
  const named = (flag: string, isControlPlane: boolean): readonly CheckedNode[] =>
    listOf(flags.get(flag)).map((name) => {
      if (isIP(name) !== 0) return { addresses: [name], isControlPlane };
      throw new CommandError(`ParseAddr(${JSON.stringify(name)}): unable to parse IP`);
    });
  return [
    ...named('init-node', true),
    ...named('control-plane-nodes', true),
    ...named('worker-nodes', false),
  ];
}

async function run(call: Call): Promise<void> {
  const { args, operands } = call;
  if (operands.length > 0) {
    throw new CommandError(`unknown command ${JSON.stringify(operands[0])} for "talosctl health"`);
  }
  expectOperands(operands, 0);
  const nodes = namedNodes(args);
  if (isOn(args, 'server', true)) await onServer(call, nodes);
  else await onClient(call, nodes);
  if (isOn(args, 'run-e2e')) {
    throw new CommandError('--run-e2e starts pods of the conformance suite: not in a lab');
  }
}

async function onServer(call: Call, nodes: readonly CheckedNode[]): Promise<void> {
  const { args } = call;
  needOneNode(readTarget(args), 'health');
  const waitMs = durationMs(args, 'wait-timeout', DEFAULT_WAIT_MS);
  const names = (isControlPlane: boolean): readonly string[] =>
    nodes.filter((node) => node.isControlPlane === isControlPlane).map((node) => node.addresses[0]);
  const info = Buffer.concat([
    ...names(true).map((name) => stringField(1, name)),
    ...names(false).map((name) => stringField(2, name)),
    stringField(3, args.flags.get('k8s-endpoint') ?? ''),
  ]);
  const duration = Buffer.concat([
    numberField(1, Math.floor(waitMs / 1000)),
    numberField(2, Math.round((waitMs % 1000) * 1e6)),
  ]);
  const request = Buffer.concat([bytesField(1, duration), bytesField(2, info)]);
  await withClient(call, async (client) => {
    try {
      for await (const frame of client.streamOne('cluster.ClusterService/HealthCheck', request)) {
        const { metadata, message } = HEALTH_PROGRESS.decode(frame);
        const failure = metadata?.error ?? '';
        if (failure !== '') throw new CommandError(`healthcheck error: ${failure}`);
        process.stderr.write(`${message}\n`);
      }
    } catch (error) {
      if (error instanceof RpcError && error.code === CANCELED) return;
      throw error;
    }
  });
}

async function onClient(call: Call, named: readonly CheckedNode[]): Promise<void> {
  const { args, interruption } = call;
  const target = readTarget(args, ASKS_EACH_NODE);
  if (ASKS_EACH_NODE) needOneNode(target, 'health');
  const kubeServer = kubeServerOf(args.flags.get('k8s-endpoint'));
  const check = async (client: Client): Promise<void> => {
    const nodes = named.length > 0 ? named : await discoveredNodes(client);
    const untilMs = performance.now() + durationMs(args, 'wait-timeout', DEFAULT_WAIT_MS);
    const view = wireView(client, nodes, kubeServer);
    const reporter = new Reporter();
    for (const each of HEALTH_CHECKS) {
      await pass(each, view, reporter, untilMs);
      if (interruption.hasHappened) throw new CommandError('context canceled');
    }
  };
  await withClient(call, check, target);
}

/** @throws CommandError when it has not succeeded in time. */
async function pass(
  check: HealthCheck,
  view: ClusterView,
  reporter: Reporter,
  untilMs: number,
): Promise<void> {
  // Up to 1.12 every check has a limit of its own.
  const ownMs = performance.now() + check.timeoutMs;
  const endMs = CLIENT_MINOR < 13 ? Math.min(untilMs, ownMs) : untilMs;
  const pollMs = check.name === FIRST_KUBE_CHECK ? FIRST_KUBE_POLL_MS : POLL_MS;
  reporter.report(`waiting for ${check.name}: ...`);
  for (;;) {
    const nextMs = performance.now() + pollMs;
    const problem = await check.run(view);
    reporter.report(`waiting for ${check.name}: ${problem ?? 'OK'}`);
    if (problem === null || problem === 'SKIP') return;
    const leftMs = endMs - performance.now();
    if (leftMs > 0) await sleep(Math.max(0, Math.min(leftMs, nextMs - performance.now())));
    if (performance.now() >= endMs) throw new CommandError('context deadline exceeded');
  }
}

export const HEALTH: Command = {
  names: ['health'],
  usage: 'health [flags]',
  flags: {
    flags: {
      'init-node': 'value',
      'control-plane-nodes': 'value',
      'worker-nodes': 'value',
      'wait-timeout': 'value',
      'k8s-endpoint': 'value',
      server: 'switch',
      'run-e2e': 'switch',
    },
    shorts: {},
  },
  run,
};
