import { afterEach, beforeEach, expect, test } from 'vitest';
import { startKubeServers } from '../../../src/lab/kube/server.js';
import { type KubeWire, kubeWire } from '../../support/kube-wire.js';
import { type ServerLab, startServerLab } from '../../support/lab-servers.js';

const PODS = '/api/v1/namespaces/default/pods';
const MERGE = { 'content-type': 'application/merge-patch+json' };

let serverLab: ServerLab;
let wire: KubeWire;

beforeEach(async () => {
  serverLab = await startServerLab([startKubeServers], { timeScale: 0 });
  wire = kubeWire(serverLab.lab);
});

afterEach(async () => {
  wire.close();
  await serverLab.close();
});

const pod = (spec: object, name = 'probe') => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: { containers: [{ name: 'main', image: 'busybox' }], ...spec },
});

const HOST = {
  hostNetwork: true,
  hostPID: true,
  volumes: [{ name: 'root', hostPath: { path: '/' } }],
  containers: [
    {
      name: 'main',
      image: 'busybox',
      ports: [{ containerPort: 9100, hostPort: 9100 }],
      securityContext: { privileged: true, capabilities: { add: ['NET_ADMIN', 'CHOWN'] } },
    },
  ],
};

const WELL_BEHAVED = {
  securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
  containers: [
    {
      name: 'main',
      image: 'busybox',
      securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
    },
  ],
};

const label = (namespace: string, labels: Record<string, string>) =>
  wire.call('PATCH', `/api/v1/namespaces/${namespace}`, { metadata: { labels } }, MERGE);

test('without labels a namespace lets in what the baseline allows, and names every reason', async () => {
  const reply = await wire.call('POST', PODS, pod(HOST));

  expect(reply.code).toBe(403);
  expect(reply.json.message).toBe(
    'pods "probe" is forbidden: violates PodSecurity "baseline:latest": ' +
      'non-default capabilities (container "main" must not include "NET_ADMIN" in securityContext.capabilities.add), ' +
      'host namespaces (hostNetwork=true, hostPID=true), hostPath volumes (volume "root"), ' +
      'hostPort (container "main" uses hostPort 9100), ' +
      'privileged (container "main" must not set securityContext.privileged=true)',
  );
});

test('what is let in and not well behaved comes with a warning', async () => {
  const reply = await wire.call('POST', PODS, pod({}));

  expect(reply.code).toBe(201);
  expect(reply.headers.warning).toBe(
    `299 - ${JSON.stringify(
      'would violate PodSecurity "restricted:latest": allowPrivilegeEscalation != false (container "main" must set securityContext.allowPrivilegeEscalation=false), unrestricted capabilities (container "main" must set securityContext.capabilities.drop=["ALL"]), runAsNonRoot != true (pod or container "main" must set securityContext.runAsNonRoot=true), seccompProfile (pod or container "main" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
    )}`,
  );
  const quiet = await wire.call('POST', PODS, pod(WELL_BEHAVED, 'quiet'));
  expect([quiet.code, quiet.headers.warning]).toEqual([201, undefined]);
});

test('a privileged namespace lets everything in, a restricted one hardly anything', async () => {
  const privileged = Object.fromEntries(
    ['enforce', 'warn', 'audit'].map((mode) => [
      `pod-security.kubernetes.io/${mode}`,
      'privileged',
    ]),
  );
  await label('default', privileged);
  const free = await wire.call('POST', PODS, pod(HOST));
  expect([free.code, free.headers.warning]).toEqual([201, undefined]);
  const strict = await label('default', { 'pod-security.kubernetes.io/enforce': 'restricted' });
  expect(String(strict.headers.warning)).toContain('existing pods in namespace');
  expect((await wire.call('POST', PODS, pod({}, 'second'))).code).toBe(403);
  expect((await wire.call('POST', PODS, pod(WELL_BEHAVED, 'third'))).code).toBe(201);
});

test('kube-system is exempt, and a level that does not exist is invalid', async () => {
  const reply = await wire.call('POST', '/api/v1/namespaces/kube-system/pods', pod(HOST));
  expect([reply.code, reply.headers.warning]).toEqual([201, undefined]);
  const wrong = await label('default', { 'pod-security.kubernetes.io/enforce': 'strict' });

  expect(wrong.code).toBe(422);
  expect(wrong.json.message).toContain('must be one of privileged, baseline, restricted');
});

test('a workload is let in with a warning about the pods that it will make', async () => {
  const reply = await wire.call('POST', '/apis/apps/v1/namespaces/default/daemonsets', {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'exporter' },
    spec: {
      selector: { matchLabels: { app: 'x' } },
      template: { metadata: { labels: { app: 'x' } }, spec: HOST },
    },
  });

  expect(reply.code).toBe(201);
  expect(String(reply.headers.warning)).toContain('would violate PodSecurity');
});
