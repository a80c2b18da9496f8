import { afterAll, beforeAll, expect, test } from 'vitest';
import { startKubeServers } from '../../../src/lab/kube/server.js';
import { type KubeWire, kubeWire } from '../../support/kube-wire.js';
import { type ServerLab, startServerLab } from '../../support/lab-servers.js';

const API_SERVER = '/api/v1/namespaces/kube-system/pods/kube-apiserver-talos-cp-01';

let serverLab: ServerLab;
let wire: KubeWire;

beforeAll(async () => {
  serverLab = await startServerLab([startKubeServers], { timeScale: 0 });
  wire = kubeWire(serverLab.lab);
});

afterAll(async () => {
  wire.close();
  await serverLab.close();
});

test('a log ends with as many lines as asked for, with their times', async () => {
  const { code, text } = await wire.get(`${API_SERVER}/log?tailLines=2&timestamps=true`);

  expect(code).toBe(200);
  expect(text).toMatch(/^(?:20\d\d-\d\d-\d\dT[\d:.]+Z \S.*\n){2}$/);
});

test('a container that never ended has no earlier log', async () => {
  const { code, json } = await wire.get(`${API_SERVER}/log?previous=true`);

  expect(code).toBe(400);
  expect(json.message).toContain('previous terminated container "kube-apiserver" in pod');
});

test('nobody gets into a container, and is told why', async () => {
  const { code, json } = await wire.get(`${API_SERVER}/exec?command=ls`);

  expect(code).toBe(501);
  expect(json.message).toContain('not simulated');
});

test('types that the lab has nothing of are there, and empty', async () => {
  const { code, json } = await wire.get('/apis/rbac.authorization.k8s.io/v1/clusterroles');

  expect(code).toBe(200);
  expect(json.items).toEqual([]);
});

test('what fills etcd is counted by type', async () => {
  const { text } = await wire.get('/metrics');

  expect(text).toContain('apiserver_storage_objects{resource="nodes"} 5\n');
});

test('a deployment tells in a table what of it is ready', async () => {
  const { json } = await wire.call('GET', '/apis/apps/v1/namespaces/shop/deployments', undefined, {
    accept: 'application/json;as=Table;v=v1;g=meta.k8s.io',
  });
  const { columnDefinitions, rows } = json as unknown as {
    readonly columnDefinitions: readonly { readonly name: string }[];
    readonly rows: readonly { readonly cells: readonly unknown[] }[];
  };

  expect(columnDefinitions.map(({ name }) => name).slice(0, 4)).toEqual([
    ...['Name', 'Ready', 'Up-to-date', 'Available'],
  ]);
  expect(rows[0]?.cells.slice(0, 4)).toEqual(['web', '2/2', 2, 2]);
});
