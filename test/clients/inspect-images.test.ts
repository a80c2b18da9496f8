import { expect, test } from 'vitest';
import { inspectFactory } from '../../src/clients/inspect/factory.js';
import { hasImage } from '../../src/clients/inspect/images.js';
import { reply, startFakeRegistry } from '../support/fake-registry.js';
import { readOf, startInspectedLab } from '../support/inspected-lab.js';

const SIGNAL = new AbortController().signal;
const SCHEMATIC = '376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba';
const PUBLIC = 'https://factory.talos.dev';

test('the lab has the images that its factory can build, and no others', async () => {
  const lab = await startInspectedLab('1+0');
  try {
    const node = lab.handle.world.nodes.get('talos-cp-01');
    const own = node?.schematic ?? '';
    const [address] = lab.everything.nodes;
    if (address === undefined) throw new Error('No node.');
    const inspected = readOf((await lab.inspect({ nodes: [address] })).nodes.get(address));
    const image = (name: string, schematic: string, version: string) =>
      `factory.talos.dev/${name}/${schematic}:${version}`;
    const there = [
      inspected.installImage ?? '',
      image('nocloud-installer', own, 'v1.13.9'),
      image('metal-installer-secureboot', SCHEMATIC, 'v1.12.6'),
    ];
    const missing = [
      image('metal-installer', 'f'.repeat(64), 'v1.13.9'),
      image('metal-installer', own, 'v1.13.99'),
    ];

    const { images, factory } = await lab.inspect({
      images: [...there, ...missing],
      factoryVersion: 'v1.13.9',
    });

    expect(there.map((each) => readOf(images.get(each)))).toEqual([true, true, true]);
    expect(missing.map((each) => readOf(images.get(each)))).toEqual([false, false]);
    expect(readOf(factory).versions.at(-1)).toBe('v1.14.1');
    expect(readOf(factory).officialExtensions).toContain('siderolabs/iscsi-tools');

    lab.change('api-errors factory 500 10');
    const broken = await lab.inspect({ images: there, factoryVersion: 'v1.13.9' });

    expect([...broken.images.values()].map(({ state }) => state)).toEqual([
      'failed',
      'failed',
      'failed',
    ]);
    expect(broken.factory.state).toBe('failed');
  } finally {
    await lab.close();
  }
});

test.each([
  [200, true],
  [404, false],
])('answer %i of the registry means %s', async (code, expected) => {
  const registry = await startFakeRegistry((_request, response) => reply(response, code));
  const image = `${registry.host}/metal-installer/${SCHEMATIC}:v1.13.9`;

  expect(await hasImage(image, registry.url, SIGNAL)).toBe(expected);
  expect(registry.requests).toEqual([`HEAD /v2/metal-installer/${SCHEMATIC}/manifests/v1.13.9`]);
});

test.each([400, 403, 429, 500, 503])('answer %i tells neither', async (code) => {
  const registry = await startFakeRegistry((_request, response) => reply(response, code));

  await expect(
    hasImage(`${registry.host}/installer/x:v1`, registry.url, SIGNAL),
  ).rejects.toMatchObject({ hint: expect.stringMatching(/^[A-Z].*\.$/) });
});

test('an image is asked for by its digest too', async () => {
  const registry = await startFakeRegistry((_request, response) => reply(response, 200));
  const digest = `sha256:${'a'.repeat(64)}`;

  expect(await hasImage(`${registry.host}/installer@${digest}`, registry.url, SIGNAL)).toBe(true);
  expect(registry.requests).toEqual([`HEAD /v2/installer/manifests/${digest}`]);
});

test('a factory on this machine stands in for the public one', async () => {
  const registry = await startFakeRegistry((_request, response) => reply(response, 200));

  expect(await hasImage('factory.talos.dev/installer/x:v1', registry.url, SIGNAL)).toBe(true);
});

test('a registry that wants a token which everybody gets is given one', async () => {
  const registry = await startFakeRegistry((request, response, url) => {
    if (request.url?.startsWith('/token')) reply(response, 200, { token: 'for-everybody' });
    else if (request.headers.authorization === 'Bearer for-everybody') reply(response, 200);
    else {
      response.setHeader(
        'www-authenticate',
        `Bearer realm="${url}/token",service="here",scope="repository:installer:pull"`,
      );
      reply(response, 401);
    }
  });

  expect(await hasImage(`${registry.host}/installer:v1`, registry.url, SIGNAL)).toBe(true);
  expect(registry.requests[1]).toBe('GET /token?service=here&scope=repository%3Ainstaller%3Apull');
});

test.each(['Basic realm="private"', 'Bearer realm="file:///etc/passwd"', ''])(
  'a registry that wants anything else is not told who asks: %s',
  async (challenge) => {
    const registry = await startFakeRegistry((_request, response) => {
      response.setHeader('www-authenticate', challenge);
      reply(response, 401);
    });

    await expect(
      hasImage(`${registry.host}/installer:v1`, registry.url, SIGNAL),
    ).rejects.toMatchObject({ kind: 'forbidden' });
    expect(registry.requests).toHaveLength(1);
  },
);

test.each([
  '',
  'installer',
  'installer:v1',
  'host/installer',
  'host/a b:v1',
  'host/../../etc:v1',
  'http://host/installer:v1',
])('"%s" is no reference of an image', async (reference) => {
  await expect(hasImage(reference, PUBLIC, SIGNAL)).rejects.toMatchObject({ kind: 'rejected' });
});

test('a registry that is down is unreachable', async () => {
  await expect(
    hasImage('127.0.0.1:9/installer:v1', 'http://127.0.0.1:9', SIGNAL),
  ).rejects.toMatchObject({ kind: 'unreachable' });
});

test('stable versions are told in order, the newest last', async () => {
  const registry = await startFakeRegistry((request, response) =>
    reply(
      response,
      200,
      request.url === '/versions'
        ? ['v1.9.10', 'v1.10.0', 'v1.14.0-rc.1', '1.9.2', 'v1.9.10', 'latest']
        : [{ name: 'siderolabs/zfs', ref: 'x' }, { name: 'siderolabs/drbd' }],
    ),
  );

  expect(await inspectFactory(`${registry.url}/`, 'v1.10.0', SIGNAL)).toEqual({
    versions: ['v1.9.2', 'v1.9.10', 'v1.10.0'],
    officialExtensions: ['siderolabs/drbd', 'siderolabs/zfs'],
  });
});

test('a factory below a path is asked below it', async () => {
  const registry = await startFakeRegistry((_request, response) => reply(response, 200, []));

  await inspectFactory(`${registry.url}/factory`, 'v1.10.0', SIGNAL);

  expect([...registry.requests].sort()).toEqual([
    'GET /factory/version/v1.10.0/extensions/official',
    'GET /factory/versions',
  ]);
});

test.each(['<html>sign in</html>', '{}', 'null', '[{"name":1}]', '[1]', `"${'x'.repeat(5e6)}"`])(
  'an answer that is no list is no factory: %.20s',
  async (body) => {
    const registry = await startFakeRegistry((_request, response) => reply(response, 200, body));

    await expect(inspectFactory(registry.url, 'v1.10.0', SIGNAL)).rejects.toMatchObject({
      kind: 'malformed',
    });
  },
);
