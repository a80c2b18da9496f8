import { readFileSync, writeFileSync } from 'node:fs';
import type { RunId } from '../../../src/model/ids.js';
import { planPath, runDir } from '../../../src/runs/run-files.js';
import { type RunView, startRun } from '../run-view.js';
import { elsewhere } from './attempt.js';
import { everyAction } from './requests.js';
import type { Scene } from './scene.js';
import { asked, askedWith, type Condition, goodAnswers, type Trial } from './trial.js';

/** Waits before it disrupts, since nobody watches: it holds the cluster and has changed nothing. */
export async function holdingRun(scene: Scene): Promise<RunView> {
  const run = await startRun(scene, asked('reboot-node', 'node=talos-w-02'), []);
  if (!('id' in run)) throw new Error(run.said);
  const giveUpMs = performance.now() + 120_000;
  while (!run.journal().some(({ type }) => type === 'paused')) {
    if (performance.now() > giveUpMs) throw new Error('The first run does not pause.');
    await new Promise((done) => setTimeout(done, 50));
  }
  return run;
}

const held = new WeakMap<Scene, RunView>();

const HOLDER = /\S+ (is already changing lab|holds the Lease)|reboot-node/;

const SECOND: Condition = {
  name: 'a second operator',
  async bring(scene) {
    await scene.change('attach-iso talos-w-01');
    await scene.change('etcd-leader talos-cp-01');
    held.set(scene, await holdingRun(scene));
  },
  async undo(scene) {
    await scene.cli('runs', 'cancel', held.get(scene)?.id ?? '');
    await scene.change('detach-iso talos-w-01');
  },
  trials: (dialect) =>
    everyAction().flatMap((action): readonly Trial[] => {
      const args = asked(action, ...(goodAnswers(dialect)[action] ?? []));
      return [
        {
          title: 'second operator on the same host',
          args,
          exit: 3,
          says: HOLDER,
          next: /cancel|Wait/,
        },
        {
          title: 'second operator on another host',
          args,
          env: elsewhere,
          isFollowed: true,
          exit: 3,
          gate: 'G-LOCK',
          says: HOLDER,
          next: /Wait|cancel|G-LOCK/,
        },
        ...(action === 'cordon' || action === 'upgrade-talos'
          ? [
              {
                title: 'second operator who overrides a lock that lives',
                args: [...args, '--override', 'G-LOCK'],
                env: elsewhere,
                isFollowed: true,
                exit: 3,
                gate: 'G-LOCK',
                says: HOLDER,
              } as const,
            ]
          : []),
      ];
    }),
};

const NAMES: Condition = {
  name: 'the name is typed',
  trials: (dialect) => [
    ...[
      askedWith(dialect, 'upgrade-talos', 'node=all'),
      askedWith(dialect, 'reboot-node', 'node=talos-w-01,talos-w-02'),
      askedWith(dialect, 'resize-ephemeral', 'node=talos-w-01,talos-w-02'),
      askedWith(dialect, 'drain', 'node=talos-w-01,talos-w-02'),
    ].flatMap((args): readonly Trial[] => [
      {
        title: 'name typed wrong, at a terminal',
        args,
        typed: 'lap',
        exit: 3,
        says: /lap is not the name of what is changed/,
        next: /plan/,
      },
      {
        title: 'name typed wrong, at a terminal',
        args,
        typed: 'LAB',
        exit: 3,
        says: /LAB is not the name/,
        next: /plan/,
      },
      {
        title: 'name given wrong',
        args,
        flags: ['--yes', '--confirm-name', 'lap'],
        exit: 3,
        says: /lap is not the name of what is changed/,
        next: /plan/,
      },
      {
        title: 'name not given',
        args,
        flags: ['--yes'],
        exit: 2,
        says: /level 3: --yes alone does not confirm/,
        next: /--confirm-name lab/,
      },
    ]),
  ],
};

type Edit = (request: Record<string, unknown>) => Record<string, unknown>;

/** Ends the run, and leaves behind a plan that is not what was confirmed. */
const edited = (name: string, edit: Edit, says: RegExp, next: RegExp): Condition => ({
  name,
  async bring(scene) {
    const run = await holdingRun(scene);
    held.set(scene, run);
    await scene.cli('runs', 'cancel', run.id);
    const path = planPath(runDir(scene.stateDir, run.id as RunId));
    const request = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    writeFileSync(path, JSON.stringify(edit(request)));
  },
  async undo() {},
  trials: (_dialect, scene) => [
    {
      title: `stale plan: ${name}`,
      args: ['runs', 'resume', held.get(scene)?.id ?? ''],
      exit: 3,
      says,
      next,
    },
  ],
});

const answersOf = (request: Record<string, unknown>): Record<string, string> =>
  request.answers as Record<string, string>;

const EDITED: readonly Condition[] = [
  edited(
    'another fingerprint was confirmed',
    (request) => ({ ...request, fingerprint: '0'.repeat(64) }),
    /not the one that was confirmed/,
    /Plan it again/,
  ),
  edited(
    'another node was put into it',
    (request) => ({
      ...request,
      answers: {
        ...answersOf(request),
        pinned: (answersOf(request).pinned ?? '').replaceAll('talos-w-02', 'talos-w-01'),
      },
    }),
    /not the one that was confirmed.*talos-w-01|Confirmed: .*talos-w-02/,
    /Plan it again/,
  ),
  edited(
    'what it had pinned cannot be read',
    (request) => ({ ...request, answers: { ...answersOf(request), pinned: '{"targets":1}' } }),
    /pinned cannot be understood/,
    /Plan it again/,
  ),
];

export const OPERATORS: readonly Condition[] = [SECOND, NAMES, ...EDITED];
