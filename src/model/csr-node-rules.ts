import type { CsrContext, CsrRule } from './csr-rules.js';
import type { NodeName } from './ids.js';
import { canonicalIp, isLoopback, isNoHost } from './ip-text.js';
import type { Csr, KubeNode } from './kubernetes.js';
import type { CertificateRequest } from './pkcs10.js';
import type { TalosMember } from './talos.js';

export interface RuleResult extends CsrRule {
  /** A failure that no honest kubelet produces. */
  readonly isHostile?: boolean;
}

export interface CsrSubject {
  readonly csr: Csr;
  readonly node: NodeName | null;
  readonly request: CertificateRequest | null;
  readonly context: CsrContext;
}

/** Rules V10, V11 and V12: the names asked for are this node's, by Kubernetes and by Talos. */
export function checkNode(subject: CsrSubject): readonly RuleResult[] {
  const { node, context } = subject;
  const kubeNode = context.kubeNodes?.find(({ name }) => name === node);
  const member = context.talosMembers?.find((candidate) => isSameHost(candidate, node));
  return [
    checkDnsNames(subject, kubeNode),
    checkAddresses(subject, { kubeNode, member }),
    checkIdentity(subject, { kubeNode, member }),
  ];
}

interface NodeViews {
  readonly kubeNode: KubeNode | undefined;
  readonly member: TalosMember | undefined;
}

/** The discovery list may carry the full host name (talos: Members take the FQDN). */
const isSameHost = ({ hostname }: TalosMember, node: NodeName | null): boolean =>
  node !== null && (hostname === node || hostname.startsWith(`${node}.`));

const addressesOf = ({ internalIps, externalIps }: KubeNode): readonly string[] =>
  canonicalAll([...internalIps, ...externalIps]);

const canonicalAll = (addresses: readonly string[]): readonly string[] =>
  addresses.map((address) => canonicalIp(address) ?? address);

const FORBIDDEN_NAME = /^(kubernetes|localhost)(\.|$)|\*/i;

function checkDnsNames(
  { node, request, context }: CsrSubject,
  kubeNode: KubeNode | undefined,
): RuleResult {
  const id = 'V10';
  if (request === null) return { id, state: 'unknown', text: 'the request cannot be read' };
  const names = request.altNames.dns;
  const forbidden = names.find((name) => FORBIDDEN_NAME.test(name));
  if (forbidden !== undefined) return { id, state: 'fail', text: `asks for the name ${forbidden}` };
  if (context.kubeNodes === undefined) {
    return { id, state: 'unknown', text: 'the Kubernetes nodes are not known now' };
  }
  const foreign = names.find(
    (name) => !kubeNode?.dnsNames.includes(name) || !(name === node || name.startsWith(`${node}.`)),
  );
  return foreign === undefined
    ? { id, state: 'pass', text: `asks for ${names.join(', ') || 'no host name'}` }
    : { id, state: 'fail', text: `asks for the name ${foreign}, which is not this node's` };
}

function checkAddresses(subject: CsrSubject, views: NodeViews): RuleResult {
  const id = 'V11';
  const { request, context } = subject;
  if (request === null) return { id, state: 'unknown', text: 'the request cannot be read' };
  for (const ip of request.altNames.ips) {
    const text = forbiddenAddress(ip, subject, views);
    if (text !== null) return { id, state: 'fail', text, isHostile: true };
  }
  if (context.kubeNodes === undefined || context.talosMembers === undefined) {
    return { id, state: 'unknown', text: 'the addresses of the nodes are not known now' };
  }
  const inKubernetes = views.kubeNode === undefined ? [] : addressesOf(views.kubeNode);
  const inTalos = canonicalAll(views.member?.addresses ?? []);
  const foreign = request.altNames.ips.find(
    (ip) => !inKubernetes.includes(ip) || !inTalos.includes(ip),
  );
  if (foreign === undefined) {
    return {
      id,
      state: 'pass',
      text: `asks for ${request.altNames.ips.join(', ') || 'no address'}`,
    };
  }
  const who = inKubernetes.includes(foreign) ? 'Talos' : 'Kubernetes';
  return { id, state: 'fail', text: `asks for ${foreign}, which ${who} does not know as its own` };
}

/** Addresses that would let the node answer for somebody else. */
function forbiddenAddress(
  ip: string,
  { node, context }: CsrSubject,
  { kubeNode, member }: NodeViews,
): string | null {
  if (canonicalAll(context.vips).includes(ip)) return `asks for the VIP ${ip}`;
  if (isLoopback(ip) || isNoHost(ip)) return `asks for ${ip}, which is no address of a node`;
  const otherNode = context.kubeNodes?.find(
    (candidate) => candidate.name !== node && addressesOf(candidate).includes(ip),
  );
  if (otherNode !== undefined) return `asks for ${ip}, the address of ${otherNode.name}`;
  const otherMember = context.talosMembers?.find(
    (candidate) => !isSameHost(candidate, node) && canonicalAll(candidate.addresses).includes(ip),
  );
  if (otherMember !== undefined) return `asks for ${ip}, the address of ${otherMember.hostname}`;
  // A control plane may itself be the endpoint; a worker that claims one would take over the API. While one of the
  // lists is not known, only what the other one says tells them apart.
  const mayBeEndpoint =
    (context.kubeNodes === undefined || kubeNode?.isControlPlane === true) &&
    (context.talosMembers === undefined ||
      member?.machineType === 'controlplane' ||
      member?.machineType === 'init');
  const isEndpoint = context.endpoints.some((endpoint) => endpointIp(endpoint) === ip);
  return isEndpoint && !mayBeEndpoint ? `asks for the API endpoint ${ip}` : null;
}

/** Address of `10.0.0.11`, `10.0.0.11:50000`, `[fd00::1]:50000` or a URL; null for a host name. */
function endpointIp(endpoint: string): string | null {
  const plain = canonicalIp(endpoint);
  if (plain !== null) return plain;
  const url = URL.parse(endpoint.includes('://') ? endpoint : `https://${endpoint}`);
  return url === null ? null : canonicalIp(url.hostname.replace(/^\[(.*)\]$/, '$1'));
}

function checkIdentity({ node, context }: CsrSubject, { kubeNode, member }: NodeViews): RuleResult {
  const id = 'V12';
  const fail = (text: string): RuleResult => ({ id, state: 'fail', text });
  if (context.kubeNodes === undefined || context.talosMembers === undefined) {
    const who = context.kubeNodes === undefined ? 'Kubernetes' : 'Talos';
    return { id, state: 'unknown', text: `${who} cannot be asked about the node now` };
  }
  if (node === null || kubeNode === undefined) return fail('Kubernetes has no such node');
  if (kubeNode.isBeingDeleted) return fail(`node ${node} is being deleted`);
  if (member === undefined) return fail(`Talos has no member ${node}`);
  const shared = canonicalAll(member.addresses).find((ip) => addressesOf(kubeNode).includes(ip));
  return shared === undefined
    ? fail(`Talos and Kubernetes know ${node} by different addresses`)
    : { id, state: 'pass', text: `Talos and Kubernetes both know ${node} as ${shared}` };
}

const MIN_EXPIRATION_SECONDS = 600;
/** 366 days; kubelet-csr-approver allows one more. */
const MAX_EXPIRATION_SECONDS = 31_622_400;
const HOUR_MS = 3_600_000;
const MAX_APPROVALS_PER_HOUR = 3;

/** Rules V13 to V16: lifetime, age and rate. */
export function checkTiming({ csr, context }: CsrSubject): readonly RuleResult[] {
  const seconds = csr.expirationSeconds;
  const isInRange =
    seconds === null || (seconds >= MIN_EXPIRATION_SECONDS && seconds <= MAX_EXPIRATION_SECONDS);
  const ofNode = context.allCsrs?.filter(
    ({ username, signerName }) => username === csr.username && signerName === csr.signerName,
  );
  return [
    {
      id: 'V13',
      state: isInRange ? 'pass' : 'fail',
      text: seconds === null ? 'asks for the usual lifetime' : `asks for ${seconds} s`,
    },
    checkNewest(csr, ofNode),
    {
      id: 'V15',
      state: 'info',
      text: 'the credential is compared with the last approval and recorded when it is approved',
    },
    checkRate(ofNode, context.nowMs),
  ];
}

function checkNewest(csr: Csr, ofNode: readonly Csr[] | undefined): RuleResult {
  const id = 'V14';
  if (ofNode === undefined) {
    return { id, state: 'unknown', text: 'the other requests are not known now' };
  }
  const newer = ofNode.find((other) => other.state === 'pending' && isNewer(other, csr));
  return newer === undefined
    ? { id, state: 'pass', text: 'is the newest of its node' }
    : { id, state: 'fail', text: `the node has asked again with ${newer.name}` };
}

/** Creation times have whole seconds: the name decides a tie, so that exactly one is the newest. */
const isNewer = (a: Csr, b: Csr): boolean =>
  a.createdAtMs > b.createdAtMs || (a.createdAtMs === b.createdAtMs && a.name > b.name);

function checkRate(ofNode: readonly Csr[] | undefined, nowMs: number): RuleResult {
  const id = 'V16';
  if (ofNode === undefined) {
    return { id, state: 'unknown', text: 'earlier approvals are not known now' };
  }
  const recent = ofNode.filter(
    ({ state, decidedAtMs }) =>
      (state === 'approved' || state === 'issued') &&
      decidedAtMs !== null &&
      nowMs - decidedAtMs < HOUR_MS,
  ).length;
  return recent < MAX_APPROVALS_PER_HOUR
    ? { id, state: 'pass', text: `${recent} approved for this node in the last hour` }
    : {
        id,
        state: 'fail',
        text: `${recent} approved for this node in the last hour: the kubelet may be restarting over and over`,
      };
}
