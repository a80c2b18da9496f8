import { expect, test } from 'vitest';
import { inspectPrograms } from '../../src/clients/programs.js';
import type { Shell } from '../../src/clients/types.js';
import { ClientError } from '../../src/model/errors.js';

const PROGRAMS = { talosctl: 'talosctl', kubectl: 'kubectl', helm: 'helm' };

/** What the programs print, by name; undefined = missing. */
function shellWith(outputs: Readonly<Record<string, string>>): Shell & { readonly ran: string[] } {
  const ran: string[] = [];
  return {
    ran,
    async run([program, ...args]) {
      ran.push([program, ...args].join(' '));
      const stdout = outputs[program];
      if (stdout === undefined) {
        throw new ClientError(
          'program-missing',
          `The program ${program} was not found.`,
          'Install it.',
        );
      }
      return { stdout, stderr: '', durationMs: 1 };
    },
  };
}

const kubectl = (version: string) =>
  JSON.stringify({ clientVersion: { gitVersion: version }, kustomizeVersion: 'v5.5.0' });

test('tells the versions without talking to a cluster', async () => {
  const shell = shellWith({
    talosctl: 'Client:\nTalos v1.12.4\n',
    kubectl: kubectl('v1.32.4-dispatcher'),
  });

  expect(await inspectPrograms(PROGRAMS, shell)).toMatchObject({
    talosctl: { state: 'usable', version: { major: 1, minor: 12, text: 'v1.12.4' } },
    kubectl: { state: 'usable', version: { major: 1, minor: 32, text: 'v1.32.4-dispatcher' } },
  });
  expect(shell.ran).toEqual([
    'talosctl version --client --short',
    'kubectl version --client -o json',
  ]);
});

test('a program that is missing, too old or silent is told with the next step', async () => {
  const states = await inspectPrograms(PROGRAMS, shellWith({ kubectl: kubectl('v1.27.16') }));

  expect(states).toMatchObject({
    talosctl: { state: 'unusable', error: { kind: 'program-missing' } },
    kubectl: {
      state: 'unusable',
      error: {
        kind: 'unsupported',
        message: 'kubectl is v1.27.16, but talos-tui needs kubectl 1.29 or newer.',
        hint: expect.stringContaining('Install a kubectl'),
      },
    },
  });
  const other = await inspectPrograms(PROGRAMS, shellWith({ talosctl: 'hello', kubectl: '{}' }));
  expect(other).toMatchObject({
    talosctl: { state: 'unusable', error: { kind: 'malformed' } },
    kubectl: { state: 'unusable', error: { kind: 'malformed' } },
  });
});
