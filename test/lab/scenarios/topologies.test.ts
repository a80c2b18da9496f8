import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startLab } from '../../../src/lab/lab.js';
import { labScenarios } from '../../../src/lab/scenarios/scenarios.js';
import { loadConfig } from '../../../src/lab/talos/config/load.js';
import { configRefusal } from '../../../src/lab/talos/config/validate.js';
import { taintsOf } from '../../../src/lab/world/kube-node.js';
import { listObjects } from '../../../src/lab/world/kube-store.js';
import { labLine } from '../../support/lab-line.js';
import { nodeIn, objectIn } from '../../support/lab-world.js';
import { pveGuest } from '../../support/pve-guest.js';

type Running = Awaited<ReturnType<typeof startLab>>;

async function inLab(scenario: string, run: (lab: Running['handle'], dir: string) => unknown) {
  const dir = mkdtempSync(join(tmpdir(), 'talos-tui-topology-'));
  const lab = await startLab({ scenario, seed: 1, timeScale: 0, dir });
  try {
    await run(lab.handle, dir);
  } finally {
    await lab.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

const daemons = (lab: Running['handle']): readonly string[] =>
  listObjects(lab.world, 'daemonsets').map(({ metadata }) => metadata.name);

test.each(['seed-000', 'seed-002', 'seed-003', 'seed-004'])(
  '%s has Cilium and neither flannel nor kube-proxy, and every node is ready after a restart',
  (scenario) =>
    inLab(scenario, ({ world }) => {
      expect(daemons({ world } as Running['handle'])).toContain('cilium');
      expect(daemons({ world } as Running['handle'])).not.toContain('kube-flannel');
      expect(daemons({ world } as Running['handle'])).not.toContain('kube-proxy');
      const [name = ''] = [...world.nodes.keys()].slice(-1);
      labLine(world, `reboot-node ${name}`);
      world.clock.advance(240_000);
      const pods = listObjects(world, 'pods').map(({ metadata }) => metadata.name);
      expect(pods.filter((pod) => /flannel|kube-proxy/.test(pod))).toEqual([]);
      expect(JSON.stringify(objectIn(world, 'nodes', name).status)).toContain('KubeletReady');
    }),
);

test('the company cluster has configurations that Talos takes, and nodes with their labels and taints', () =>
  inLab('seed-003', ({ world }) => {
    for (const node of world.nodes.values()) {
      const text = node.machine.config?.text ?? '';
      const documents = loadConfig(text, 12);
      expect(
        configRefusal(documents, { talosVersion: 'v1.12.4', minor: 12, isInstalled: true }),
      ).toBe(null);
      expect(text).toContain('harbor.lab.example');
    }
    expect(nodeIn(world, 'talos-cp-01').machine.config?.text).toContain('auditPolicy');
    const gpu = objectIn(world, 'nodes', 'talos-w-01');
    expect(gpu.metadata.labels).toMatchObject({ 'nvidia.com/gpu.present': 'true' });
    expect(taintsOf(gpu)).toContainEqual({
      key: 'nvidia.com/gpu',
      value: 'true',
      effect: 'NoSchedule',
    });
  }));

test.each([
  ['empty-000', 1],
  ['empty-002', 3],
])(
  '%s is %i Proxmox nodes without a guest, and without credentials of a cluster',
  (scenario, hosts) =>
    inLab(scenario, async (lab, dir) => {
      const { call } = pveGuest(lab, 100);
      const { json } = await call('GET', '/cluster/resources?type=vm');
      expect(json.data).toEqual([]);
      expect((await call('GET', '/nodes')).json.data).toHaveLength(hosts);
      expect((await call('GET', '/cluster/nextid')).json.data).toBe('100');
      expect(existsSync(join(dir, 'talosconfig'))).toBe(false);
      expect(existsSync(join(dir, 'kubeconfig'))).toBe(false);
      expect(existsSync(join(dir, 'pve.json'))).toBe(true);
      lab.world.clock.advance(3_600_000);
      expect(listObjects(lab.world, 'nodes')).toEqual([]);
    }),
);

test('every scenario has a name of its own and one line of help', () => {
  const names = labScenarios.map(({ id }) => id);
  expect(new Set(names).size).toBe(names.length);
  for (const { help } of labScenarios) expect(help).toMatch(/^[^\n]{10,120}$/);
});
