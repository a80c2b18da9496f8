import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Dialect } from '../cases.js';
import { everyAction } from './requests.js';
import type { Scene } from './scene.js';
import { asked, type Condition, DISRUPTIVE, goodAnswers, literally, type Trial } from './trial.js';

const good = (dialect: Dialect, action: string): readonly string[] =>
  asked(action, ...(goodAnswers(dialect)[action] ?? []));

const TALOSCTL_USERS = [
  ...DISRUPTIVE,
  'etcd-snapshot',
  'etcd-forfeit-leadership',
  'disarm-node',
] as const;
/** They order from Proxmox alone, or from etcd alone. */
const WITHOUT_KUBECTL: readonly string[] = ['fix-boot-order', 'etcd-snapshot'];

/** A PATH with these programs of the lab alone, and others beside them. */
function programs(
  scene: Scene,
  name: string,
  {
    kept,
    written = {},
  }: { readonly kept: readonly string[]; readonly written?: Readonly<Record<string, string>> },
): Readonly<Record<string, string>> {
  const bin = join(scene.home, name);
  // Hosts may have programs of their own in /usr/bin.
  const path = `${bin}:${dirname(process.execPath)}`;
  mkdirSync(bin, { recursive: true });
  try {
    for (const each of kept) symlinkSync(join(scene.home, 'lab', 'bin', each), join(bin, each));
  } catch {
    return { PATH: path };
  }
  for (const [program, text] of Object.entries(written)) {
    writeFileSync(join(bin, program), text);
    chmodSync(join(bin, program), 0o755);
  }
  return { PATH: path };
}

/** The lab's talosctl, as one of another version. */
function talosctlOf(scene: Scene, version: string): Readonly<Record<string, string>> {
  const launcher = readFileSync(join(scene.home, 'lab', 'bin', 'talosctl'), 'utf8');
  const talosctl = launcher.replace(/(TALOS_TUI_LAB_TALOS=)\S+/, `$1${version}`);
  return programs(scene, `talosctl-${version}`, { kept: ['kubectl'], written: { talosctl } });
}

const far = ({ name }: Dialect): string => (name === '1.12' ? 'v1.14.1' : 'v1.11.6');

const PROGRAMS: Condition = {
  name: 'programs that are missing or do not fit',
  trials: (dialect) => [
    ...TALOSCTL_USERS.filter((action) => action !== 'drain').flatMap((action): readonly Trial[] => [
      {
        title: 'talosctl is missing',
        args: good(dialect, action),
        exit: 3,
        gate: 'G-BIN',
        env: (scene) => programs(scene, 'no-talosctl', { kept: ['kubectl'] }),
        says: /talosctl was not found/,
        next: /Install|path/,
      },
      {
        title: 'talosctl is too old to be understood',
        args: good(dialect, action),
        exit: 3,
        gate: 'G-BIN',
        env: (scene) =>
          programs(scene, 'old-talosctl', {
            kept: ['kubectl'],
            written: { talosctl: '#!/bin/sh\necho "Client v1.2.3"\n' },
          }),
        says: /v1\.2\.3/,
        next: /talosctl/,
      },
      {
        title: 'talosctl is more than a minor away',
        args: good(dialect, action),
        exit: 3,
        gate: 'G-BIN',
        env: (scene) => talosctlOf(scene, far(dialect)),
        // To disarm a node an old one cannot at all, and that is said first.
        says: new RegExp(`talosctl ${literally(far(dialect))} (is more than|cannot install)`),
        next: /Install/,
      },
    ]),
    ...everyAction()
      .filter((action) => !WITHOUT_KUBECTL.includes(action))
      .map(
        (action): Trial => ({
          title: 'kubectl is missing',
          args: good(dialect, action),
          exit: 3,
          gate: 'G-BIN',
          env: (scene) => programs(scene, 'no-kubectl', { kept: ['talosctl'] }),
          says: /kubectl was not found/,
          next: /Install|path/,
        }),
      ),
  ],
};

const READ_ONLY: Condition = {
  name: 'read-only',
  bring: (scene) => scene.change('etcd-leader talos-cp-01'),
  trials: (dialect) =>
    everyAction().map(
      (action): Trial => ({
        title: 'read-only',
        args: [...good(dialect, action), '--read-only'],
        exit: 3,
        says: /lab is opened read-only/,
        next: /--read-only/,
      }),
    ),
};

const rewrite = (scene: Scene, file: string, from: string | RegExp, to: string): void => {
  const path = join(scene.home, 'lab', file);
  writeFileSync(path, readFileSync(path, 'utf8').replace(from, to));
};

const CREDENTIALS: readonly Condition[] = [
  {
    name: 'the certificate in talosconfig has ended',
    bring: (scene) => scene.change('expire-talosconfig'),
    undo: (scene) => scene.change('renew-talosconfig'),
    trials: (dialect) =>
      [...DISRUPTIVE, 'etcd-snapshot', 'etcd-forfeit-leadership'].map(
        (action): Trial => ({
          title: 'talosconfig has expired',
          args: good(dialect, action),
          exit: 3,
          says: /expired|ended/,
        }),
      ),
  },
  {
    name: 'talosconfig without endpoints',
    bring: (scene) => scene.change('empty-endpoints'),
    undo: (scene) => scene.change('renew-talosconfig'),
    trials: (dialect) =>
      [...DISRUPTIVE, 'etcd-snapshot', 'etcd-forfeit-leadership'].map(
        (action): Trial => ({
          title: 'talosconfig has no endpoints',
          args: good(dialect, action),
          exit: 3,
          says: /no endpoints/,
          next: /talosctl config endpoint/,
        }),
      ),
  },
  {
    name: 'a kubeconfig that is none',
    async bring(scene) {
      rewrite(scene, 'kubeconfig', /[\s\S]*/, 'apiVersion: v1\nclusters: [\n');
    },
    undo: (scene) => scene.change('renew-kubeconfig'),
    trials: (dialect) =>
      [...DISRUPTIVE, 'cordon', 'uncordon', 'approve-csrs'].map(
        (action): Trial => ({
          title: 'kubeconfig is broken',
          args: good(dialect, action),
          exit: 3,
          says: /kubeconfig/,
        }),
      ),
  },
  {
    name: 'no certificate request waits',
    async bring({ type }) {
      await type('kubectl', 'delete', 'csr', '--all');
    },
    trials: () => [
      {
        title: 'nothing to do',
        args: asked('approve-csrs', 'csr=all'),
        exit: 3,
        says: /No kubelet-serving request is pending|No pending request/,
      },
    ],
  },
  {
    name: 'forged certificate requests',
    async bring(scene) {
      const honest = requestsIn(scene);
      for (const kind of FORGERIES) await scene.change(`hostile-csr ${kind}`);
      forged.set(
        scene,
        requestsIn(scene).filter((name) => !honest.includes(name)),
      );
    },
    trials: (_dialect, scene) =>
      (forged.get(scene) ?? []).map(
        (csr): Trial => ({
          title: 'certificate request that breaks a rule',
          args: asked('approve-csrs', `csr=${csr}`),
          exit: 3,
          says: new RegExp(`${csr} (is held|looks hostile)`),
          next: /by hand/,
        }),
      ),
  },
];

const FORGERIES = ['vip', 'foreign-ip', 'wrong-cn', 'masters-group', 'client-auth', 'unknown-node'];

const forged = new WeakMap<Scene, readonly string[]>();

const requestsIn = ({ lab }: Scene): readonly string[] =>
  [...(lab.handle.world.kube.objects.get('certificatesigningrequests')?.values() ?? [])].map(
    ({ metadata }) => metadata.name,
  );

export const ACCESS: readonly Condition[] = [PROGRAMS, READ_ONLY, ...CREDENTIALS];
