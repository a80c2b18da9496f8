import { formatBytes, formatCount } from '../model/format.js';
import { knownValue, readingError, WAITING } from '../model/reading.js';
import { retention } from '../model/retention.js';
import type { Snapshot } from '../model/snapshot.js';
import {
  type Candidate,
  candidates,
  type HealthyCandidate,
  healthyOf,
  isLeader,
  isNamed,
  preferred,
  sourceOf,
  voteOf,
} from './etcd-snapshot/source.js';
import { snapshotSteps } from './etcd-snapshot/steps.js';
import {
  parseStamp,
  type SnapshotTarget,
  snapshotTarget,
  stampOf,
} from './etcd-snapshot/target.js';
import { directoryGate, spaceGate } from './gates/disk.js';
import { quorumGate } from './gates/etcd.js';
import { programGate, refuseWithoutProgram } from './gates/programs.js';
import { directEndpoints, roleGate, talosconfigGate } from './gates/talosconfig.js';
import { refuseDeafTalosconfig } from './node-asked.js';
import { choiceOption, textOption } from './options.js';
import { refusal, usageError } from './refusal.js';
import type { Action, Answers, Gate, Plan, PlanContext, Question, Refusal } from './types.js';

/** Level 1: it changes nothing in the cluster, but old snapshots on this host may go. */
export const etcdSnapshot: Action = {
  id: 'etcd-snapshot',
  title: 'Take an etcd snapshot',
  description:
    'Copies the etcd database of a healthy follower to this host, verifies it and enters it into the catalogue.',
  key: 'S',
  level: 1,
  answerNames: ['node', 'at'],
  missing,
  options,
  plan,
};

function missing(snapshot: Snapshot, { node }: Answers): readonly string[] {
  const { etcdMembers, talosNodes } = snapshot;
  if (isEnough(snapshot, node)) return [];
  const nodes = [...talosNodes.values()].filter(
    ({ identity, etcd, services }) =>
      identity.state === 'waiting' ||
      (knownValue(identity)?.machineType !== 'worker' &&
        (etcd.state === 'waiting' || services.state === 'waiting')),
  );
  return [
    ...(etcdMembers.state === 'waiting' ? ['the etcd members'] : []),
    ...(talosNodes.size === 0 ? ['the Talos nodes'] : []),
    ...nodes.map(({ address }) => `etcd on ${address}`),
  ];
}

/** A majority and a source have answered: a node that hangs must not hold up the snapshot. */
function isEnough(snapshot: Snapshot, wanted: string | undefined): boolean {
  const all = candidates(snapshot) ?? [];
  const healthy = healthyOf(all);
  const { quorum, voters } = voteOf(snapshot, all);
  const hasSource = healthy.some(wanted === undefined ? isFollower : isNamed(wanted));
  return voters > 0 && healthy.length >= quorum && hasSource;
}

const isFollower = (candidate: HealthyCandidate): boolean => !isLeader(candidate);

function options({ snapshot }: PlanContext): readonly Question[] {
  const healthy = healthyOf(candidates(snapshot) ?? []);
  return [
    choiceOption(
      'node',
      'From which member',
      preferred(healthy)?.address ?? '',
      healthy.map((each) => ({
        value: each.address,
        label: `${each.name} (${isLeader(each) ? 'leader' : 'follower'})`,
      })),
    ),
    textOption('at', 'Time in the name of the file; empty: now'),
  ];
}

function plan(context: PlanContext): Plan | Refusal {
  const { connection, facts, answers, nowMs } = context;
  if (connection.talos === null) {
    return refusal(
      `No talosconfig is known for ${connection.name}.`,
      'Set TALOSCONFIG or name the file in the settings of the cluster.',
      'G-CFG',
    );
  }
  const refused = refuseDeafTalosconfig(context) ?? refuseWithoutProgram(facts.talosctl);
  if (refused !== null) return refused;
  const config = talosconfigGate(context, 0);
  const takenAtMs = answers.at === undefined ? nowMs : parseStamp(answers.at);
  if (takenAtMs === null) {
    return usageError(`${answers.at} is no time.`, `Write it like ${stampOf(nowMs)}.`);
  }
  const all = candidates(context.snapshot);
  if (all === undefined) return refuseWithoutMembers(context.snapshot);
  const source = chooseSource(all, context);
  if ('kind' in source) return source;
  return planFor(context, { all, source, config, takenAtMs });
}

function refuseWithoutMembers({ etcdMembers }: Snapshot): Refusal {
  const error = readingError(etcdMembers);
  return error === undefined
    ? refusal('The etcd members have not been read yet.', 'Wait a moment.', 'G-ETCD')
    : refusal(`The etcd members cannot be read: ${error.message}`, error.hint, 'G-ETCD');
}

function chooseSource(
  all: readonly Candidate[],
  { snapshot, answers: { node: wanted } }: PlanContext,
): HealthyCandidate | Refusal {
  const healthy = healthyOf(all);
  if (wanted === undefined) {
    return (
      preferred(healthy) ??
      refusal(
        `No etcd member is healthy: ${all.map(illness).join('; ') || 'no node has said which member it is'}.`,
        'Repair etcd first: start the control planes that are down and look at screen 2.',
        'G-ETCD',
      )
    );
  }
  const found = healthy.find(isNamed(wanted));
  if (found !== undefined) return found;
  const ill = all.find(isNamed(wanted));
  const hint = 'Leave node out to take a healthy one.';
  if (ill !== undefined) return refusal(`${illness(ill)}.`, hint, 'G-ETCD');
  if (isKnown(snapshot, wanted)) {
    return refusal(`${wanted} does not say how its etcd is.`, hint, 'G-ETCD');
  }
  const known = all.map(({ name }) => name).join(', ');
  return usageError(
    `${wanted} is no control plane with an etcd member.`,
    known === '' ? 'Wait until the control planes answer.' : `Choose one of: ${known}.`,
  );
}

/** A member or a node of this name or address, whatever it says. */
function isKnown({ etcdMembers, talosNodes }: Snapshot, wanted: string): boolean {
  const node = [...talosNodes.values()].find(({ address }) => address === wanted);
  return (
    (knownValue(etcdMembers) ?? []).some(({ hostname }) => hostname === wanted) ||
    (node !== undefined && knownValue(node.identity)?.machineType !== 'worker')
  );
}

function illness({ name, health, member }: Candidate): string {
  if (member.isLearner) return `${name} is still a learner`;
  switch (health.state) {
    case 'healthy':
      return `${name} is healthy`;
    case 'waiting':
      return `${name} has not answered yet`;
    case 'unhealthy':
    case 'unreachable':
    case 'unknown':
      return `${name} is ${health.state}: ${health.reason}`;
  }
}

interface Chosen {
  readonly all: readonly Candidate[];
  readonly source: HealthyCandidate;
  readonly config: Gate;
  readonly takenAtMs: number;
}

const EXTRA_BYTES = 1024 ** 3;

function planFor(context: PlanContext, { all, source, config, takenAtMs }: Chosen): Plan {
  const { snapshot, connection, facts } = context;
  const target = snapshotTarget(connection, directEndpoints(context), sourceOf(source), takenAtMs);
  const steps = snapshotSteps(target);
  const talosVersion = knownValue(snapshot.talosNodes.get(source.address)?.version ?? WAITING)?.tag;
  const role = roleGate(facts.talosRoles, ['os:admin', 'os:operator', 'os:etcd:backup']);
  return {
    kind: 'plan',
    action: etcdSnapshot.id,
    answers: { node: source.address, at: stampOf(takenAtMs) },
    level: etcdSnapshot.level,
    summary: `Take an etcd snapshot of ${connection.name} from ${source.name}`,
    lines: previewLines(context, target, isLeader(source)),
    gates: [
      config,
      ...(role === null ? [] : [role]),
      programGate('talosctl', facts.talosctl, { cluster: talosVersion ?? null, maxMinors: 1 }),
      quorumGate(voteOf(snapshot, all)),
      directoryGate(facts.snapshotDirectory),
      spaceGate(facts.snapshotDirectory, 2 * source.status.dbSizeBytes + EXTRA_BYTES),
    ],
    steps,
    expectedMs: steps.reduce((sum, { expectedMs }) => sum + expectedMs, 0),
    downtime: 'none',
    ifConsoleDies: 'The snapshot goes on by itself.',
    undo: 'Nothing to undo: delete the file if you do not want it.',
    confirmName: null,
  };
}

function previewLines(
  context: PlanContext,
  { source, path, directory }: SnapshotTarget,
  isFromLeader: boolean,
): readonly string[] {
  const role = isFromLeader ? 'the leader, no follower is healthy' : 'a follower';
  return [
    `from ${source.name} (${source.address}), ${role}, database ${formatBytes(source.dbSizeBytes)}`,
    `to ${path}`,
    `the retention policy deletes ${superfluousText(context)} in ${directory}`,
  ];
}

function superfluousText({ snapshot, nowMs, connection }: PlanContext): string {
  const entries = knownValue(snapshot.catalogue);
  if (entries === undefined) return 'what is beyond it';
  const own = entries.filter(({ cluster }) => cluster === connection.name);
  const superfluous = retention(own, nowMs).filter(({ keptAs }) => keptAs === null);
  return superfluous.length === 0 ? 'nothing' : formatCount(superfluous.length, 'older snapshot');
}
