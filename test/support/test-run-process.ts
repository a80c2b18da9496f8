// A run process as the real one, with actions of its own and no cluster.
import { systemClock } from '../../src/clients/clock.js';
import { createShell } from '../../src/clients/shell.js';
import { unknownFacts } from '../../src/model/action-facts.js';
import { emptySnapshot } from '../../src/model/empty-snapshot.js';
import { runProcess } from '../../src/runs/run-process.js';
import { actions } from './test-actions.js';

const NO_CLUSTER = {
  name: 'home',
  endpoints: [],
  kubernetesServer: null,
  vip: null,
  isProduction: false,
  isReadOnly: false,
  pveUrl: null,
  talosCertificateEndsAtMs: null,
  kubernetesCertificateEndsAtMs: null,
} as const;

process.exitCode = await runProcess(process.argv[2] ?? '', async () => ({
  actions,
  attach: async () => ({
    snapshot: () => emptySnapshot(NO_CLUSTER),
    talos: null,
    kube: null,
    pve: null,
    shell: createShell({ env: process.env, clock: systemClock, record: () => undefined }),
    facts: { get: () => unknownFacts('/none'), refresh: async () => unknownFacts('/none') },
    close: async () => undefined,
  }),
}));
