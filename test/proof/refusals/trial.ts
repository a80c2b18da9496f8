import type { Dialect } from '../cases.js';
import type { Scene } from './scene.js';

/** Something that must be refused, and how. */
export interface Trial {
  /** What is wrong with it; trials of the same title make one row of the table. */
  readonly title: string;
  /** `cordon --set node=talos-w-01`, after `run`. */
  readonly args: readonly string[];
  /** 2 malformed, 3 refused. */
  readonly exit: 2 | 3;
  /** The reason names what was given, and why it is not taken. */
  readonly says: RegExp;
  /** What the next step has to name besides being there. */
  readonly next?: RegExp;
  readonly gate?: string;
  /** Instead of `--yes --confirm-name lab`. */
  readonly flags?: readonly string[];
  readonly env?: (scene: Scene) => Readonly<Record<string, string>>;
  /** Refused by the run process, whose end is waited for. */
  readonly isFollowed?: boolean;
  /** In a terminal: what is typed at the question; first this happens to the cluster. */
  readonly typed?: string;
  readonly meanwhile?: (scene: Scene) => Promise<void>;
  /** Only where Talos has this; default both. */
  readonly only?: Dialect['name'];
}

/** A state of the cluster, and what must be refused in it. */
export interface Condition {
  readonly name: string;
  /** Default `healthy`. */
  readonly scenario?: string;
  readonly bring?: (scene: Scene) => Promise<void>;
  /** Absent: the lab is thrown away, unless nothing was brought. */
  readonly undo?: (scene: Scene) => Promise<void>;
  readonly trials: (dialect: Dialect, scene: Scene) => readonly Trial[];
  readonly only?: Dialect['name'];
}

/** `action --set a=1 --set b=2` */
export const asked = (action: string, ...answers: readonly string[]): readonly string[] => [
  action,
  ...answers.flatMap((answer) => ['--set', answer]),
];

export const literally = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Answers with which an action would be done on a healthy cluster. */
export const goodAnswers = ({
  version,
  next,
}: Dialect): Readonly<Record<string, readonly string[]>> => ({
  'approve-csrs': ['csr=all'],
  'etcd-snapshot': [],
  'etcd-forfeit-leadership': ['node=talos-cp-01'],
  'resize-ephemeral': ['node=talos-w-01', 'size=120G'],
  'reboot-node': ['node=talos-w-01'],
  'rollback-node': ['node=talos-w-01', `to=${earlier(version)}`],
  cordon: ['node=talos-w-01'],
  drain: ['node=talos-w-01'],
  uncordon: ['node=talos-w-01'],
  'fix-boot-order': ['node=talos-w-01'],
  'upgrade-talos': ['node=talos-w-01', `version=${next}`],
  'disarm-node': ['node=talos-w-01'],
});

/** A version that this node may have run before. */
export const earlier = (version: string): string =>
  version.endsWith('.0') ? 'v1.12.11' : version.replace(/\d+$/, '0');

/** The given answers instead of those that would do. */
export function askedWith(
  dialect: Dialect,
  action: string,
  ...answers: readonly string[]
): readonly string[] {
  const names = answers.map((answer) => answer.split('=')[0]);
  const kept = (goodAnswers(dialect)[action] ?? []).filter(
    (answer) => !names.includes(answer.split('=')[0]),
  );
  return asked(action, ...kept, ...answers);
}

/** They take nodes away from the cluster for a while. */
export const DISRUPTIVE = [
  'resize-ephemeral',
  'reboot-node',
  'rollback-node',
  'drain',
  'upgrade-talos',
] as const;

/** They restart their node: etcd, guest and boot medium matter. */
export const RESTARTING = [
  'resize-ephemeral',
  'reboot-node',
  'rollback-node',
  'upgrade-talos',
] as const;

/** They take any node by `node`. */
export const ON_NODES = [
  ...DISRUPTIVE,
  'cordon',
  'uncordon',
  'fix-boot-order',
  'etcd-forfeit-leadership',
  'disarm-node',
] as const;
