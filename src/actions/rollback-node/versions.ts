import { knownValue } from '../../model/reading.js';
import { VERSION_TABLE } from '../../model/version-table.js';
import type { NodeTarget } from '../node-target.js';
import { refusal, usageError } from '../refusal.js';
import type { PlanContext, Refusal } from '../types.js';

export const VERSION = /^v1\.\d{1,3}\.\d{1,3}(-[0-9A-Za-z.-]+)?$/;

/** Why a node does not go back from one version to the other. Talos itself checks none of it on the way back. */
export function refuseVersions(
  context: PlanContext,
  target: NodeTarget,
  { from, to }: { readonly from: string; readonly to: string },
): Refusal | null {
  if (!VERSION.test(to)) {
    return usageError(`${to} is no Talos version.`, 'Write it like v1.12.6.');
  }
  if (to === from) {
    return usageError(
      `${target.name} runs ${from} already.`,
      'Set to to the version that it ran before.',
    );
  }
  return refuseEtcd(target, from, to) ?? refuseKubernetes(context, target, to);
}

function refuseEtcd({ role }: NodeTarget, from: string, to: string): Refusal | null {
  const [now, then] = [etcdOf(from), etcdOf(to)];
  return role === 'control-plane' && now !== then
    ? refusal(
        `${from} runs etcd ${now} and ${to} runs etcd ${then}: an older etcd may not read the data of a newer one.`,
        'Upgrade forward instead, or restore a snapshot of before.',
        'G-ETCD',
      )
    : null;
}

/** The kubelet keeps its version when Talos goes back, and the older Talos may not know how to run it. */
function refuseKubernetes(
  { snapshot }: PlanContext,
  { name }: NodeTarget,
  to: string,
): Refusal | null {
  const range = releaseOf(to)?.kubernetes;
  const kubelet = knownValue(snapshot.kubeNodes)?.find(
    (node) => node.name === name,
  )?.kubeletVersion;
  if (range === undefined || kubelet === undefined) return null;
  const minor = minorOf(kubelet);
  return minor !== null && (minorOf(range.max) ?? minor) < minor
    ? refusal(
        `${to} runs Kubernetes up to ${range.max}, and ${name} runs ${kubelet}, which does not go back.`,
        'Upgrade Talos forward instead.',
        'G-PATH',
      )
    : null;
}

const minorOf = (version: string): number | null => {
  const [, minor] = /^v?1\.(\d+)/.exec(version) ?? [];
  return minor === undefined ? null : Number(minor);
};

const releaseOf = (version: string) => VERSION_TABLE[`1.${minorOf(version)}`];

/** The line of etcd that a Talos brings; that of an unknown one is like no other. */
const etcdOf = (version: string): string => releaseOf(version)?.etcd ?? `of ${version}`;
