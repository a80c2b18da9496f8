import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { readChartRepository } from '../../../src/lab/charts/repository.js';
import { packed, unpacked } from '../../../src/lab/charts/tar.js';
import { startFactoryServer } from '../../../src/lab/pve/factory.js';
import { type ServerLab, startServerLab } from '../../support/lab-servers.js';

interface Index {
  readonly entries: Readonly<
    Record<
      string,
      readonly { readonly version: string; readonly digest: string; readonly urls: string[] }[]
    >
  >;
}

let serverLab: ServerLab;
let url: string;

beforeAll(async () => {
  serverLab = await startServerLab([startFactoryServer], { timeScale: 0 });
  const { world, ports } = serverLab.lab;
  url = `http://${world.facts.factoryAddress}:${ports.factory}/charts`;
});

afterAll(() => serverLab.close());

const index = async (): Promise<Index> =>
  parse(await (await fetch(`${url}/index.yaml`)).text()) as Index;

test('every chart that the index names can be fetched and has the digest that it says', async () => {
  const { entries } = await index();

  expect(Object.keys(entries)).toEqual([
    'cert-manager',
    'cilium',
    'cloudnative-pg',
    'kube-prometheus-stack',
    'loki',
    'longhorn',
    'metallb',
    'traefik',
    'victoria-metrics-k8s-stack',
  ]);
  for (const { digest, urls } of Object.values(entries).flat()) {
    const archive = Buffer.from(await (await fetch(`${url}/${urls[0]}`)).arrayBuffer());
    expect(createHash('sha256').update(archive).digest('hex')).toBe(digest);
  }
});

test('an archive holds the version under which it is offered', async () => {
  const { entries } = await index();
  for (const { version, urls } of entries.cilium ?? []) {
    const archive = Buffer.from(await (await fetch(`${url}/${urls[0]}`)).arrayBuffer());
    expect(parse(unpacked(archive).get('cilium/Chart.yaml') ?? '')).toMatchObject({ version });
  }
  expect(entries.cilium?.map(({ version }) => version)).toEqual(['1.18.0', '1.17.6']);
});

test('two labs offer the same bytes', () => {
  expect(readChartRepository()).toEqual(readChartRepository());
});

test('what is packed is unpacked as it was, also empty files and whole blocks', () => {
  const files = new Map([
    ['a/Chart.yaml', 'name: a\n'],
    ['a/empty', ''],
    ['a/block', 'ü'.repeat(256)],
  ]);
  expect(unpacked(packed(files))).toEqual(files);
});

test('a chart that is not offered is not found, and nothing can be put there', async () => {
  expect((await fetch(`${url}/cilium-0.0.1.tgz`)).status).toBe(404);
  expect((await fetch(`${url}/../package.json`)).status).toBe(404);
  expect((await fetch(`${url}/index.yaml`, { method: 'PUT', body: 'x' })).status).toBe(405);
});
