import type { Case, Expectation, Step } from '../case.js';
import { talosctl } from './argv.js';

/** What talos.md says that talosctl says, where our stand-in does not know the command. */
const says = (
  words: readonly string[],
  expect: Expectation,
  rest: Omit<Step, 'argv'> = {},
): Step => ({ argv: talosctl('{cp1}', ...words), ...rest, expect });

const ok = (stdout: string | RegExp, stderr?: string | RegExp): Expectation => ({
  code: 0,
  stdout,
  ...(stderr === undefined ? {} : { stderr }),
});
const refused = (stderr: string | RegExp): Expectation => ({ code: 1, stderr });

const working = (title: string, ...steps: readonly Step[]): Case => ({
  program: 'talosctl',
  title,
  isRealOnly: true,
  steps,
});

const changing = (title: string, ...steps: readonly Step[]): Case => ({
  ...working(title, ...steps),
  isChange: true,
  timeScale: 10,
});

const ROW = String.raw`127\.<lan>\.0\.11 +`;
const rows = (header: string, row: string): RegExp =>
  new RegExp(
    `^${header.replaceAll(/ +/g, ' +').replaceAll(/[()]/g, '\\$&')}\\n(?:${ROW}${row}\\n)+$`,
  );

const LOG_LINE = String.raw`127\.<lan>\.0\.11: .+`;
const KERNEL_LINE = String.raw`127\.<lan>\.0\.11: \w+: +\w+: \[20\d\d-\d\d-\d\dT[\d:.]+Z\]: .*`;

export const talosctlWorks: readonly Case[] = [
  working(
    'see what a machine is busy with',
    says(
      ['mounts'],
      ok(
        rows(
          'NODE FILESYSTEM SIZE(GB) USED(GB) AVAILABLE(GB) PERCENT USED MOUNTED ON',
          String.raw`/dev/\S+ +\d+\.\d\d +\d+\.\d\d +\d+\.\d\d +\d+\.\d\d% +/\S+`,
        ),
      ),
    ),
    says(
      ['memory'],
      ok(rows('NODE TOTAL USED FREE SHARED BUFFERS CACHE AVAILABLE', String.raw`(?:\d+ *){7}`)),
    ),
    says(['memory', '-v'], ok(/^NODE: 127\.<lan>\.0\.11\nMemTotal: \d+ kB\n/)),
    says(
      ['processes'],
      ok(/^NODE +PID +STATE +THREADS +CPU-TIME +VIRTMEM +RESMEM +LABEL +COMMAND\n/),
    ),
    says(
      ['stats'],
      ok(rows('NODE NAMESPACE ID MEMORY(MB) CPU', String.raw`system +\S+ +\d+\.\d\d +\d+`)),
    ),
    says(['containers'], ok(rows('NODE NAMESPACE ID IMAGE PID STATUS', 'system .*RUNNING'))),
    says(
      ['containers', '-k'],
      ok(
        / └─ kube-system\/kube-apiserver-talos-cp-01:kube-apiserver:[0-9a-f]{12} +registry\.k8s\.io\/kube-apiserver:v\S+ +\d+ +CONTAINER_RUNNING\n/,
      ),
    ),
    says(['netstat'], ok(/^NODE +Proto +Recv-Q +Send-Q +Local Address +Foreign Address +State\n/)),
    says(
      ['time'],
      ok(
        rows(
          'NODE NTP-SERVER NODE-TIME NTP-SERVER-TIME',
          String.raw`\S+ +20\d\d-.* UTC +20\d\d-.* UTC`,
        ),
      ),
    ),
    says(
      ['image', 'list'],
      ok(/^NODE +IMAGE +DIGEST +SIZE .*CREATED\n127\.<lan>\.0\.11 .*sha256:[0-9a-f]{64}/),
    ),
    says(['inspect', 'dependencies'], ok(/^digraph /)),
  ),
  working(
    'look at files',
    says(['list', '/var'], ok(/\blib\n/)),
    says(['ls', '-l', '/var'], ok(/^NODE +MODE +UID +GID +SIZE\(B\) +LASTMOD +LABEL +NAME\n/)),
    says(['usage', '/var'], ok(/^(?:NODE +)?SIZE +NAME\n/)),
    says(['read', '/etc/hosts'], ok(/^127\.0\.0\.1 +localhost\n/)),
    says(['list', '/no/such/folder'], refused(/no such file or directory/)),
  ),
  working(
    'read logs and events',
    says(['dmesg'], ok(new RegExp(`^(?:${KERNEL_LINE}\\n)+$`))),
    says(['logs', 'kubelet', '--tail', '3'], ok(new RegExp(`^(?:${LOG_LINE}\\n){3}$`))),
    says(['logs', 'etcd', '--tail', '1'], ok(new RegExp(`^(?:${LOG_LINE}\\n){1}$`))),
    says(['logs', 'nosuchservice'], refused(/log "nosuchservice" was not registered$/)),
    // Interrupted, talosctl 1.14 ends with either code.
    says(
      ['events', '--tail', '5'],
      { stdout: /^NODE +ID +EVENT +ACTOR +SOURCE +MESSAGE\n/ },
      { follow: { forMs: 3000, signal: 'SIGINT' } },
    ),
  ),
  working(
    'get access to Kubernetes',
    says(['kubeconfig', '--merge=false', '-'], ok(/^apiVersion: v1\nkind: Config\nclusters:\n/)),
    says(['kubeconfig', '--merge=false', '{out}/kubeconfig'], ok('')),
  ),
  working(
    'print parts of a resource',
    says(['get', 'machinestatus', '-o', 'jsonpath={.spec.stage}'], ok('running')),
    says(
      ['get', 'machinestatus', '-o', 'jsonpath={.spec.nosuchfield}'],
      refused(/nosuchfield is not found/),
    ),
  ),
  working(
    'be told what is gone',
    says(['disks'], refused(/^`talosctl disks` is deprecated, please use/)),
    says(['wipe', 'disk', 'sdz'], refused(/code = NotFound desc = blockdevice "sdz" not found/)),
    says(
      ['etcd', 'remove-member', '00'],
      refused(/code = NotFound desc = etcdserver: member not found/),
    ),
    says(['etcd', 'remove-member', 'talos-cp-01'], refused(/error parsing member ID/)),
    says(
      ['etcd', 'downgrade', 'validate', '3.5'],
      ok(
        /^NODE +MESSAGE\n127\.<lan>\.0\.11 +downgrade validate success, cluster version 3\.6\.\d\n$/,
      ),
    ),
  ),
  changing(
    'restart a service',
    says(
      ['service', 'kubelet', 'restart'],
      ok(/^NODE +RESPONSE\n127\.<lan>\.0\.11 +Service "kubelet" restarted\n$/),
    ),
    says(
      ['service', 'etcd', 'stop'],
      refused(/service "etcd" doesn't support stop operation via API/),
    ),
  ),
];
