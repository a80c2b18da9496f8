import { expect, test } from 'vitest';
import { EMPTY_SCHEMATIC, imageReport } from '../../src/model/extensions.js';
import type { TalosImage } from '../../src/model/talos.js';
import {
  anError,
  asStale,
  aWorld,
  failed,
  fresh,
  SCHEMATIC,
  worldSnapshot,
} from '../support/builders.js';

const TOOLS = [
  { name: 'iscsi-tools', version: 'v0.2.0' },
  { name: 'qemu-guest-agent', version: '10.0.2' },
] as const;

/** Worlds whose nodes run these images. */
function reportOf(images: readonly TalosImage[]) {
  const world = aWorld(images.length, 0);
  const nodes = world.nodes.map((node, index) => {
    const image = images[index];
    return image ? { ...node, image: fresh(image) } : node;
  });
  return imageReport(worldSnapshot({ ...world, nodes }));
}

const texts = (images: readonly TalosImage[]) =>
  reportOf(images).nodes.map(({ level, text }) => `${level}: ${text}`);

const usual: TalosImage = { schematic: SCHEMATIC, extensions: TOOLS };

test('nodes that agree are the same as most', () => {
  expect(texts([usual, usual, usual])).toEqual([
    'ok: same as most',
    'ok: same as most',
    'ok: same as most',
  ]);
});

test('a node that was upgraded with the plain installer is told with what it lacks', () => {
  expect(texts([usual, usual, { schematic: null, extensions: [] }])).toEqual([
    'ok: same as most',
    'ok: same as most',
    'warn: stock image; lacks iscsi-tools, qemu-guest-agent; other schematic',
  ]);
});

test('more, other and newer extensions are each told', () => {
  const [iscsi, agent] = TOOLS;
  expect(
    texts([
      usual,
      usual,
      usual,
      { schematic: SCHEMATIC, extensions: [iscsi, { ...agent, version: '11' }] },
      { schematic: 'b'.repeat(64), extensions: [...TOOLS, { name: 'zfs', version: '2' }] },
      { schematic: 'c'.repeat(64), extensions: TOOLS },
    ]).slice(3),
  ).toEqual([
    'warn: other version of qemu-guest-agent',
    'warn: has zfs besides; other schematic',
    'warn: other schematic',
  ]);
});

test('on a tie the image with more extensions is the usual one', () => {
  const report = reportOf([{ schematic: EMPTY_SCHEMATIC, extensions: [] }, usual]);

  expect(report.schematic).toBe(SCHEMATIC);
  expect(report.nodes.map(({ isStock }) => isStock)).toEqual([true, false]);
});

test('what was not read is unknown and does not vote', () => {
  const world = aWorld(3, 0);
  const nodes = world.nodes.map((node, index) =>
    index === 0
      ? { ...node, image: failed(anError('forbidden')) }
      : index === 1
        ? { ...node, image: asStale(node.image) }
        : node,
  );
  const { nodes: states, names } = imageReport(worldSnapshot({ ...world, nodes }));

  expect(states.map(({ level, text }) => `${level}: ${text}`)).toEqual([
    'unknown: unknown',
    'unknown: stale: same as most',
    'ok: same as most',
  ]);
  expect(names).toEqual(['iscsi-tools', 'qemu-guest-agent', 'util-linux-tools']);
});
