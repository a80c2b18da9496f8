import type { Answers, Plan, PlanContext, Refusal } from '../../src/actions/types.js';
import { upgradeTalos } from '../../src/actions/upgrade-talos.js';
import type { Inspection, NodeInspection } from '../../src/model/inspection.js';
import { mapReading } from '../../src/model/reading.js';
import type { RunSummary } from '../../src/model/run.js';
import type { TalosImage } from '../../src/model/talos.js';
import { aWorld, fresh, SCHEMATIC, type World } from './builders.js';
import { anInspection, aPlanContext, withInspection } from './plan-contexts.js';
import { goodFacts } from './run-world.js';

export const OTHER_SCHEMATIC = 'a'.repeat(64);
const EMPTY = '376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba';
export const imageOf = (schematic: string, tag: string, name = 'nocloud-installer') =>
  `factory.talos.dev/${name}/${schematic}:${tag}`;

/** What of a cluster of Talos 1.12 with extensions is to be otherwise. */
export interface Scene {
  readonly tag: string;
  readonly talosctl: string;
  readonly controlPlanes: number;
  readonly workers: number;
  /** By number of the machine. */
  readonly images: Readonly<Record<number, Partial<TalosImage>>>;
  readonly tags: Readonly<Record<number, string>>;
  readonly inspected: Readonly<Record<number, Partial<NodeInspection>>>;
  readonly runs: readonly RunSummary[];
  readonly kubernetes: string;
}

const SCENE: Scene = {
  tag: 'v1.12.11',
  talosctl: 'v1.12.11',
  controlPlanes: 3,
  workers: 2,
  images: {},
  tags: {},
  inspected: {},
  runs: [],
  kubernetes: 'v1.35.0',
};

function worldOf(scene: Scene): World {
  const world = aWorld(scene.controlPlanes, scene.workers);
  return {
    ...world,
    nodes: world.nodes.map((node, index) => ({
      ...node,
      version: fresh({
        tag: scene.tags[index + 1] ?? scene.tag,
        arch: 'amd64',
        platform: 'nocloud',
      }),
      image: mapReading(node.image, (image) => ({ ...image, ...scene.images[index + 1] })),
    })),
    kubeNodes: world.kubeNodes.map((node) => ({ ...node, kubeletVersion: scene.kubernetes })),
  };
}

/** Every image that the plan could want exists. */
const allImages = (version: string): Inspection['images'] =>
  new Map(
    [SCHEMATIC, OTHER_SCHEMATIC, EMPTY].flatMap((schematic) =>
      ['nocloud-installer', 'nocloud-installer-secureboot'].map(
        (name) => [imageOf(schematic, version, name), fresh(true)] as const,
      ),
    ),
  );

export function contextOf(answers: Answers, change: Partial<Scene> = {}): PlanContext {
  const scene = { ...SCENE, ...change };
  const world = worldOf(scene);
  const context = aPlanContext(world, {
    answers,
    facts: goodFacts({
      talosctl: { state: 'usable', version: scene.talosctl },
      inspection: anInspection(world),
    }),
    snapshot: {
      runs: fresh(scene.runs),
      kubeHealth: fresh({
        isReady: true,
        failedChecks: [],
        serverVersion: scene.kubernetes,
        viaServer: null,
      }),
    },
  });
  const { nodes } = context.facts.inspection;
  return withInspection(context, {
    images: allImages(answers.version ?? ''),
    nodes: new Map(
      [...nodes].map(([address, reading], index) => [
        address,
        mapReading(reading, (value) => ({
          ...value,
          installImage: imageOf(SCHEMATIC, scene.tag),
          ...scene.inspected[index + 1],
        })),
      ]),
    ),
  });
}

export const outcome = (answers: Answers, change: Partial<Scene> = {}) =>
  upgradeTalos.plan(contextOf(answers, change));

export function planOf(answers: Answers, change: Partial<Scene> = {}): Plan {
  const planned = outcome(answers, change);
  if (planned.kind !== 'plan') throw new Error(JSON.stringify(planned));
  return planned;
}

export function refusalOf(answers: Answers, change: Partial<Scene> = {}): Refusal {
  const planned = outcome(answers, change);
  if (planned.kind !== 'refusal') throw new Error(`no refusal: ${planned.kind}`);
  return planned;
}
