import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { chooseConnection } from '../../src/cli/choose-connection.js';
import { openClients } from '../../src/cli/cluster-clients.js';
import type { Options } from '../../src/cli/options.js';
import { systemClock } from '../../src/clients/clock.js';
import { kubeconfigText, talosconfigText, writeText } from '../support/operator-files.js';
import { tempDir } from '../support/temp-dir.js';

const aHost = async () => {
  const dir = await tempDir();
  const env = { TALOSCONFIG: join(dir, 'talosconfig'), KUBECONFIG: join(dir, 'kubeconfig') };
  const options: Options = {
    demo: null,
    cluster: null,
    isReadOnly: false,
    isAscii: false,
    hasColor: false,
    configDir: join(dir, 'config'),
    stateDir: join(dir, 'state'),
  };
  await writeText(env.TALOSCONFIG, talosconfigText({ home: ['10.0.0.11'] }));
  await writeText(env.KUBECONFIG, kubeconfigText({ 'admin@home': 'https://10.0.0.20:6443' }));
  return { dir, env, options };
};

test.each([
  [
    'names no context',
    'current-context: nope\n',
    'it has no contexts, although its current context is "nope"',
  ],
  [
    'has only contexts of other clusters',
    kubeconfigText({ work: 'https://192.0.2.1:6443', play: 'https://192.0.2.2:6443' }),
    'none of its contexts (work, play) belongs to this cluster',
  ],
])('a kubeconfig that %s is named with the reason', async (_, text, reason) => {
  const { env, options } = await aHost();
  await writeText(env.KUBECONFIG, text);
  const { connection, found } = await chooseConnection({ options, env });

  expect(connection.kubernetes).toBeNull();
  expect(found.broken.kubernetes?.message).toContain(`The kubeconfig ${env.KUBECONFIG}`);
  expect(found.broken.kubernetes?.message).toContain(reason);
});

test('a Proxmox file that cannot be used stays known as named, and its client says why', async () => {
  const { dir, env, options } = await aHost();
  const path = join(dir, 'nofile');
  const { connection, found } = await chooseConnection({
    options,
    env: { ...env, TALOS_TUI_PVE: path },
  });
  const clients = await openClients(connection, {
    env: process.env,
    clock: systemClock,
    record: () => undefined,
    broken: found.broken,
  });
  onTestFinished(clients.close);

  expect(clients.identity).toMatchObject({ pveUrl: null, isProxmoxBroken: true });
  await expect(clients.pve?.resources()).rejects.toThrow(`TALOS_TUI_PVE names ${path}`);
});

test.each([
  [
    'does not parse',
    'readOnly: [\n',
    /^The cluster file .*clusters\/x\.yaml is not valid YAML: line \d/,
  ],
  [
    'has a wrong key',
    'production: true\nreadonly: true\n',
    /clusters\/x\.yaml cannot be used: line 2: `readonly`/,
  ],
  [
    'names a missing file',
    'talos: {config: gone}\n',
    /clusters\/x\.yaml cannot be used: There is no talosconfig at .*gone/,
  ],
  [
    'names a missing context',
    'talos: {config: ../../talosconfig, context: hmoe}\n',
    /clusters\/x\.yaml names the Talos context "hmoe"/,
  ],
])('--cluster x with a cluster file that %s tells about that file', async (_, text, reason) => {
  const { env, options } = await aHost();
  await writeText(join(options.configDir ?? '', 'clusters/a.yaml'), 'nonsense: 1\n');
  await writeText(join(options.configDir ?? '', 'clusters/x.yaml'), text);
  const choice = chooseConnection({ options: { ...options, cluster: 'x' }, env });

  await expect(choice).rejects.toThrow(reason);
});

test('--cluster with a name that no file has is still unknown', async () => {
  const { env, options } = await aHost();
  await writeText(join(options.configDir ?? '', 'clusters/a.yaml'), 'nonsense: 1\n');
  const choice = chooseConnection({ options: { ...options, cluster: 'x' }, env });

  await expect(choice).rejects.toThrow('Unknown cluster x.');
});
