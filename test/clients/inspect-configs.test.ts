import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { systemClock } from '../../src/clients/clock.js';
import { inspect } from '../../src/clients/inspect/inspect.js';
import { createShell } from '../../src/clients/shell.js';
import type { TalosClient } from '../../src/clients/types.js';
import { asIpAddress } from '../../src/model/ids.js';
import { type ConfigMode, NOTHING_WANTED } from '../../src/model/inspection.js';
import type { CommandRecord } from '../../src/model/run.js';
import { anError } from '../support/builders.js';
import { createFakeTalos, seats } from '../support/fake-talos.js';
import { type InspectedLab, readOf, startInspectedLab } from '../support/inspected-lab.js';
import { aConnection } from '../support/run-world.js';
import { buildStandIn } from '../support/stand-in.js';
import { tempDir } from '../support/temp-dir.js';

const START_MS = 60_000;
const NODE = asIpAddress('10.0.0.11');

interface Asked {
  readonly talosctl: string;
  readonly talos: TalosClient;
  readonly node?: typeof NODE;
  readonly mode?: ConfigMode;
  readonly version?: string | null;
}

/** What an operator's process does: its own shell, and every command on record. */
function inspector() {
  const records: CommandRecord[] = [];
  const shell = createShell({
    env: process.env,
    clock: systemClock,
    record: (command) => records.push(command),
  });
  return {
    records,
    async ask({ talosctl, talos, node = NODE, mode = 'cloud', version = 'v1.12.4' }: Asked) {
      const connection = aConnection({ programs: { ...aConnection().programs, talosctl } });
      const clients = { talos, kube: null, pve: null, shell, clock: systemClock };
      const wants = { ...NOTHING_WANTED, configs: [{ node, mode }] };
      const found = await inspect(
        wants,
        { ...clients, talosctlVersion: async () => version },
        connection,
      );
      return found.configs.get(node);
    },
  };
}

const withConfig = (spec: unknown): TalosClient => ({
  ...createFakeTalos(seats(1, 0)).client,
  list: async (_node, { namespace, type }) => [
    { namespace, type, id: 'v1alpha1', version: '1', phase: 'running', spec },
  ],
});

const talosIn = ({ clients }: InspectedLab): TalosClient => {
  if (clients.talos === null) throw new Error('The lab has no Talos.');
  return clients.talos;
};

describe('with the talosctl of the lab', () => {
  let directory = '';
  let talosctl = '';
  let lab: InspectedLab;
  let text = '';

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'talos-tui-configs-'));
    talosctl = await buildStandIn('talosctl', directory);
    lab = await startInspectedLab('healthy');
    const kind = { namespace: 'config', type: 'MachineConfigs.config.talos.dev' };
    const [config] = await talosIn(lab).list(lab.address('talos-cp-01'), kind);
    text = String(config?.spec);
  }, START_MS);
  afterAll(async () => {
    await lab.close();
    rmSync(directory, { recursive: true, force: true });
  });

  test('the configuration of every node is valid', async () => {
    const { ask } = inspector();
    for (const hostname of ['talos-cp-01', 'talos-w-01']) {
      const asked = { talosctl, talos: talosIn(lab), node: lab.address(hostname) };
      expect(readOf(await ask(asked))).toEqual({ isValid: true, by: 'v1.12.4', remarks: [] });
    }
  });

  test('what this version does not know is invalid, with the key and without its value', async () => {
    const { ask } = inspector();
    const talos = withConfig(text.replace(/^machine:/m, 'machine:\n    tokn: abc.s3cret'));
    expect(readOf(await ask({ talosctl, talos }))).toEqual({
      isValid: false,
      by: 'v1.12.4',
      remarks: ['unknown key machine.tokn'],
    });
  });

  test('a machine without a disk to install itself on is invalid as metal, and valid as cloud', async () => {
    const { ask } = inspector();
    const talos = withConfig(text.replace(/^ {4}install:\n( {6,}.*\n)+/m, ''));
    expect(readOf(await ask({ talosctl, talos, mode: 'cloud' })).isValid).toBe(true);
    expect(readOf(await ask({ talosctl, talos, mode: 'metal' }))).toMatchObject({
      isValid: false,
      remarks: [expect.stringMatching(/install/)],
    });
  });

  test('without os:admin it is not known, for the reason that Talos gives', async () => {
    const talos = lab.talosAs('os:reader');
    const { ask, records } = inspector();
    try {
      const reading = await ask({ talosctl, talos, node: lab.address('talos-cp-01') });
      expect(reading).toMatchObject({ state: 'failed', error: { kind: 'forbidden' } });
      expect(records).toEqual([]);
    } finally {
      talos.close();
    }
  });
});

/** A talosctl that says this and ends so; it keeps what it was given beside itself. */
async function aTalosctl(script: string): Promise<string> {
  const path = join(await tempDir(), 'talosctl');
  writeFileSync(path, `#!/bin/sh\ncat /dev/stdin > "$0.given"\n${script}\n`);
  chmodSync(path, 0o700);
  return path;
}

test('talosctl is started once for a configuration, and again for another one or another version', async () => {
  const talosctl = await aTalosctl('echo valid');
  const { ask, records } = inspector();
  const talos = withConfig('machine: {type: worker}');

  for (let time = 0; time < 3; time += 1) await ask({ talosctl, talos });
  expect(records.map(({ argv }) => argv.slice(1))).toEqual([
    ['validate', '--config', '/dev/stdin', '--mode', 'cloud'],
  ]);
  expect(records).toMatchObject([{ effect: 'read', target: NODE }]);
  await ask({ talosctl, talos, version: 'v1.13.9' });
  await ask({ talosctl, talos, mode: 'metal' });
  await ask({ talosctl, talos: withConfig('machine: {type: controlplane}') });
  expect(records).toHaveLength(4);
});

test('it is given the text as it is, whatever it warns of is told', async () => {
  const talosctl = await aTalosctl('echo "WARNING: .machine.x is deprecated" >&2');
  const { ask } = inspector();
  const text = `machine: {type: worker, token: ${'x'.repeat(200_000)}}\n`;

  expect(readOf(await ask({ talosctl, talos: withConfig(text) }))).toMatchObject({
    isValid: true,
    remarks: ['.machine.x is deprecated'],
  });
  expect(readFileSync(`${talosctl}.given`, 'utf8') === text).toBe(true);
});

test.each([
  [
    'has no such command',
    'echo "unknown command \\"validate\\" for \\"talosctl\\"" >&2; exit 1',
    /no validate/,
  ],
  ['cannot open it', 'echo "open /dev/stdin: permission denied" >&2; exit 1', /permission denied/],
  ['dies', 'kill -9 $$', /^$/],
])('a talosctl that %s cannot tell', async (_, script, remark) => {
  const { ask } = inspector();
  const verdict = readOf(
    await ask({ talosctl: await aTalosctl(script), talos: withConfig('machine: {}') }),
  );
  expect(verdict.isValid).toBeNull();
  expect(verdict.remarks.join()).toMatch(remark);
});

test('what cannot be read or asked is not known, and asked again', async () => {
  const { ask, records } = inspector();
  const talos = withConfig('machine: {}');
  expect(await ask({ talosctl: '/nowhere/talosctl', talos })).toMatchObject({
    state: 'failed',
    error: { kind: 'program-missing' },
  });
  expect(await ask({ talosctl: '/nowhere/talosctl', talos })).toMatchObject({ state: 'failed' });
  expect(records).toHaveLength(2);
  expect(await ask({ talosctl: 'talosctl', talos, version: null })).toMatchObject({
    error: { message: 'talosctl has not told its version.' },
  });
  const none = { ...talos, list: async () => [] };
  expect(await ask({ talosctl: 'talosctl', talos: none })).toMatchObject({
    error: { kind: 'not-found' },
  });
  const away = { ...talos, list: () => Promise.reject(anError('unreachable')) };
  expect(await ask({ talosctl: 'talosctl', talos: away })).toMatchObject({ state: 'failed' });
});
