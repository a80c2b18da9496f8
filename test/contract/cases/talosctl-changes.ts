import type { Case, Step } from '../case.js';
import { talosctl, talosctlFirst } from './argv.js';

const step = (argv: readonly string[], rest: Omit<Step, 'argv'> = {}): Step => ({ argv, ...rest });

const changing = (title: string, ...steps: readonly Step[]): Case => ({
  program: 'talosctl',
  title,
  isChange: true,
  steps,
});

export const talosctlChanges: readonly Case[] = [
  changing(
    'shrink the database of a member',
    step(talosctl('{cp2}', 'etcd', 'defrag'), { advanceSeconds: 30 }),
    step(talosctl('{cp2}', 'etcd', 'status'), { stdout: 'table' }),
    step(talosctl('{cp2}', 'etcd', 'snapshot', '{out}/etcd.db'), { masks: ['hashes'] }),
    step(talosctl('{cp1},{cp2}', 'etcd', 'defrag')),
    step(talosctl('{w1}', 'etcd', 'defrag')),
  ),
  changing(
    'give orders as a run does',
    step(talosctlFirst('{cp1}', 'etcd', 'forfeit-leadership'), {
      before: ['etcd-leader {cp1.name}'],
      advanceSeconds: 10,
    }),
    step(talosctlFirst('{cp2}', 'etcd', 'snapshot', '{out}/etcd.db'), { masks: ['hashes'] }),
    step(talosctlFirst('{cp2}', 'version', '--nosuchflag')),
  ),
  changing(
    'move the leadership of etcd',
    step(talosctl('{cp1}', 'etcd', 'forfeit-leadership'), {
      before: ['etcd-leader {cp1.name}'],
      advanceSeconds: 10,
    }),
    step(talosctl('{cp1}', 'etcd', 'forfeit-leadership'), { advanceSeconds: 10 }),
    step(talosctl('{w1}', 'etcd', 'forfeit-leadership')),
  ),
  changing(
    'lift an alarm',
    step(talosctl('{cp1}', 'etcd', 'alarm', 'list'), {
      stdout: 'table',
      before: ['etcd-alarm NOSPACE {cp1.name}'],
    }),
    step(talosctl('{cp1}', 'etcd', 'alarm', 'disarm'), {
      stdout: 'table',
      advanceSeconds: 10,
    }),
    step(talosctl('{cp1}', 'etcd', 'alarm', 'list')),
  ),
  changing(
    'follow what changes',
    step(talosctl('{cp1}', 'get', 'members', '-w', '-o', 'json'), {
      stdout: 'json-stream',
      stderr: 'ignored',
      masks: ['timestamps', 'node-identities'],
      follow: {
        readyAfter: 'talos-w-02',
        changes: ['stop-node {w1.name}'],
        forMs: 1000,
        signal: 'SIGINT',
      },
    }),
    step(talosctl('{cp1}', 'get', 'machinestatus', '-w'), {
      stdout: 'table',
      stderr: 'ignored',
      follow: {
        readyAfter: 'running',
        changes: ['reboot-node {cp1.name}'],
        forMs: 2000,
        signal: 'SIGINT',
      },
    }),
  ),
];
