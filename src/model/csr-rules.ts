import { type CsrSubject, checkNode, checkTiming, type RuleResult } from './csr-node-rules.js';
import { checkRequest } from './csr-request-rules.js';
import { asNodeName, type NodeName } from './ids.js';
import type { Csr, KubeNode } from './kubernetes.js';
import { type CertificateRequest, type RequestReading, readCertificateRequest } from './pkcs10.js';
import { freshValue, knownValue } from './reading.js';
import type { Snapshot } from './snapshot.js';
import type { TalosMember } from './talos.js';

export const KUBELET_SERVING = 'kubernetes.io/kubelet-serving';

/** What the rules compare a request with. `undefined`: no fresh reading, so nothing is approvable. */
export interface CsrContext {
  readonly kubeNodes: readonly KubeNode[] | undefined;
  readonly talosMembers: readonly TalosMember[] | undefined;
  /** Virtual addresses: the one of the Kubernetes API and those that the nodes are configured to hold. */
  readonly vips: readonly string[];
  /** Talos and Kubernetes API endpoints: host, host:port or URL. */
  readonly endpoints: readonly string[];
  readonly allCsrs: readonly Csr[] | undefined;
  readonly nowMs: number;
}

export interface CsrRule {
  /** `V1` … `V16` */
  readonly id: string;
  readonly state: 'pass' | 'fail' | 'unknown' | 'info';
  readonly text: string;
}

export type CsrVerdict = 'approvable' | 'hold' | 'deny-worthy' | 'superseded' | 'not-ours';

export interface CsrAssessment {
  readonly csr: Csr;
  readonly verdict: CsrVerdict;
  readonly node: NodeName | null;
  /** Null when it cannot be read. */
  readonly request: CertificateRequest | null;
  readonly rules: readonly CsrRule[];
  /** Rules that failed or could not be checked, `V11: …`; empty when approvable. */
  readonly reasons: readonly string[];
}

/** Fresh readings only: an old list of nodes must not let a request pass. */
export function csrContext(snapshot: Snapshot, nowMs: number): CsrContext {
  const { endpoints, kubernetesServer, vip } = snapshot.cluster;
  return {
    kubeNodes: freshValue(snapshot.kubeNodes),
    talosMembers: freshValue(snapshot.talosMembers),
    allCsrs: freshValue(snapshot.csrs),
    vips: [...(vip === null ? [] : [vip]), ...operatorIps(snapshot)],
    endpoints: kubernetesServer === null ? endpoints : [...endpoints, kubernetesServer],
    nowMs,
  };
}

/** A stale answer counts as well: it can only forbid. */
const operatorIps = ({ talosNodes }: Snapshot): readonly string[] =>
  [...talosNodes.values()].flatMap((node) =>
    (knownValue(node.vipOperators) ?? []).map(({ ip }) => ip),
  );

/** Pure and safe on any input: a request is approvable only when every rule V1–V16 could be checked and holds. */
export function assessCsr(csr: Csr, context: CsrContext): CsrAssessment {
  const node = nodeOf(csr.username);
  const reading = readOnce(csr);
  const request = reading.ok ? reading.request : null;
  const subject: CsrSubject = { csr, node, request, context };
  const results: readonly RuleResult[] = [
    ...checkObject(subject),
    ...checkRequest(csr, reading),
    ...checkNode(subject),
    ...checkTiming(subject),
  ].toSorted((a, b) => ruleNumber(a) - ruleNumber(b));

  return {
    csr,
    verdict: verdictOf(results),
    node,
    request,
    rules: results.map(({ id, state, text }) => ({ id, state, text })),
    reasons: results
      .filter(({ state }) => state === 'fail' || state === 'unknown')
      .map(({ id, text }) => `${id}: ${text}`),
  };
}

const ruleNumber = ({ id }: RuleResult): number => Number(id.slice(1));

function verdictOf(results: readonly RuleResult[]): CsrVerdict {
  const failed = results.filter(({ state }) => state === 'fail');
  const hasFailed = (id: string) => failed.some((result) => result.id === id);
  if (hasFailed('V1')) return 'not-ours';
  if (hasFailed('V2')) return 'hold';
  if (failed.some(({ isHostile }) => isHostile)) return 'deny-worthy';
  if (hasFailed('V14')) return 'superseded';
  return failed.length > 0 || results.some(({ state }) => state === 'unknown')
    ? 'hold'
    : 'approvable';
}

const USER_PREFIX = 'system:node:';
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?)*$/;

/** The node that a kubelet's user name belongs to; null when it is no kubelet. */
function nodeOf(username: string): NodeName | null {
  if (!username.startsWith(USER_PREFIX)) return null;
  const name = username.slice(USER_PREFIX.length);
  return name.length <= 253 && SUBDOMAIN.test(name) ? asNodeName(name) : null;
}

function checkObject({ csr, node }: CsrSubject): readonly RuleResult[] {
  const isServing = csr.signerName === KUBELET_SERVING;
  const isPending = csr.state === 'pending' && csr.certificatePem === null;
  const groupProblem = problemWithGroups(csr.groups);
  const usageProblem = problemWithUsages(csr.usages);
  return [
    {
      id: 'V1',
      state: isServing ? 'pass' : 'fail',
      text: isServing
        ? 'is for a kubelet serving certificate'
        : `is for signer ${csr.signerName}, which is not ours to decide`,
    },
    {
      id: 'V2',
      state: isPending ? 'pass' : 'fail',
      text: isPending ? 'nobody has decided on it' : `is already ${csr.state}`,
    },
    node === null
      ? { id: 'V3', state: 'fail', text: `${csr.username} is no node user`, isHostile: true }
      : { id: 'V3', state: 'pass', text: `comes from node ${node}` },
    groupProblem === null
      ? { id: 'V4', state: 'pass', text: 'the requester is in the group of nodes' }
      : { id: 'V4', state: 'fail', text: groupProblem, isHostile: true },
    usageProblem === null
      ? { id: 'V7', state: 'pass', text: 'is for serving only' }
      : { id: 'V7', state: 'fail', text: usageProblem, isHostile: true },
  ];
}

function problemWithGroups(groups: readonly string[]): string | null {
  if (groups.includes('system:masters')) return 'the requester is in group system:masters';
  const missing = ['system:nodes', 'system:authenticated'].find((group) => !groups.includes(group));
  return missing === undefined ? null : `the requester is not in group ${missing}`;
}

const SERVING_USAGES = ['digital signature', 'key encipherment', 'server auth'];

function problemWithUsages(usages: readonly string[]): string | null {
  const foreign = usages.find((usage) => !SERVING_USAGES.includes(usage));
  if (foreign !== undefined) return `asks for usage "${foreign}"`;
  const missing = ['digital signature', 'server auth'].find((usage) => !usages.includes(usage));
  return missing === undefined ? null : `does not ask for usage "${missing}"`;
}

const readings = new WeakMap<Csr, RequestReading>();

/** A signature check costs up to a millisecond, and snapshots share unchanged requests by reference. */
function readOnce(csr: Csr): RequestReading {
  const known = readings.get(csr);
  if (known !== undefined) return known;
  const reading = readCertificateRequest(csr.requestPem);
  readings.set(csr, reading);
  return reading;
}
