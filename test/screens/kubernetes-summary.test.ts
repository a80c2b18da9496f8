import { expect, test } from 'vitest';
import type { KubeServerState } from '../../src/model/kubernetes.js';
import { fresh } from '../../src/model/reading.js';
import { kubernetesSummary } from '../../src/screens/parts/summary.js';

const textOf = (viaServer: string | null, serverState?: KubeServerState): string =>
  kubernetesSummary(
    fresh({ isReady: true, failedChecks: [], serverVersion: 'v1.35.0', viaServer, serverState }, 0),
  )
    .map(({ text }) => text)
    .join('');

test('an API that is reached through another control plane says so within 80 columns', () => {
  const text = textOf('https://10.100.200.112:6443');

  expect(text).toContain("API ready via 10.100.200.112: kubeconfig's server does not answer");
  expect(text.length).toBeLessThanOrEqual(80);
  const unsteady = textOf('https://10.100.200.112:6443', 'unsteady');
  expect(unsteady).toContain('comes and goes');
  expect(unsteady.length).toBeLessThanOrEqual(80);
  expect(textOf('https://10.100.200.112:6443', 'back')).toContain('answers again');
  expect(textOf(null)).toMatch(/API ready v1\.35\.0$/);
});
