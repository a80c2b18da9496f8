import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type {
  CertificateRequestContent,
  ClusterFacts,
  KeyPair,
  LabNode,
  LabPki,
  Validity,
} from '../world/types.js';
import {
  type AltNames,
  createCertificate,
  createRequest,
  type Issuer,
  readRequest,
  type Subject,
} from './certificate.js';
import { servingFault } from './serving-fault.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const YEAR_MS = 365 * DAY_MS;

interface Authority extends Issuer {
  readonly certPem: string;
}

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
  readonly controlPlanes: readonly Pick<LabNode, 'hostname' | 'address'>[];
  readonly nowMs: number;
}

/** Signing alone, for a world that has to exist before its machines have names. */
export interface KubeSigner {
  readonly createRequest: LabPki['createRequest'];
  readonly signServing: LabPki['signServing'];
  readonly servingFault: LabPki['servingFault'];
  readonly authority: Authority;
}

export function createKubeSigner(nowMs: number): KubeSigner {
  const authority = createAuthority(
    { organizations: ['kubernetes'], commonName: null },
    'ec',
    nowMs,
  );
  return {
    authority,
    createRequest: createServingRequest,
    servingFault,
    signServing: (requestPem, fromMs, toMs) => {
      const request = readRequest(requestPem);
      return createCertificate(
        { ...request, fromMs, toMs, purposes: ['serverAuth'], isCa: false },
        authority,
      );
    },
  };
}

export function createLabPki(signer: KubeSigner, options: PkiOptions): LabPki {
  const { nowMs } = options;
  const defaultValidity = { fromMs: nowMs - HOUR_MS, toMs: nowMs + YEAR_MS };
  const talosCa = createAuthority({ organizations: ['talos'], commonName: null }, 'ed25519', nowMs);
  const pveCa = createAuthority(
    { organizations: ['PVE Cluster Manager CA'], commonName: 'Proxmox Virtual Environment' },
    'ec',
    nowMs,
  );
  const kubeCa = signer.authority;
  const pveServers = new Map<string, KeyPair>();
  const talosClient: LabPki['talosClient'] = (role, validity = defaultValidity) =>
    withTalosLabel(
      leaf(talosCa, newKey.ed25519(), {
        subject: { organizations: typeof role === 'string' ? [role] : role, commonName: null },
        purposes: ['clientAuth'],
        altNames: null,
        validity,
      }),
    );
  const kubeClient: LabPki['kubeClient'] = (user, groups, validity = defaultValidity) =>
    leaf(kubeCa, newKey.ec(), {
      subject: { organizations: groups, commonName: user },
      purposes: ['clientAuth'],
      altNames: null,
      validity,
    });
  return {
    createRequest: signer.createRequest,
    signServing: signer.signServing,
    servingFault: signer.servingFault,
    talosCaPem: talosCa.certPem,
    talosCaKeyPem: () => talosLabel(privatePem(talosCa.key)),
    talosAdmin: once(() => talosClient('os:admin')),
    talosClient,
    talosServer: (hostname, ipAddresses) =>
      leaf(talosCa, newKey.ed25519(), {
        ...talosServing(hostname, ipAddresses),
        validity: defaultValidity,
      }),
    talosMaintenance: (hostname) => {
      const throwAway = createAuthority(
        { organizations: ['talos'], commonName: 'maintenance' },
        'ed25519',
        nowMs,
      );
      return leaf(throwAway, newKey.ed25519(), {
        ...talosServing(hostname, ['127.0.0.1']),
        validity: defaultValidity,
      });
    },
    kubeCaPem: kubeCa.certPem,
    kubeCaKeyPem: () => kubeCa.key.export({ type: 'sec1', format: 'pem' }).toString(),
    kubeServer: once(() => leaf(kubeCa, newKey.ec(), kubeServing(options, defaultValidity))),
    kubeClient,
    kubeAdmin: (validity) => kubeClient('admin', ['system:masters'], validity),
    pveCaPem: pveCa.certPem,
    pveServer: (host = { name: options.facts.pveNode, address: options.facts.pveAddress }) => {
      const made =
        pveServers.get(host.name) ?? leaf(pveCa, newKey.ec(), pveServing(host, defaultValidity));
      pveServers.set(host.name, made);
      return made;
    },
  };
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

function kubeServing({ facts, controlPlanes }: PkiOptions, validity: Validity): LeafOrder {
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

function createAuthority(subject: Subject, keyType: 'ed25519' | 'ec', nowMs: number): Authority {
  const key = newKey[keyType]();
  const certPem = createCertificate(
    {
      subject,
      spki: spkiOf(key),
      fromMs: nowMs - DAY_MS,
      toMs: nowMs + 10 * YEAR_MS,
      purposes: [],
      isCa: true,
      altNames: null,
    },
    { subject, key },
  );
  return { subject, key, certPem };
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

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
