import { isKubeWritable } from './api-server.js';
import { spec, status } from './kube-node.js';
import {
  changeReader,
  getObject,
  kubeTime,
  listObjects,
  putObject,
  removeObject,
} from './kube-store.js';
import { controllerManagerHost } from './leases.js';
import { isAlive } from './node.js';
import type { CertificateRequestContent, KubeObject, LabNode, World } from './types.js';

export const SERVING_SIGNER = 'kubernetes.io/kubelet-serving';
export const CLIENT_SIGNER = 'kubernetes.io/kube-apiserver-client-kubelet';
export const CSRS = 'certificatesigningrequests';
const NAME_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789';
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** kubelet certificate manager: how long one request is waited for, and the pause before the next. */
const KUBELET_WAIT_MS = 15 * MINUTE_MS;
const KUBELET_PAUSE_MS = 90_000;
const KUBELET_CHECK_MS = 10_000;
/** csrcleaner of kube-controller-manager. */
const CLEANER_MS = HOUR_MS;
const DECIDED_TTL_MS = HOUR_MS;
const PENDING_TTL_MS = 24 * HOUR_MS;
/** `--cluster-signing-duration` and the signer's backdating. */
const SIGNING_MS = 365 * 24 * HOUR_MS;
const BACKDATE_MS = 5 * MINUTE_MS;
const SIGNER_SWEEP_MS = 5000;

interface CsrSpec {
  readonly request: string;
  readonly signerName: string;
  readonly username: string;
  readonly usages: readonly string[];
  readonly expirationSeconds?: number;
}

interface CsrCondition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastUpdateTime?: string;
  readonly lastTransitionTime?: string;
}

interface CsrStatus {
  readonly conditions?: readonly CsrCondition[];
  readonly certificate?: string;
}

/** What a requester claims; the default is what the node's own kubelet sends. */
export interface RequestClaim {
  /** Default: that of serving certificates. */
  readonly signerName?: string;
  readonly username: string;
  readonly groups: readonly string[];
  readonly usages: readonly string[];
  readonly content: CertificateRequestContent;
  readonly expirationSeconds?: number;
  readonly isSignatureBroken?: boolean;
}

const csrSpec = (csr: KubeObject): CsrSpec => spec(csr) as unknown as CsrSpec;
const csrStatus = (csr: KubeObject): CsrStatus => status(csr) as CsrStatus;
const has = (csr: KubeObject, type: string): boolean =>
  (csrStatus(csr).conditions ?? []).some((entry) => entry.type === type);

export const isPending = (csr: KubeObject): boolean =>
  !has(csr, 'Approved') && !has(csr, 'Denied') && !has(csr, 'Failed');

export function kubeletClaim(node: Pick<LabNode, 'hostname' | 'address'>): RequestClaim {
  const username = `system:node:${node.hostname}`;
  return {
    username,
    groups: ['system:nodes', 'system:authenticated'],
    usages: ['digital signature', 'server auth'],
    content: {
      commonName: username,
      organizations: ['system:nodes'],
      dnsNames: [node.hostname],
      ipAddresses: [node.address],
    },
  };
}

/** Posts a request as the API server stores it. @returns its name. */
export function postRequest(world: World, claim: RequestClaim, atMs = world.clock.now()): string {
  const name = `csr-${world.random.text(5, NAME_ALPHABET)}`;
  const pem = world.pki.createRequest(claim.content);
  putObject(world, CSRS, {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name, generateName: 'csr-', creationTimestamp: kubeTime(atMs) },
    spec: {
      request: Buffer.from(claim.isSignatureBroken ? breakSignature(pem) : pem).toString('base64'),
      signerName: claim.signerName ?? SERVING_SIGNER,
      username: claim.username,
      groups: claim.groups,
      usages: claim.usages,
      ...(claim.expirationSeconds === undefined
        ? {}
        : { expirationSeconds: claim.expirationSeconds }),
      extra: {
        'authentication.kubernetes.io/credential-id': [`X509SHA256=${world.random.hex(64)}`],
      },
    },
    status: {},
  });
  return name;
}

/** The last byte of a PKCS#10 structure belongs to its signature. */
function breakSignature(pem: string): string {
  const [, head = '', body = '', tail = ''] =
    /^(-+BEGIN[^\n]+\n)([^-]+)(-+END[\s\S]+)$/.exec(pem) ?? [];
  const der = Buffer.from(body, 'base64');
  der.writeUInt8(der.readUInt8(der.length - 1) ^ 1, der.length - 1);
  return `${head}${der.toString('base64')}\n${tail}`;
}

/** The node's own kubelet asks for a serving certificate and waits for it. */
export function requestServing(world: World, node: LabNode, atMs = world.clock.now()): string {
  const name = postRequest(world, kubeletClaim(node), atMs);
  node.servingRequest = { name, atMs };
  return name;
}

/** What an operator would approve: each kubelet's own request. @returns their names. */
export function approveServing(world: World): readonly string[] {
  const own = [...world.nodes.values()].flatMap((node) => node.servingRequest?.name ?? []);
  const pending = listObjects(world, CSRS).filter(
    (csr) => isPending(csr) && own.includes(csr.metadata.name),
  );
  const time = kubeTime(world.clock.now());
  const condition = {
    ...{ type: 'Approved', status: 'True', reason: 'KubectlApprove' },
    message: 'This CSR was approved by kubectl certificate approve.',
    ...{ lastUpdateTime: time, lastTransitionTime: time },
  };
  for (const csr of pending) {
    putObject(world, CSRS, { ...csr, status: { ...csrStatus(csr), conditions: [condition] } });
  }
  return pending.map(({ metadata }) => metadata.name);
}

export function runCsrs(world: World): void {
  const signing = new Set<string>();
  const read = changeReader(world, CSRS);
  const signSoon = (csr: KubeObject): void => {
    if (!isToSign(csr) || signing.has(csr.metadata.uid)) return;
    signing.add(csr.metadata.uid);
    world.clock.after(world.random.int(350, 650), () => {
      signing.delete(csr.metadata.uid);
      signNow(world, csr.metadata.name, csr.metadata.uid);
    });
  };
  world.subscribe((topics) => {
    if (topics.includes(`kube:${CSRS}`)) for (const { object } of read()) signSoon(object);
  });
  world.clock.every(SIGNER_SWEEP_MS, () => listObjects(world, CSRS).forEach(signSoon));
  world.clock.every(KUBELET_CHECK_MS, () => {
    for (const node of world.nodes.values()) askAgain(world, node);
  });
  world.clock.every(CLEANER_MS, () => cleanUp(world));
}

const isToSign = (csr: KubeObject): boolean =>
  csrSpec(csr).signerName === SERVING_SIGNER &&
  has(csr, 'Approved') &&
  !has(csr, 'Denied') &&
  !has(csr, 'Failed') &&
  csrStatus(csr).certificate === undefined;

/** csrsigning controller; without a controller manager the sweep comes back to it. */
function signNow(world: World, name: string, uid: string): void {
  const csr = getObject(world, CSRS, name);
  if (csr?.metadata.uid !== uid || !isToSign(csr)) return;
  if (!isKubeWritable(world) || controllerManagerHost(world) === undefined) return;
  const { request, username, usages, expirationSeconds } = csrSpec(csr);
  const pem = Buffer.from(request, 'base64').toString();
  const fault = world.pki.servingFault(pem, username, usages);
  const nowMs = world.clock.now();
  if (fault !== null) {
    const condition = {
      type: 'Failed',
      status: 'True',
      reason: 'SignerValidationFailure',
      message: fault,
      lastUpdateTime: kubeTime(nowMs),
      lastTransitionTime: kubeTime(nowMs),
    };
    const conditions = [...(csrStatus(csr).conditions ?? []), condition];
    putObject(world, CSRS, { ...csr, status: { ...csrStatus(csr), conditions } });
    return;
  }
  const lifeMs = Math.min(SIGNING_MS, (expirationSeconds ?? Number.POSITIVE_INFINITY) * 1000);
  const certificate = world.pki.signServing(pem, nowMs - BACKDATE_MS, nowMs - BACKDATE_MS + lifeMs);
  putObject(world, CSRS, {
    ...csr,
    status: { ...csrStatus(csr), certificate: Buffer.from(certificate).toString('base64') },
  });
}

/** A kubelet whose request was denied, cleaned up or not answered makes a new one. */
function askAgain(world: World, node: LabNode): void {
  const waited = node.servingRequest;
  if (waited === null || !node.isKubeletUp || !isAlive(node) || !isKubeWritable(world)) return;
  const csr = getObject(world, CSRS, waited.name);
  if (csr !== undefined && csrStatus(csr).certificate !== undefined) {
    node.servingRequest = null;
    node.machine.systemDisk?.kubeletCertificates.add('serving');
    return;
  }
  const waitMs =
    csr !== undefined && !has(csr, 'Denied') && !has(csr, 'Failed')
      ? KUBELET_WAIT_MS + KUBELET_PAUSE_MS
      : KUBELET_PAUSE_MS;
  if (world.clock.now() - Math.max(waited.atMs, decidedAtMs(csr)) >= waitMs) {
    requestServing(world, node);
  }
}

function decidedAtMs(csr: KubeObject | undefined): number {
  const times = (csr === undefined ? [] : (csrStatus(csr).conditions ?? [])).map((entry) =>
    Date.parse(entry.lastTransitionTime ?? entry.lastUpdateTime ?? ''),
  );
  return Math.max(0, ...times.filter(Number.isFinite));
}

function cleanUp(world: World): void {
  if (!isKubeWritable(world) || controllerManagerHost(world) === undefined) return;
  const nowMs = world.clock.now();
  for (const csr of listObjects(world, CSRS)) {
    const since = isPending(csr) ? Date.parse(csr.metadata.creationTimestamp) : decidedAtMs(csr);
    const ttlMs = isPending(csr) ? PENDING_TTL_MS : DECIDED_TTL_MS;
    if (nowMs - since > ttlMs) removeObject(world, CSRS, csr.metadata.name);
  }
}
