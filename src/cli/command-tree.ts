import { Command, Option } from 'commander';
import {
  actingFlags,
  consentFlags,
  consentOptions,
  planOptions,
  type RawActingFlags,
  type RawConsentFlags,
  runOptions,
} from './acting-flags.js';
import type { Handler } from './invocation.js';
import { DEFAULT_SCENARIO } from './options.js';
import { version } from './version.js';

const EXIT_CODES = `
Exit codes: 0 done or healthy · 1 failed or unhealthy · 2 wrong usage · 3 refused by a gate ·
4 nothing reachable · 130 cancelled. Without a command the console starts; without a terminal
the status is printed once.`;

type Bind = (handler: Handler) => () => Promise<void>;

export function createProgram(bind: Bind): Command {
  const root = new Command('talos-tui')
    .description('Operations console for Talos Linux Kubernetes clusters on Proxmox VE')
    .version(`talos-tui ${version()}`, '--version', 'print the version')
    .option('--demo [scenario]', 'use a simulated cluster that is started for this command')
    .option('--cluster <name>', 'the configured cluster to use')
    .option('--read-only', 'offer nothing that changes anything')
    .option('--ascii', 'draw without box characters')
    .option('--no-color', 'draw without colours (also: NO_COLOR)')
    .option('--config-dir <dir>', 'settings and cluster files')
    .option('--state-dir <dir>', 'runs and snapshots')
    .option('--json', 'print one JSON document, or one per line for streams')
    .helpOption('-h, --help', 'print this help')
    .addHelpText('after', EXIT_CODES)
    .configureOutput({ writeErr: () => undefined })
    .exitOverride();
  addReading(root, bind);
  addActing(root, bind);
  addLab(root, bind);
  return root;
}

function addReading(root: Command, bind: Bind): void {
  root
    .command('status')
    .description('print what is known now; 0 healthy, 1 not, 4 nothing reachable')
    .action(bind(async (invocation) => (await import('./commands/status.js')).status(invocation)));
  root
    .command('clusters')
    .description('list the clusters that are configured or were found')
    .action(
      bind(async (invocation) => (await import('./commands/clusters.js')).clusters(invocation)),
    );
  root
    .command('actions')
    .description('list what can be done')
    .option('--markdown', 'as the page docs/actions.md')
    .action((flags: { markdown?: boolean }) =>
      bind(async (invocation) =>
        (await import('./commands/actions.js')).actions(invocation, flags.markdown === true),
      )(),
    );
  root
    .command('keys', { hidden: true })
    .description('print the page docs/keys.md')
    .action(bind(async (invocation) => (await import('./commands/keys.js')).keys(invocation)));
  root
    .command('snapshots')
    .description('etcd snapshots: list, or verify FILE')
    .argument('[verb]', 'list or verify', 'list')
    .argument('[file]')
    .action((verb: string, file?: string) =>
      bind(async (invocation) =>
        (await import('./commands/snapshots.js')).snapshots(invocation, verb, file ?? null),
      )(),
    );
}

function addActing(root: Command, bind: Bind): void {
  planOptions(
    root
      .command('plan')
      .description('show what an action would do; changes nothing')
      .argument('<action>'),
  ).action((action: string, raw: RawActingFlags) =>
    bind(async (invocation) =>
      (await import('./commands/plan.js')).plan(invocation, action, actingFlags(raw)),
    )(),
  );
  runOptions(
    root
      .command('run')
      .description('do an action: plan, gates, confirmation, then a run of its own process')
      .argument('<action>'),
  ).action((action: string, raw: RawActingFlags) =>
    bind(async (invocation) =>
      (await import('./commands/run.js')).run(invocation, action, actingFlags(raw)),
    )(),
  );
  consentOptions(
    root
      .command('runs')
      .description(
        `runs: ${RUNS_VERBS.map((verb) => (verb === 'list' ? verb : `${verb} ID`)).join(', ')}`,
      )
      .argument('[verb]', formatVerbs(RUNS_VERBS), 'list')
      .argument('[id]'),
  ).action((verb: string, id: string | undefined, raw: RawConsentFlags) =>
    bind(async (invocation) =>
      (await import('./commands/runs.js')).runs(invocation, verb, id ?? null, consentFlags(raw)),
    )(),
  );
}

const RUNS_VERBS = [
  'list',
  'show',
  'follow',
  'resume',
  'continue',
  'pause',
  'cancel',
  'export',
] as const;

const formatVerbs = (verbs: readonly string[]): string =>
  `${verbs.slice(0, -1).join(', ')} or ${verbs.at(-1)}`;

export interface LabFlags {
  readonly dir?: string;
  readonly scenario?: string;
  readonly timeScale?: string;
  readonly seed?: string;
  readonly talos?: string;
  readonly realTools?: boolean;
  readonly parentPid?: string;
}

function addLab(root: Command, bind: Bind): void {
  const lab = root.command('lab').description('a simulated Proxmox, Talos and Kubernetes');
  lab
    .command('up')
    .description('run a lab in the foreground; then `. DIR/env.sh`')
    .requiredOption('--dir <dir>', 'where it writes its files')
    .option('--scenario <name>', 'what it starts with', DEFAULT_SCENARIO)
    .option(
      '--time-scale <n>',
      'how much faster than real time, 0: only `lab advance`, or max',
      '1',
    )
    .option('--seed <n>', 'the same number gives the same world', '1')
    .option('--talos <version>', 'which Talos the machines run, for example v1.13.9')
    .option('--real-tools', 'leave talosctl, kubectl and helm of PATH in place')
    .addOption(
      new Option('--parent-pid <pid>', 'end and remove DIR when this process is gone').hideHelp(),
    )
    .action((flags: LabFlags) =>
      bind(async (invocation) => (await import('./commands/lab.js')).up(invocation, flags))(),
    );
  lab
    .command('do')
    .description('change a running lab')
    .argument('<change>')
    .argument('[args...]')
    .requiredOption('--dir <dir>', 'the directory that `lab up` was given')
    .action((change: string, args: readonly string[], flags: LabFlags) =>
      bind(async (invocation) =>
        (await import('./commands/lab.js')).change(invocation, change, args, flags),
      )(),
    );
  lab
    .command('advance')
    .description('move the clock of a running lab on')
    .argument('<seconds>')
    .requiredOption('--dir <dir>', 'the directory that `lab up` was given')
    .action((seconds: string, flags: LabFlags) =>
      bind(async (invocation) =>
        (await import('./commands/lab.js')).advance(invocation, seconds, flags),
      )(),
    );
  lab
    .command('status')
    .description('what a running lab is doing')
    .requiredOption('--dir <dir>', 'the directory that `lab up` was given')
    .action((flags: LabFlags) =>
      bind(async (invocation) =>
        (await import('./commands/lab.js')).labStatus(invocation, flags),
      )(),
    );
  addLabLists(lab, bind);
}

function addLabLists(lab: Command, bind: Bind): void {
  lab
    .command('scenarios')
    .description('what a lab can start with')
    .action(bind(async (invocation) => (await import('./commands/lab.js')).scenarios(invocation)));
  lab
    .command('story')
    .description(
      'an incident to rehearse: what the operator knows, what is broken, what proves the repair',
    )
    .argument('[scenario]', 'default: all of them, one line each')
    .option('--markdown', 'as the page docs/drills.md')
    .action((scenario: string | undefined, flags: { markdown?: boolean }) =>
      bind(async (invocation) =>
        (await import('./commands/lab.js')).story(invocation, scenario, flags.markdown === true),
      )(),
    );
  lab
    .command('changes')
    .description('what `lab do` can change')
    .action(bind(async (invocation) => (await import('./commands/lab.js')).changes(invocation)));
}
