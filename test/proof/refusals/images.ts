import { EMPTY_SCHEMATIC } from '../../../src/model/extensions.js';
import type { Dialect } from '../cases.js';
import type { Scene } from './scene.js';
import { asked, askedWith, type Condition, literally, type Trial } from './trial.js';

const UNKNOWN = 'ab'.repeat(32);
const WORKER = 'talos-w-01';

const upgrade = (
  dialect: Dialect,
  title: string,
  answers: readonly string[],
  rest: Omit<Trial, 'title' | 'args'>,
): Trial => ({ title, args: askedWith(dialect, 'upgrade-talos', ...answers), ...rest });

const BY_ANSWER: Condition = {
  name: 'an image that is asked for',
  trials: (dialect) => [
    ...['nonsense', 'ab'.repeat(31), 'AB'.repeat(32), `${WORKER}=`].map((schematic) =>
      upgrade(dialect, 'schematic that is none', [`schematic=${schematic}`], {
        exit: 2,
        says: /is no schematic/,
        next: /64 hexadecimal digits/,
      }),
    ),
    upgrade(
      dialect,
      'schematic for a node that is not upgraded',
      [`schematic=talos-w-99=${UNKNOWN}`],
      {
        exit: 2,
        says: /talos-w-99: a schematic is given for no node/,
        next: /talos-w-01/,
      },
    ),
    upgrade(dialect, 'schematic of which nothing is known', [`schematic=${UNKNOWN}`], {
      exit: 3,
      gate: 'G-IMAGE',
      says: /talos-w-01 would perhaps lose iscsi-tools.* with schematic abababab/,
      next: /extensions=drop/,
    }),
    upgrade(dialect, 'extensions that would be lost', [`schematic=${EMPTY_SCHEMATIC}`], {
      exit: 3,
      gate: 'G-IMAGE',
      says: /talos-w-01 would lose iscsi-tools, qemu-guest-agent and util-linux-tools/,
      next: /extensions=drop/,
    }),
    upgrade(
      dialect,
      'schematic that the factory has not',
      [`schematic=${UNKNOWN}`, 'extensions=drop'],
      {
        exit: 3,
        gate: 'G-IMAGE',
        says: new RegExp(`${UNKNOWN}:${literally(dialect.next)} does not exist`),
        next: /schematic/,
      },
    ),
  ],
};

const STOCK: Condition = {
  name: 'a node runs the stock image',
  bring: (scene) => scene.change(`stock-installer ${WORKER}`),
  trials: (dialect) => [
    upgrade(dialect, "image without the nodes' schematic (stock)", ['node=all'], {
      exit: 3,
      gate: 'G-IMAGE',
      says: /talos-w-01 (runs the stock image without|lacks)/,
      next: /schematic=talos-w-01=/,
    }),
  ],
};

/** The configuration names another image than what runs. */
const configured = (
  title: string,
  image: (dialect: Dialect) => string,
  says: RegExp,
): Condition => ({
  name: title,
  bring: (scene) => scene.patch(WORKER, { machine: { install: { image: image(scene.dialect) } } }),
  trials: (dialect) => [
    upgrade(dialect, title, [], {
      exit: 3,
      gate: 'G-IMAGE',
      says,
      next: /flavour=running/,
    }),
  ],
});

const FACTORY = 'factory.talos.dev';
const SCHEMATIC = '88d1f7a5c4f1d3aba7df787c448c1d3d008ed29cfb34af53fa0df4336a56040b';

const FLAVOURS: readonly Condition[] = [
  configured(
    'image of another flavour: Secure Boot',
    ({ version }) => `${FACTORY}/metal-installer-secureboot/${SCHEMATIC}:${version}`,
    /it runs metal, configured is \S+secureboot/,
  ),
  configured(
    'image of another flavour: platform',
    ({ version }) => `${FACTORY}/nocloud-installer/${SCHEMATIC}:${version}`,
    /it runs metal, configured is \S+nocloud-installer/,
  ),
];

const REGISTRY: Condition = {
  name: 'the registry has not the image',
  bring: (scene) => scene.change('api-errors factory:HEAD:/v2/** 404 1000'),
  undo: (scene) => scene.change('no-faults'),
  trials: (dialect) => [
    upgrade(dialect, 'image that is not in the registry', [], {
      exit: 3,
      gate: 'G-IMAGE',
      says: new RegExp(`installer/[0-9a-f]{64}:${literally(dialect.next)} does not exist`),
      next: /version and schematic/,
    }),
  ],
};

const SILENT_REGISTRY: Condition = {
  name: 'the registry fails',
  bring: (scene) => scene.change('api-errors factory 500 1000'),
  undo: (scene) => scene.change('no-faults'),
  trials: (dialect) => [
    upgrade(dialect, 'image of which the registry does not tell', [], {
      exit: 3,
      gate: 'G-IMAGE',
      says: /whether \S+ exists is not known/,
      next: /registry/,
    }),
  ],
};

async function bringKernelArguments(scene: Scene): Promise<void> {
  await scene.change(`legacy-bios ${WORKER}`);
  const install = { extraKernelArgs: ['console=ttyS0'], grubUseUKICmdline: false };
  await scene.patch(WORKER, { machine: { install } });
}

const KERNEL_ARGUMENTS: Condition = {
  name: 'GRUB with extra kernel arguments',
  only: '1.13',
  bring: bringKernelArguments,
  trials: (dialect) => [
    upgrade(dialect, 'kernel arguments that the new way would lose', [], {
      exit: 3,
      gate: 'G-IMAGE',
      says: /talos-w-01 has extra kernel arguments/,
      next: /path=legacy/,
    }),
  ],
};

const KUBELET: Condition = {
  name: 'Kubernetes that the target does not take',
  async bring(scene) {
    const image = `ghcr.io/siderolabs/kubelet:${oldKubelet(scene.dialect)}`;
    await scene.patch('talos-w-02', { machine: { kubelet: { image } } });
    await scene.change('advance 60');
  },
  trials: (dialect) => [
    {
      title: 'Kubernetes that the target does not take',
      args: asked('upgrade-talos', `node=${WORKER}`, `version=${nextMinor(dialect)}`),
      exit: 3,
      gate: 'G-PATH',
      says: new RegExp(`takes Kubernetes .* runs .*${literally(oldKubelet(dialect))}`),
      next: /Upgrade Kubernetes/,
    },
  ],
};

const oldKubelet = ({ name }: Dialect): string => (name === '1.12' ? 'v1.30.9' : 'v1.31.9');
const nextMinor = ({ name }: Dialect): string => (name === '1.12' ? 'v1.13.9' : 'v1.14.1');

export const IMAGES: readonly Condition[] = [
  BY_ANSWER,
  REGISTRY,
  SILENT_REGISTRY,
  STOCK,
  ...FLAVOURS,
  KERNEL_ARGUMENTS,
  KUBELET,
];
