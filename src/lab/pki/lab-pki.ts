import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type {
  CertificateRequestContent,
  ClusterFacts,
  KeyPair,
  LabNode,
  LabPki,
  Validity,
} from '../world/types.js';
import { type Authority, adopt, createAuthority } from './authority.js';
import {
  type AltNames,
  createCertificate,
  createRequest,
  readRequest,
  type Subject,
} from './certificate.js';
import { servingFault } from './serving-fault.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const YEAR_MS = 365 * DAY_MS;

interface LeafOrder {
  readonly subject: Subject;
  readonly purposes: readonly ('serverAuth' | 'clientAuth')[];
  readonly altNames: AltNames | null;
  readonly validity: Validity;
}

const newKey = {
  ed25519: (): KeyObject => generateKeyPairSync('ed25519').privateKey,
  ec: (): KeyObject => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  /** Too short for anybody: what a hostile request may carry. */
  rsa1024: (): KeyObject => generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey,
};

/** What the certificates of a lab say: names and addresses only. */
export interface PkiOptions {
  readonly facts: Pick<ClusterFacts, 'vip' | 'pveNode' | 'pveAddress'>;
  /** As they are when a certificate is made. */
  readonly controlPlanes: () => readonly Pick<LabNode, 'hostname' | 'address'>[];
  readonly nowMs: number;
}

/** Signing alone, for a world that has to exist before its machines have names. */
export interface KubeSigner {
  readonly createRequest: LabPki['createRequest'];
  readonly signServing: LabPki['signServing'];
  readonly signKubeletClient: LabPki['signServing'];
  readonly servingFault: LabPki['servingFault'];
  readonly authority: Authority;
}

export function createKubeSigner(nowMs: number): KubeSigner {
  const authority = createAuthority(
    { organizations: ['kubernetes'], commonName: null },
    newKey.ec(),
    nowMs,
  );
  const signFor =
    (purpose: 'serverAuth' | 'clientAuth'): LabPki['signServing'] =>
    (requestPem, fromMs, toMs) =>
      createCertificate(
        { ...readRequest(requestPem), fromMs, toMs, purposes: [purpose], isCa: false },
        authority,
      );
  return {
    authority,
    createRequest: createServingRequest,
    servingFault,
    signServing: signFor('serverAuth'),
    signKubeletClient: signFor('clientAuth'),
  };
}

export function createLabPki(signer: KubeSigner, options: PkiOptions): LabPki {
  const { nowMs } = options;
  const talosCa = createAuthority(
    { organizations: ['talos'], commonName: null },
    newKey.ed25519(),
    nowMs,
  );
  const kubeCa = signer.authority;
  const made: Made = new Map();
  const desk = { made, nowMs, validity: { fromMs: nowMs - HOUR_MS, toMs: nowMs + YEAR_MS } };
  return {
    createRequest: signer.createRequest,
    signServing: signer.signServing,
    signKubeletClient: signer.signKubeletClient,
    servingFault: signer.servingFault,
    adopt: (order) => {
      adopt(talosCa, order.talos);
      adopt(kubeCa, order.kube);
      made.clear();
    },
    ...talosDesk(talosCa, desk),
    get talosCaPem() {
      return talosCa.certPem;
    },
    ...kubeDesk(kubeCa, options, desk),
    get kubeCaPem() {
      return kubeCa.certPem;
    },
    ...pveDesk(options, desk),
  };
}

/** Certificates that are made once, by what they are for. */
type Made = Map<string, KeyPair>;

interface Desk {
  readonly made: Made;
  readonly nowMs: number;
  readonly validity: Validity;
}

function once(made: Made, what: string, make: () => KeyPair): KeyPair {
  const pair = made.get(what) ?? make();
  made.set(what, pair);
  return pair;
}

function talosDesk(talosCa: Authority, { made, nowMs, validity }: Desk) {
  const talosClient: LabPki['talosClient'] = (role, wanted = validity) =>
    withTalosLabel(
      leaf(talosCa, newKey.ed25519(), {
        subject: { organizations: typeof role === 'string' ? [role] : role, commonName: null },
        purposes: ['clientAuth'],
        altNames: null,
        validity: wanted,
      }),
    );
  const talosServer: LabPki['talosServer'] = (hostname, ipAddresses) =>
    leaf(talosCa, newKey.ed25519(), { ...talosServing(hostname, ipAddresses), validity });
  const talosMaintenance: LabPki['talosMaintenance'] = (hostname, ipAddresses) => {
    const throwAway = createAuthority(
      { organizations: ['talos'], commonName: 'maintenance' },
      newKey.ed25519(),
      nowMs,
    );
    return leaf(throwAway, newKey.ed25519(), {
      ...talosServing(hostname, ipAddresses),
      validity,
    });
  };
  return {
    talosCaKeyPem: () => talosLabel(privatePem(talosCa.key)),
    talosAdmin: () => once(made, 'talos admin', () => talosClient('os:admin')),
    talosClient,
    talosServer,
    talosMaintenance,
  };
}

function kubeDesk(kubeCa: Authority, options: PkiOptions, { made, validity }: Desk) {
  const kubeClient: LabPki['kubeClient'] = (user, groups, wanted = validity) =>
    leaf(kubeCa, newKey.ec(), {
      subject: { organizations: groups, commonName: user },
      purposes: ['clientAuth'],
      altNames: null,
      validity: wanted,
    });
  return {
    kubeCaKeyPem: () => kubeCa.key.export({ type: 'sec1', format: 'pem' }).toString(),
    kubeServer: () => {
      const order = kubeServing(options, validity);
      const what = `kube ${JSON.stringify(order.altNames)}`;
      return once(made, what, () => leaf(kubeCa, newKey.ec(), order));
    },
    kubeClient,
    kubeAdmin: (wanted?: Validity) => kubeClient('admin', ['system:masters'], wanted),
  };
}

function pveDesk({ facts, nowMs }: PkiOptions, { validity }: Desk) {
  const pveCa = createAuthority(
    { organizations: ['PVE Cluster Manager CA'], commonName: 'Proxmox Virtual Environment' },
    newKey.ec(),
    nowMs,
  );
  const made: Made = new Map();
  const pveServer: LabPki['pveServer'] = (
    host = { name: facts.pveNode, address: facts.pveAddress },
  ) => once(made, host.name, () => leaf(pveCa, newKey.ec(), pveServing(host, validity)));
  return { pveCaPem: pveCa.certPem, pveServer };
}

function talosServing(
  hostname: string,
  ipAddresses: readonly string[],
): Omit<LeafOrder, 'validity'> {
  return {
    subject: { organizations: [], commonName: hostname },
    purposes: ['serverAuth'],
    altNames: {
      dnsNames: [hostname, 'localhost'],
      ipAddresses: [...new Set([...ipAddresses, '127.0.0.1', '::1'])],
    },
  };
}

function kubeServing(options: PkiOptions, validity: Validity): LeafOrder {
  const { facts } = options;
  const controlPlanes = options.controlPlanes();
  const service = ['kubernetes', 'kubernetes.default', 'kubernetes.default.svc'];
  return {
    subject: { organizations: ['kube-master'], commonName: 'kube-apiserver' },
    purposes: ['serverAuth'],
    altNames: {
      dnsNames: [
        ...controlPlanes.map(({ hostname }) => hostname),
        ...service,
        'kubernetes.default.svc.cluster.local',
        'localhost',
      ],
      ipAddresses: [
        ...controlPlanes.map(({ address }) => address),
        facts.vip,
        '10.96.0.1',
        '127.0.0.1',
      ],
    },
    validity,
  };
}

/** pve-cluster:src/PVE/Cluster/Setup.pm: loopback names, the node's address and name. */
function pveServing(
  { name, address }: { readonly name: string; readonly address: string },
  validity: Validity,
): LeafOrder {
  return {
    subject: { organizations: ['Proxmox Virtual Environment'], commonName: `${name}.lab` },
    purposes: ['serverAuth'],
    altNames: {
      dnsNames: ['localhost', name, `${name}.lab`],
      ipAddresses: ['127.0.0.1', '::1', address],
    },
    validity,
  };
}

function leaf(authority: Authority, key: KeyObject, order: LeafOrder): KeyPair {
  const { subject, purposes, altNames, validity } = order;
  const content = { subject, purposes, altNames, isCa: false, spki: spkiOf(key), ...validity };
  return {
    certPem: createCertificate(content, authority),
    keyPem: privatePem(key),
  };
}

/** talos-wire.md §1: Talos labels its keys so; Go reads them, OpenSSL does not. */
const withTalosLabel = ({ certPem, keyPem }: KeyPair): KeyPair => ({
  certPem,
  keyPem: talosLabel(keyPem),
});

const talosLabel = (pem: string): string => pem.replaceAll('PRIVATE KEY', 'ED25519 PRIVATE KEY');

const privatePem = (key: KeyObject): string =>
  key.export({ type: 'pkcs8', format: 'pem' }).toString();

function createServingRequest(content: CertificateRequestContent): string {
  const key = content.hasWeakKey ? newKey.rsa1024() : newKey.ec();
  return createRequest(content, content, key);
}

const spkiOf = (key: KeyObject): Buffer =>
  createPublicKey(key).export({ type: 'spki', format: 'der' });
