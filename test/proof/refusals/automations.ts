import type { Condition } from './trial.js';

/** Other tools at work, as they leave their traces in the cluster. */
export const AUTOMATIONS: readonly (Required<Pick<Condition, 'name' | 'bring'>> &
  Pick<Condition, 'undo'> & { readonly says: RegExp })[] = [
  {
    name: 'tuppr is at work',
    async bring({ type }) {
      await type(
        'kubectl',
        'label',
        'node',
        'talos-w-02',
        'tuppr.home-operations.com/upgrading=true',
      );
    },
    async undo({ type }) {
      await type('kubectl', 'label', 'node', 'talos-w-02', 'tuppr.home-operations.com/upgrading-');
    },
    says: /tuppr: talos-w-02 is marked as upgrading/,
  },
  {
    name: 'kured is at work',
    async bring({ create }) {
      const labels = { name: 'kured' };
      const lock = JSON.stringify({ nodeID: 'talos-w-02', created: '2026-11-20T10:00:00Z' });
      await create({
        apiVersion: 'apps/v1',
        kind: 'DaemonSet',
        metadata: {
          name: 'kured',
          namespace: 'kube-system',
          labels,
          annotations: { 'kured.dev/kured-node-lock': lock },
        },
        spec: {
          selector: { matchLabels: labels },
          template: {
            metadata: { labels },
            spec: { containers: [{ name: 'kured', image: 'ghcr.io/kubereboot/kured:1.20.0' }] },
          },
        },
      });
    },
    says: /kured: holds its lock for talos-w-02/,
  },
  {
    name: 'system-upgrade-controller is at work',
    async bring({ create }) {
      await create({
        apiVersion: 'apiextensions.k8s.io/v1',
        kind: 'CustomResourceDefinition',
        metadata: { name: 'plans.upgrade.cattle.io' },
        spec: {
          group: 'upgrade.cattle.io',
          names: { kind: 'Plan', plural: 'plans', singular: 'plan', listKind: 'PlanList' },
          scope: 'Namespaced',
          versions: [
            {
              name: 'v1',
              served: true,
              storage: true,
              schema: { openAPIV3Schema: { type: 'object' } },
            },
          ],
        },
      });
      await create({
        apiVersion: 'batch/v1',
        kind: 'Job',
        metadata: {
          name: 'apply-talos-on-w-02',
          namespace: 'kube-system',
          labels: { 'upgrade.cattle.io/controller': 'system-upgrade-controller' },
        },
        spec: {
          template: {
            spec: { restartPolicy: 'Never', containers: [{ name: 'upgrade', image: 'x:1' }] },
          },
        },
        status: { active: 1 },
      });
    },
    says: /system-upgrade-controller: apply-talos-on-w-02 under way/,
  },
  {
    name: 'Omni manages the nodes',
    bring: (scene) =>
      scene.patch(
        'talos-cp-02',
        'apiVersion: v1alpha1\nkind: SideroLinkConfig\napiUrl: https://omni.example:8090?jointoken=none\n',
      ),
    says: /talos-cp-02 is managed by Omni/,
  },
];
