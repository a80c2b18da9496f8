import { hasImageDrift, imageReport } from './extensions.js';
import { formatList } from './format.js';
import type { Facts, Issue } from './issue.js';
import type { KubeHealth } from './kubernetes.js';
import { isSilence } from './layers.js';
import type { LayerState, Machine } from './machine.js';
import { machinesOf } from './machines.js';
import { fullStorages, offlineHosts } from './proxmox-issues.js';
import { isProxmoxNamed } from './proxmox-named.js';
import { quorumState } from './quorum.js';
import { type Reading, readingError } from './reading.js';
import { sanitise } from './sanitise.js';
import type { Snapshot } from './snapshot.js';
import { isApiSilentAt, type VipState, vipStates } from './vip.js';

/** In this order among equals: the cause before what it causes. */
const CHECKS: readonly ((facts: Facts) => readonly Issue[])[] = [
  lostQuorum,
  stoppedGuests,
  silentNodes,
  fullStorages,
  offlineHosts,
  sickEtcd,
  virtualAddresses,
  kubernetesApi,
  kubernetesNodes,
  talosStages,
  unreadable,
  imageDrift,
];

const SEVERITY: Readonly<Record<Issue['level'], number>> = { fail: 0, unknown: 1, warn: 2 };

/** Worst first; symptoms of an issue that is told are left out. */
export function issuesOf(snapshot: Snapshot): readonly Issue[] {
  const machines = machinesOf(snapshot).filter(
    ({ talos, kubernetes, member }) => talos !== null || kubernetes !== null || member !== null,
  );
  const quorum = quorumState(snapshot);
  const stopped = machines.filter(({ layers }) => layers.vm.level === 'fail');
  const facts: Facts = {
    snapshot,
    machines,
    quorum,
    stopped,
    silent: machines.filter(
      (machine) => machine.layers.talos.word === 'unreachable' && !stopped.includes(machine),
    ),
    isQuorumLost: quorum.hasQuorum === false,
  };
  return CHECKS.flatMap((check) => check(facts))
    .map((issue) => ({ ...issue, text: sanitise(issue.text) }))
    .toSorted((a, b) => SEVERITY[a.level] - SEVERITY[b.level]);
}

function lostQuorum({ isQuorumLost, quorum, stopped, silent }: Facts): readonly Issue[] {
  if (!isQuorumLost) return [];
  const causes = [...stopped, ...silent]
    .filter(({ role }) => role === 'control-plane')
    .map(({ name, layers }) =>
      layers.vm.level === 'fail' ? `${name}: VM ${layers.vm.word}` : `${name}: unreachable`,
    );
  const why = causes.length === 0 ? '' : ` (${formatList(causes)})`;
  return [{ level: 'fail', layer: 'etcd', text: `${quorum.sentence}${why}` }];
}

/** Control planes that are down belong to the lost quorum. */
const notYetTold = ({ isQuorumLost }: Facts, machines: readonly Machine[]): readonly Machine[] =>
  isQuorumLost ? machines.filter(({ role }) => role !== 'control-plane') : machines;

function stoppedGuests(facts: Facts): readonly Issue[] {
  const stopped = notYetTold(facts, facts.stopped);
  if (stopped.length === 0) return [];
  const words = [...new Set(stopped.map(({ layers }) => layers.vm.word))].join('/');
  const text =
    stopped.length === facts.machines.length && stopped.length > 1
      ? `all ${stopped.length} VMs are ${words}`
      : stopped.length === 1
        ? `VM ${stopped[0]?.vm?.id} (${stopped[0]?.name}) is ${words}`
        : `VMs of ${namesOf(stopped)} are ${words}`;
  return [{ level: 'fail', layer: 'Proxmox', text: `${text}${etcdConsequence(facts, stopped)}` }];
}

function silentNodes(facts: Facts): readonly Issue[] {
  const silent = notYetTold(facts, facts.silent);
  if (silent.length === 0) return [];
  const error = silent.map(({ talos }) => talos && readingError(talos.version)).find(Boolean);
  const text =
    silent.length === facts.machines.length && silent.length > 1
      ? `no node answers (${error?.message ?? 'no connection'})`
      : `${namesOf(silent)} ${silent.length === 1 ? 'does' : 'do'} not answer`;
  return [{ level: 'fail', layer: 'Talos', text: `${text}${etcdConsequence(facts, silent)}` }];
}

function etcdConsequence({ quorum, isQuorumLost }: Facts, down: readonly Machine[]): string {
  const concerns = down.some(({ role }) => role === 'control-plane');
  return concerns && !isQuorumLost && quorum.hasQuorum === true ? `; etcd ${quorum.sentence}` : '';
}

function sickEtcd({ quorum, isQuorumLost, stopped, silent }: Facts): readonly Issue[] {
  if (isQuorumLost || quorum.level === 'ok') return [];
  const down = [...stopped, ...silent].some(({ member }) => member !== null);
  const [problem] = quorum.problems;
  if (problem === undefined && down && quorum.level === 'warn') return [];
  const text = problem === undefined ? quorum.sentence : `${problem} (${quorum.sentence})`;
  return [{ level: quorum.level, layer: 'etcd', text }];
}

function virtualAddresses({ snapshot, isQuorumLost }: Facts): readonly Issue[] {
  if (isQuorumLost) return [];
  const blocking = addressThatBlocksApi(snapshot);
  return vipStates(snapshot).flatMap((state): readonly Issue[] => {
    const { level, address, word, reason } = state;
    if (state === blocking) {
      const text = `${address} ${word}: ${reason}; the Kubernetes API is reached through it`;
      return [{ level: 'fail', layer: 'VIP', text }];
    }
    return level === 'ok' || word === 'not ours'
      ? []
      : [{ level, layer: 'VIP', text: `${address} ${word}: ${reason}` }];
  });
}

/** Nobody holds the address that the silent API is asked at. */
function addressThatBlocksApi(snapshot: Snapshot): VipState | undefined {
  return vipStates(snapshot).find(
    ({ address, holders, level }) =>
      holders.length === 0 && level !== 'unknown' && isApiSilentAt(address, snapshot),
  );
}

function kubernetesApi({ snapshot, isQuorumLost }: Facts): readonly Issue[] {
  const { kubeHealth } = snapshot;
  if (isQuorumLost || kubeHealth.state === 'waiting') return [];
  if (kubeHealth.state === 'fresh') {
    if (kubeHealth.value.isReady) return detour(snapshot, kubeHealth.value);
    const failed = kubeHealth.value.failedChecks.join(', ') || 'no check named';
    return [{ level: 'fail', layer: 'Kubernetes', text: `the API is not ready: ${failed}` }];
  }
  const { error } = kubeHealth;
  if (!isSilence(error) || addressThatBlocksApi(snapshot) !== undefined) return [];
  return [
    { level: 'fail', layer: 'Kubernetes', text: `the API does not answer: ${error.message}` },
  ];
}

/** We get through, but whoever has only the server of the kubeconfig (kubectl, kubelets) does not. */
function detour(
  { cluster }: Snapshot,
  { viaServer, serverState = 'silent' }: KubeHealth,
): readonly Issue[] {
  // One that answers again is there for everybody; that we have not gone back yet is our own caution.
  if (viaServer === null || serverState === 'back') return [];
  const host = (server: string) => (URL.canParse(server) ? new URL(server).hostname : server);
  const trouble = serverState === 'silent' ? 'does not answer' : 'comes and goes';
  const server = host(cluster.kubernetesServer ?? 'its server');
  return [
    warning('Kubernetes', `${server} ${trouble}; the API is read through ${host(viaServer)}`),
  ];
}

function kubernetesNodes({ machines, stopped, silent, isQuorumLost }: Facts): readonly Issue[] {
  if (isQuorumLost) return [];
  const told = new Set([...stopped, ...silent]);
  const up = machines.filter((machine) => !told.has(machine));
  const withWord = (word: string) => up.filter(({ layers }) => layers.kubernetes.word === word);
  const issue = (level: Issue['level'], word: string, text: string): readonly Issue[] => {
    const concerned = withWord(word);
    return concerned.length === 0
      ? []
      : [{ level, layer: 'Kubernetes', text: `${namesOf(concerned)} ${text}` }];
  };
  return [
    ...issue('fail', 'NotReady', 'NotReady'),
    ...issue('fail', 'Unknown', 'Unknown: the kubelet stopped reporting'),
    ...issue('warn', 'absent', 'not registered'),
    ...issue('warn', 'cordoned', 'cordoned'),
    ...issue('warn', 'deleting', 'being deleted'),
    ...up
      .filter(
        ({ layers }) => layers.kubernetes.word === 'Ready' && layers.kubernetes.level === 'warn',
      )
      .map(({ name, layers }) => warning('Kubernetes', `${name}: ${layers.kubernetes.detail}`)),
  ];
}

function talosStages({ machines, stopped }: Facts): readonly Issue[] {
  return machines
    .filter((machine) => !stopped.includes(machine))
    .flatMap(({ name, layers: { talos } }) =>
      talos.level === 'warn' || (talos.level === 'wait' && talos.word !== 'waiting')
        ? [
            warning(
              'Talos',
              talos.word === 'not ready' ? `${name}: ${talos.detail}` : `${name} is ${talos.word}`,
            ),
          ]
        : [],
    );
}

const warning = (layer: Issue['layer'], text: string): Issue => ({ level: 'warn', layer, text });

/** What cannot be seen is never called healthy. */
function unreadable({ snapshot, machines, isQuorumLost }: Facts): readonly Issue[] {
  const { cluster, vms, pve, kubeNodes, kubeHealth } = snapshot;
  const blind = (layer: Issue['layer'], reading: Reading<unknown>): readonly Issue[] => {
    const error = readingError(reading);
    return error ? [{ level: 'unknown', layer, text: `cannot be read: ${error.message}` }] : [];
  };
  const proxmox = isProxmoxNamed(cluster)
    ? [...blind('Proxmox', vms), ...blind('Proxmox', pve)]
    : [];
  const health = readingError(kubeHealth);
  const isApiTold = isQuorumLost || (health !== undefined && isSilence(health));
  const kubernetes = isApiTold
    ? []
    : [...blind('Kubernetes', kubeNodes), ...blind('Kubernetes', kubeHealth)];
  const isBlind = ({ level, word }: LayerState) => level === 'unknown' && word !== 'Unknown';
  const talos = machines.filter(
    (machine) => machine.talos !== null && isBlind(machine.layers.talos),
  );
  return [
    ...proxmox.slice(0, 1),
    ...kubernetes.slice(0, 1),
    ...(talos.length === 0
      ? []
      : [
          {
            level: 'unknown' as const,
            layer: 'Talos' as const,
            text: `${namesOf(talos)}: ${talos[0]?.layers.talos.detail}`,
          },
        ]),
    ...machines
      .filter(({ layers }) => vms.state === 'fresh' && isBlind(layers.vm))
      .slice(0, 1)
      .map(
        ({ name, layers }): Issue => ({
          level: 'unknown',
          layer: 'Proxmox',
          text: `${name}: ${layers.vm.detail}`,
        }),
      ),
  ];
}

function imageDrift({ snapshot }: Facts): readonly Issue[] {
  if (!hasImageDrift(snapshot)) return [];
  const differing = imageReport(snapshot).nodes.filter(({ level }) => level === 'warn');
  const [first] = differing;
  if (first === undefined) return [];
  const names = formatList(differing.map(({ machine }) => machine.name));
  return [warning('Images', `${names}: ${first.text}`)];
}

const namesOf = (machines: readonly Machine[]): string =>
  formatList(machines.map(({ name }) => name));
