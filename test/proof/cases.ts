import type { PlaceWish } from './place.js';

/** An action with its answers, and what has to be so before it makes sense. */
export interface Case {
  readonly action: string;
  readonly args: readonly string[];
  readonly scenario?: string;
  readonly changes?: readonly string[];
}

/** Both ways of Talos to upgrade: by the legacy API, and by the lifecycle API of 1.13. */
export const DIALECTS = [
  { name: '1.12', version: 'v1.12.4', next: 'v1.12.5' },
  { name: '1.13', version: 'v1.13.0', next: 'v1.13.9' },
] as const;
export type Dialect = (typeof DIALECTS)[number];

const WORKER = 'talos-w-01';
const asked = (action: string, ...answers: readonly string[]): readonly string[] => [
  action,
  ...answers.flatMap((answer) => ['--set', answer]),
];

/** One worker with each of the actions. */
export const casesFor = ({ version, next }: Dialect): readonly Case[] => [
  { action: 'cordon', args: asked('cordon', `node=${WORKER}`) },
  { action: 'uncordon', args: asked('uncordon', `node=${WORKER}`), changes: [`cordon ${WORKER}`] },
  { action: 'drain', args: asked('drain', `node=${WORKER}`) },
  { action: 'reboot-node', args: asked('reboot-node', `node=${WORKER}`) },
  { action: 'resize-ephemeral', args: asked('resize-ephemeral', `node=${WORKER}`, 'size=120G') },
  {
    action: 'upgrade-talos',
    args: asked('upgrade-talos', `node=${WORKER}`, `version=${next}`),
  },
  {
    action: 'rollback-node',
    args: asked('rollback-node', `node=${WORKER}`, `to=${version}`),
    // It runs the next version; the one before lies in the other entry.
    changes: [`arm-node ${WORKER} ${next}`, `reboot-node ${WORKER}`, 'advance 600'],
  },
  {
    action: 'fix-boot-order',
    args: asked('fix-boot-order', 'node=talos-cp-02'),
    scenario: 'iso-first',
  },
];

export const placeOf = (each: Case, dialect: Dialect, seed: number): PlaceWish => ({
  scenario: each.scenario ?? 'healthy',
  talos: dialect.version,
  seed,
  changes: each.changes,
});
