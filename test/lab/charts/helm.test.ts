import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startKubeServers } from '../../../src/lab/kube/server.js';
import { startFactoryServer } from '../../../src/lab/pve/factory.js';
import { parseArguments } from '../../../src/lab/stand-ins/helm/arguments.js';
import { install, rollback, uninstall, upgrade } from '../../../src/lab/stand-ins/helm/changes.js';
import { get, history } from '../../../src/lab/stand-ins/helm/commands.js';
import { repo } from '../../../src/lab/stand-ins/helm/repositories.js';
import { getObject, listObjects } from '../../../src/lab/world/kube-store.js';
import { type ServerLab, startServerLab } from '../../support/lab-servers.js';
import { eventually } from '../../support/patience.js';

const COMMANDS = { get, history, install, repo, rollback, uninstall, upgrade };

let serverLab: ServerLab;

beforeAll(async () => {
  serverLab = await startServerLab([startKubeServers, startFactoryServer], { timeScale: 100 });
  vi.stubEnv('HELM_CONFIG_HOME', join(serverLab.lab.dir, 'helm'));
  const { world, ports } = serverLab.lab;
  await helm('repo', 'add', 'lab', `http://${world.facts.factoryAddress}:${ports.factory}/charts`);
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await serverLab.close();
});

const helm = (command: keyof typeof COMMANDS, ...words: readonly string[]): Promise<string> =>
  COMMANDS[command](
    parseArguments([command, ...words, '--kubeconfig', serverLab.kubeconfig(), '-n', 'shop']),
  );

const traefik = () => getObject(serverLab.lab.world, 'deployments', 'traefik', 'shop');

const podImages = (): readonly string[] =>
  listObjects(serverLab.lab.world, 'pods')
    .filter(({ metadata }) => metadata.name.startsWith('traefik-'))
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .flatMap(({ spec }) => (spec as { containers: { image: string }[] }).containers)
    .map(({ image }) => image);

async function uninstalled(): Promise<void> {
  expect(await helm('uninstall', 'traefik')).toBe('release "traefik" uninstalled\n');
  expect(traefik()).toBeUndefined();
  await eventually(() => expect(podImages()).toEqual([]));
}

test('a chart is installed, upgraded with values, rolled back and uninstalled, and its pods follow', async () => {
  const old = ['lab/traefik', '--version', '36.3.0', '--wait'];
  expect(await helm('upgrade', '--install', 'traefik', ...old)).toMatch(
    /^Release "traefik" does not exist\. Installing it now\.\nNAME: traefik\n.*STATUS: deployed\nREVISION: 1\n/s,
  );
  expect(podImages()).toEqual(['docker.io/traefik:v3.4.3']);

  await helm('upgrade', 'traefik', 'lab/traefik', '--set', 'deployment.replicas=2', '--wait');
  expect(await helm('get', 'values', 'traefik', '-o', 'json')).toBe(
    '{"deployment":{"replicas":2}}\n',
  );
  await eventually(() =>
    expect(podImages()).toEqual(['docker.io/traefik:v3.5.0', 'docker.io/traefik:v3.5.0']),
  );

  await helm('rollback', 'traefik', '1', '--wait');
  expect(JSON.parse(await helm('history', 'traefik', '-o', 'json'))).toMatchObject([
    { status: 'superseded', chart: 'traefik-36.3.0' },
    { status: 'superseded', chart: 'traefik-37.1.0' },
    { status: 'deployed', chart: 'traefik-36.3.0', description: 'Rollback to 1' },
  ]);

  await uninstalled();
});

test('what somebody else made is not taken over', async () => {
  await helm('install', 'traefik', 'lab/traefik');
  await expect(helm('install', 'other', 'lab/traefik')).rejects.toThrow(
    /^Error: INSTALLATION FAILED: Unable to continue with install: ConfigMap "traefik-settings" in namespace "shop" exists and cannot be imported/,
  );
  expect(traefik()?.metadata.annotations).toMatchObject({
    'meta.helm.sh/release-name': 'traefik',
  });
  await uninstalled();
});

test('a chart that nobody offers is not installed', async () => {
  await expect(helm('install', 'x', 'lab/nosuchchart')).rejects.toThrow(/nosuchchart/);
  await expect(helm('uninstall', 'x')).rejects.toThrow(/release: not found/);
});
