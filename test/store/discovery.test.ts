import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type DiscoveryOptions, discoverConnections } from '../../src/store/discovery.js';
import { kubeconfigText, talosconfigText, writeText } from '../support/operator-files.js';
import { tempDir } from '../support/temp-dir.js';

/** A host with nothing on it. */
async function anOptions(
  env: DiscoveryOptions['env'] = {},
): Promise<DiscoveryOptions & { readonly homeDir: string; readonly rootDir: string }> {
  const rootDir = await tempDir();
  const homeDir = join(rootDir, 'home', 'ops');
  return {
    env,
    rootDir,
    homeDir,
    configDir: join(homeDir, '.config', 'talos-tui'),
    stateDir: join(homeDir, '.local', 'state', 'talos-tui'),
  };
}

const named = JSON.stringify({ url: 'https://pve.lan:8006', tokenFile: '/t' });

test('a host without any configuration has no clusters and no problems', async () => {
  const { connections, problems } = await discoverConnections(await anOptions());

  expect({ connections, problems }).toEqual({ connections: [], problems: [] });
});

test('the default files make one connection, with the kubeconfig that talosctl wrote', async () => {
  const options = await anOptions();
  await writeText(
    join(options.homeDir, '.talos/config'),
    talosconfigText({ home: ['10.0.0.11', '10.0.0.12'] }),
  );
  await writeText(
    join(options.homeDir, '.kube/config'),
    kubeconfigText({ work: 'https://192.0.2.1:6443', 'admin@home': 'https://10.0.0.20:6443' }),
  );

  const { connections, problems } = await discoverConnections(options);

  expect(problems).toEqual([]);
  expect(connections).toEqual([
    {
      name: 'home',
      origin: '~/.talos/config',
      isProduction: false,
      isReadOnly: false,
      talos: { configPath: join(options.homeDir, '.talos/config'), context: 'home' },
      kubernetes: {
        kubeconfigPath: join(options.homeDir, '.kube/config'),
        context: 'admin@home',
      },
      proxmox: null,
      factoryUrl: 'https://factory.talos.dev',
      vip: null,
      snapshotDir: join(options.stateDir, 'snapshots', 'home'),
      programs: { talosctl: 'talosctl', kubectl: 'kubectl', helm: 'helm' },
      waits: { quietMs: 60_000 },
    },
  ]);
});

test('several contexts are several clusters, the current one first', async () => {
  const options = await anOptions();
  const text = talosconfigText({ test: ['10.0.1.11'], home: ['10.0.0.11'] });
  await writeText(join(options.homeDir, '.talos/config'), text);

  const { connections } = await discoverConnections(options);

  expect(connections.map(({ name }) => name)).toEqual(['test', 'home']);
});

test('TALOSCONFIG and KUBECONFIG win over the default files', async () => {
  const root = await tempDir();
  const options = await anOptions({
    TALOSCONFIG: join(root, 'talosconfig'),
    KUBECONFIG: `${join(root, 'missing')}:${join(root, 'kubeconfig')}`,
    TALOS_TUI_FACTORY_URL: 'http://127.5.0.3',
  });
  await writeText(join(root, 'talosconfig'), talosconfigText({ lab: ['127.5.0.11'] }));
  await writeText(
    join(root, 'kubeconfig'),
    kubeconfigText({ 'admin@lab': 'https://127.5.0.20:6443' }),
  );
  await writeText(join(options.homeDir, '.talos/config'), talosconfigText({ home: ['10.0.0.11'] }));

  const { connections, problems } = await discoverConnections(options);

  expect(problems).toEqual([]);
  expect(connections).toMatchObject([
    {
      name: 'lab',
      origin: join(root, 'talosconfig'),
      kubernetes: { context: 'admin@lab' },
      factoryUrl: 'http://127.5.0.3',
    },
  ]);
});

test('a kubeconfig of another cluster is not taken for this one', async () => {
  const options = await anOptions();
  await writeText(
    join(options.homeDir, '.talos/config'),
    talosconfigText({ home: ['10.0.0.11'], test: ['10.0.1.11'] }),
  );
  await writeText(
    join(options.homeDir, '.kube/config'),
    kubeconfigText({ work: 'https://192.0.2.1:6443', 'admin@test-1': 'https://10.0.1.20:6443' }),
  );

  const { connections } = await discoverConnections(options);

  expect(connections.map(({ name, kubernetes }) => [name, kubernetes?.context ?? null])).toEqual([
    ['home', null],
    ['test', 'admin@test-1'],
  ]);
});

test('a kubeconfig whose server is a Talos endpoint belongs to that cluster', async () => {
  const options = await anOptions();
  await writeText(
    join(options.homeDir, '.talos/config'),
    talosconfigText({ home: ['10.0.0.11'], test: ['10.0.1.11'] }),
  );
  await writeText(
    join(options.homeDir, '.kube/config'),
    kubeconfigText({ a: 'https://10.0.1.11:6443', b: 'https://10.0.0.11:6443' }),
  );

  const { connections } = await discoverConnections(options);

  expect(connections.map(({ kubernetes }) => kubernetes?.context)).toEqual(['b', 'a']);
});

test('a missing TALOSCONFIG is a problem with its path, not an exception', async () => {
  const { connections, problems } = await discoverConnections(
    await anOptions({ TALOSCONFIG: '/nowhere/talosconfig' }),
  );

  expect(connections).toEqual([]);
  expect(problems.map(({ message }) => message)).toEqual([
    'There is no talosconfig at /nowhere/talosconfig.',
  ]);
});

test('a broken file is named with its line, and the other files still count', async () => {
  const options = await anOptions();
  await writeText(join(options.homeDir, '.talos/config'), talosconfigText({ home: ['10.0.0.11'] }));
  const kubeconfig = join(options.homeDir, '.kube/config');
  await writeText(kubeconfig, 'apiVersion: v1\nclusters: [\n  {name: a\n');

  const { connections, problems } = await discoverConnections(options);

  expect(connections).toMatchObject([{ name: 'home', kubernetes: null }]);
  expect(problems).toHaveLength(1);
  expect(problems[0]?.message).toMatch(/kubeconfig .*\.kube\/config is not valid YAML: line \d:/);
});

test('an inventory describes a cluster and replaces the plain context', async () => {
  const options = await anOptions();
  await writeText(
    join(options.homeDir, '.talos/config'),
    talosconfigText({ home: ['10.0.0.11'], test: ['10.0.1.11'] }),
  );
  await writeText(
    join(options.configDir, 'clusters/prod.yaml'),
    [
      'talos: {config: ~/.talos/config, context: home}',
      'proxmox:',
      '  url: https://10.0.0.2:8006/',
      '  tokenFile: ../token',
      'vip: 10.0.0.20',
      'production: true',
      'readOnly: true',
      'snapshotDir: /srv/snapshots',
      'waits: {quietSeconds: 300}',
    ].join('\n'),
  );

  const { connections, problems } = await discoverConnections(options);

  expect(problems).toEqual([]);
  expect(connections.map(({ name }) => name)).toEqual(['prod', 'test']);
  expect(connections[0]).toMatchObject({
    origin: '~/.config/talos-tui/clusters/prod.yaml',
    isProduction: true,
    isReadOnly: true,
    vip: '10.0.0.20',
    snapshotDir: '/srv/snapshots',
    waits: { quietMs: 300_000 },
    talos: { context: 'home' },
    proxmox: {
      url: 'https://10.0.0.2:8006',
      tokenFile: join(options.configDir, 'token'),
      caFile: null,
      fingerprint: null,
    },
  });
});

test('a mistake in the settings opens no cluster for changes that they may call read-only', async () => {
  const options = await anOptions();
  await writeText(join(options.homeDir, '.talos/config'), talosconfigText({ home: ['10.0.0.11'] }));
  await writeText(
    join(options.configDir, 'settings.yaml'),
    'clusters: {home: {readOnly: true}}\nasci: true\n',
  );

  const { connections, problems } = await discoverConnections(options);

  expect(connections).toMatchObject([{ name: 'home', isReadOnly: true }]);
  expect(problems[0]?.message).toContain('`asci` is no known key');
});

test.each([
  ['misspelt', 'talos: {config: ~/.talos/config, context: home}\nreadonly: true\n'],
  ['without its context', 'talos: {config: ~/.talos/config, context: hmoe}\nreadOnly: true\n'],
])('a cluster file that is %s opens no plain context for changes instead', async (_, text) => {
  const options = await anOptions();
  await writeText(join(options.homeDir, '.talos/config'), talosconfigText({ home: ['10.0.0.11'] }));
  await writeText(join(options.configDir, 'clusters/prod.yaml'), text);

  const { connections } = await discoverConnections(options);

  expect(connections).toMatchObject([{ name: 'home', isReadOnly: true }]);
});

test('an unreadable talosconfig is told apart from what else is wrong', async () => {
  const options = await anOptions();
  await writeText(join(options.homeDir, '.talos/config'), 'contexts: [');
  await writeText(join(options.homeDir, '.kube/config'), 'contexts: [');

  const { broken } = await discoverConnections(options);

  expect(broken.talos?.message).toContain('The talosconfig');
  expect(broken.kubernetes?.message).toContain('The kubeconfig');
});

test('a misspelt key of an inventory is named with its line', async () => {
  const options = await anOptions();
  const path = join(options.configDir, 'clusters/home.yaml');
  await writeText(path, 'production: true\nreadonly: true\n');

  const { connections, problems } = await discoverConnections(options);

  expect(connections).toEqual([]);
  expect(problems).toMatchObject([
    {
      message: `The cluster file ${path} cannot be used: line 2: \`readonly\` is no known key.`,
      hint: `Correct line 2 of ${path}; it is not changed by talos-tui.`,
    },
  ]);
});

test('an inventory that points to a missing context says which ones exist', async () => {
  const options = await anOptions();
  await writeText(join(options.homeDir, 'tc'), talosconfigText({ home: ['10.0.0.11'] }));
  await writeText(
    join(options.configDir, 'clusters/prod.yaml'),
    'talos: {config: ~/tc, context: hmoe}',
  );

  const { problems } = await discoverConnections(options);

  expect(problems).toMatchObject([
    {
      message: expect.stringContaining('names the Talos context "hmoe"'),
      hint: 'Choose one of: home.',
    },
  ]);
});

test('two inventories of one name do not hide each other silently', async () => {
  const options = await anOptions();
  const context = 'kubernetes: {config: ~/kc}';
  await writeText(join(options.homeDir, 'kc'), kubeconfigText({ a: 'https://10.0.0.20:6443' }));
  await writeText(join(options.configDir, 'clusters/a.yaml'), `name: home\n${context}`);
  await writeText(join(options.configDir, 'clusters/b.yaml'), `name: home\n${context}`);

  const { connections, problems } = await discoverConnections(options);

  expect(connections).toHaveLength(1);
  expect(problems[0]?.message).toContain('clusters/b.yaml names a cluster "home"');
});

test('TALOS_TUI_PVE takes a file or the JSON itself', async () => {
  const root = await tempDir();
  const pve = { url: 'https://127.5.0.2:8006', tokenFile: 'token', caFile: 'ca.pem' };
  await writeText(join(root, 'pve.json'), JSON.stringify(pve));
  await writeText(join(root, 'talosconfig'), talosconfigText({ lab: ['127.5.0.11'] }));
  const proxmoxOf = async (variable: string) => {
    const env = { TALOSCONFIG: join(root, 'talosconfig'), TALOS_TUI_PVE: variable };
    const { connections } = await discoverConnections(await anOptions(env));
    return connections[0]?.proxmox;
  };

  expect(await proxmoxOf(join(root, 'pve.json'))).toEqual({
    url: 'https://127.5.0.2:8006',
    tokenFile: join(root, 'token'),
    caFile: join(root, 'ca.pem'),
    fingerprint: null,
  });
  expect(await proxmoxOf(JSON.stringify({ ...pve, tokenFile: '/t' }))).toMatchObject({
    tokenFile: '/t',
  });
});

test('a TALOS_TUI_PVE that is no JSON never shows its text', async () => {
  const { problems } = await discoverConnections(
    await anOptions({ TALOS_TUI_PVE: '{"secret-looking' }),
  );

  expect(problems.map(({ message }) => message)).toEqual([
    'TALOS_TUI_PVE is not valid JSON: line 1.',
  ]);
});

test.each([
  ['a missing file', undefined, /which cannot be read/],
  [
    'a file that is no JSON',
    '{\n  "url": "https://pve:8006",\n  oops\n}\n',
    /not valid JSON: line 3/,
  ],
  ['a file that stops too early', '{\n  "url": "https://pve:8006",\n', /not valid JSON: line 2/],
  ['a plain http URL', '{"url": "http://pve:8006", "tokenFile": "t"}', /no https URL/],
  [
    'a wrong fingerprint',
    '{"url": "https://pve:8006", "tokenFile": "t", "fingerprint": "AB:CD"}',
    /no SHA-256 fingerprint/,
  ],
])('%s in TALOS_TUI_PVE is a Proxmox that is named and cannot be used', async (_, text, reason) => {
  const path = join(await tempDir(), 'pve.json');
  if (text !== undefined) await writeText(path, text);

  const options = await anOptions({ TALOS_TUI_PVE: path });
  await writeText(join(options.homeDir, '.talos/config'), talosconfigText({ home: ['10.0.0.11'] }));
  const { connections } = await discoverConnections(options);

  expect(connections).toMatchObject([
    { proxmox: null, brokenProxmox: { message: expect.stringMatching(reason) } },
  ]);
});

test.each([
  [
    'a field that does not fit',
    'proxmox: {url: "http://pve:8006", tokenFile: t}\n',
    /proxmox\.url/,
  ],
  ['a block without content', 'proxmox:\n', /proxmox` has no value/],
  ['a mistake elsewhere', `nope: 1\nproxmox: ${named}\n`, /`nope` is no known key/],
  ['a misspelt name of the block', `pve: ${named}\n`, /`pve` is no known key/],
  ['a text that is no YAML', 'theme: [\nproxmox: {url: x}\n', /not valid YAML/],
])('settings with a Proxmox and %s name one that cannot be used', async (_, text, reason) => {
  const options = await anOptions();
  await writeText(join(options.homeDir, '.talos/config'), talosconfigText({ home: ['10.0.0.11'] }));
  await writeText(join(options.rootDir, 'etc/pve/pve-root-ca.pem'), 'PEM');
  await writeText(join(options.configDir, 'pve-token'), 'a@pve!b=c');
  await writeText(join(options.configDir, 'settings.yaml'), text);
  await writeText(join(options.configDir, 'clusters/own.yaml'), `proxmox: ${named}\n`);

  const { connections, problems } = await discoverConnections(options);

  // The API of this host is not what the settings name, and a cluster file of its own needs no settings.
  expect(connections).toMatchObject([
    { name: 'own', proxmox: { url: 'https://pve.lan:8006' } },
    { name: 'home', proxmox: null, brokenProxmox: { message: expect.stringMatching(reason) } },
  ]);
  expect(connections[0]).not.toHaveProperty('brokenProxmox');
  expect(connections[1]?.brokenProxmox?.message).toContain('settings.yaml');
  expect(problems).toHaveLength(1);
});

test('settings that cannot be used and name no Proxmox leave that layer out', async () => {
  const options = await anOptions();
  await writeText(join(options.homeDir, '.talos/config'), talosconfigText({ home: ['10.0.0.11'] }));
  await writeText(join(options.configDir, 'settings.yaml'), 'theme: purple\n');

  const { connections, problems } = await discoverConnections(options);

  expect(problems).toHaveLength(1);
  expect(connections[0]).not.toHaveProperty('brokenProxmox');
});

test('settings whose Proxmox cannot be used do not stand against one that the environment names', async () => {
  const options = await anOptions({ TALOS_TUI_PVE: named });
  await writeText(join(options.homeDir, '.talos/config'), talosconfigText({ home: ['10.0.0.11'] }));
  await writeText(join(options.configDir, 'settings.yaml'), 'proxmox: {url: x}\n');

  const { connections } = await discoverConnections(options);

  expect(connections).toMatchObject([{ proxmox: { url: 'https://pve.lan:8006' } }]);
  expect(connections[0]).not.toHaveProperty('brokenProxmox');
});

test.each([
  ['the context that it names', 'talos: {config: c, context: home}\nproxmox: {url: x}\n', ['home']],
  ['the context of its own name', 'name: work\nproxmox: {url: x}\n', ['work']],
  ['any context when it cannot tell which', 'proxmox: {url: x}\n', ['home', 'work']],
  ['any context when it is no YAML', 'name: work\nproxmox: [\n', ['home', 'work']],
  ['none when it names no Proxmox', 'readonly: true\n', []],
])('a cluster file that cannot be used hides the Proxmox of %s', async (_, text, hidden) => {
  const options = await anOptions({ TALOS_TUI_PVE: named });
  await writeText(
    join(options.homeDir, '.talos/config'),
    talosconfigText({ home: ['10.0.0.11'], work: ['10.0.1.11'] }),
  );
  await writeText(join(options.configDir, 'clusters/prod.yaml'), text);

  const { connections } = await discoverConnections(options);

  for (const { name, proxmox, brokenProxmox } of connections) {
    const message = hidden.includes(name) ? expect.stringContaining('prod.yaml') : undefined;
    expect({ name, message: brokenProxmox?.message }).toEqual({ name, message });
    expect(proxmox === null).toBe(hidden.includes(name));
  }
});

test('a directory of cluster files that cannot be read may hide everything about a context', async () => {
  const options = await anOptions();
  await writeText(join(options.homeDir, '.talos/config'), talosconfigText({ home: ['10.0.0.11'] }));
  await writeText(join(options.configDir, 'clusters'), 'no directory');

  const { connections, problems } = await discoverConnections(options);

  expect(problems).toHaveLength(1);
  expect(connections).toMatchObject([
    { isReadOnly: true, brokenProxmox: { message: expect.stringMatching(/cannot be read/) } },
  ]);
});

test('on a Proxmox VE host the local API is used once there is a token', async () => {
  const options = await anOptions();
  await writeText(join(options.rootDir, 'etc/pve/pve-root-ca.pem'), 'PEM');
  await writeText(join(options.homeDir, '.talos/config'), talosconfigText({ home: ['10.0.0.11'] }));

  const without = await discoverConnections(options);
  await writeText(join(options.configDir, 'pve-token'), 'a@pve!b=c');
  const withToken = await discoverConnections(options);

  expect(without.connections).toMatchObject([{ proxmox: null }]);
  expect(without.problems[0]?.message).toContain('no API token');
  expect(without.connections[0]).not.toHaveProperty('brokenProxmox');
  expect(withToken.problems).toEqual([]);
  expect(withToken.connections[0]?.proxmox).toEqual({
    url: 'https://127.0.0.1:8006',
    tokenFile: join(options.configDir, 'pve-token'),
    caFile: join(options.rootDir, 'etc/pve/pve-root-ca.pem'),
    fingerprint: null,
  });
});

test('settings mark a discovered cluster as production', async () => {
  const options = await anOptions();
  await writeText(join(options.homeDir, '.talos/config'), talosconfigText({ home: ['10.0.0.11'] }));
  await writeText(
    join(options.configDir, 'settings.yaml'),
    'clusters:\n  home: {production: true, readOnly: true}\nprograms: {kubectl: /opt/kubectl}\n',
  );

  const { connections } = await discoverConnections(options);

  expect(connections).toMatchObject([
    { isProduction: true, isReadOnly: true, programs: { kubectl: '/opt/kubectl' } },
  ]);
});

test('a context with a path for a name keeps its snapshots below the state directory', async () => {
  const options = await anOptions();
  await writeText(
    join(options.homeDir, '.talos/config'),
    talosconfigText({ '../../etc': ['10.0.0.11'], '..': ['10.0.0.12'] }),
  );

  const { connections } = await discoverConnections(options);

  expect(connections.map(({ snapshotDir }) => snapshotDir)).toEqual([
    join(options.stateDir, 'snapshots', '.._.._etc'),
    join(options.stateDir, 'snapshots', '_..'),
  ]);
});
