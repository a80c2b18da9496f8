import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { isIP } from 'node:net';
import { asIpAddress, asNodeName } from '../../src/model/ids.js';
import type { Csr, KubeNode } from '../../src/model/kubernetes.js';
import type { TalosMember } from '../../src/model/talos.js';
import { aCsr, aKubeNode } from './builders.js';

/** A DER writer, written apart from the reader under test. */
export function der(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  if (body.length < 0x80) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  const length = Buffer.from(
    body.length.toString(16).padStart(body.length > 0xff ? 4 : 2, '0'),
    'hex',
  );
  return Buffer.concat([Buffer.from([tag, 0x80 | length.length]), length, body]);
}

export function oid(text: string): Buffer {
  const [a = 0, b = 0, ...rest] = text.split('.').map(Number);
  const bytes = [a * 40 + b, ...rest].flatMap((arc) => {
    const groups = [arc & 0x7f];
    for (let left = Math.floor(arc / 128); left > 0; left = Math.floor(left / 128)) {
      groups.unshift((left & 0x7f) | 0x80);
    }
    return groups;
  });
  return der(0x06, Buffer.from(bytes));
}

export type NameSpec = readonly (readonly [type: string, value: string])[];

export interface RequestSpec {
  readonly subject: NameSpec;
  /** `dns:`, `ip:`, `uri:`, `email:`, `other:` and the value; null: no extension at all. */
  readonly altNames: readonly string[] | null;
  readonly keys: { readonly privateKey: KeyObject; readonly publicKey: KeyObject };
  readonly digest: 'sha256' | 'sha384' | 'sha512' | null;
  readonly signatureOid: string;
  readonly extraExtensions: readonly string[];
}

export const ecKeys = (namedCurve = 'P-256') => generateKeyPairSync('ec', { namedCurve });
const sharedKeys = ecKeys();

const NAME_OIDS: Readonly<Record<string, string>> = { CN: '2.5.4.3', O: '2.5.4.10' };
const utf8 = (text: string) => der(0x0c, Buffer.from(text));

export const nameOf = (parts: NameSpec): Buffer =>
  der(
    0x30,
    ...parts.map(([type, value]) =>
      der(0x31, der(0x30, oid(NAME_OIDS[type] ?? type), utf8(value))),
    ),
  );

const ALT_TAGS: Readonly<Record<string, number>> = { email: 0x81, dns: 0x82, uri: 0x86, ip: 0x87 };

export function altNamesOf(names: readonly string[]): Buffer {
  return der(
    0x30,
    ...names.map((name) => {
      const kind = name.slice(0, name.indexOf(':'));
      const value = name.slice(kind.length + 1);
      if (kind === 'other') return der(0xa0, oid('1.2.3.4'), der(0xa0, utf8(value)));
      return der(ALT_TAGS[kind] ?? 0x82, kind === 'ip' ? ipBytes(value) : Buffer.from(value));
    }),
  );
}

function ipBytes(text: string): Buffer {
  if (isIP(text) === 4) return Buffer.from(text.split('.').map(Number));
  const [head = '', tail = ''] = text.split('::');
  const groups = (part: string) => part.split(':').filter((group) => group !== '');
  const zeros = Array.from({ length: 8 - groups(head).length - groups(tail).length }, () => '0');
  return Buffer.from(
    [...groups(head), ...zeros, ...groups(tail)].map((group) => group.padStart(4, '0')).join(''),
    'hex',
  );
}

export const extensionsOf = (
  altNames: readonly string[] | null,
  others: readonly string[],
): Buffer =>
  der(
    0x30,
    ...(altNames === null ? [] : [der(0x30, oid('2.5.29.17'), der(0x04, altNamesOf(altNames)))]),
    ...others.map((other) => der(0x30, oid(other), der(0x04, der(0x30)))),
  );

export const DEFAULT_REQUEST: RequestSpec = {
  subject: [
    ['O', 'system:nodes'],
    ['CN', 'system:node:worker-1'],
  ],
  altNames: ['dns:worker-1', 'ip:10.0.0.21'],
  keys: sharedKeys,
  digest: 'sha256',
  signatureOid: '1.2.840.10045.4.3.2',
  extraExtensions: [],
};

export function requestDer(change: Partial<RequestSpec> = {}): Buffer {
  const spec = { ...DEFAULT_REQUEST, ...change };
  const extensions = extensionsOf(spec.altNames, spec.extraExtensions);
  const info = der(
    0x30,
    der(0x02, Buffer.from([0])),
    nameOf(spec.subject),
    spec.keys.publicKey.export({ format: 'der', type: 'spki' }),
    der(0xa0, der(0x30, oid('1.2.840.113549.1.9.14'), der(0x31, extensions))),
  );
  const signature = sign(spec.digest, info, spec.keys.privateKey);
  return der(0x30, info, der(0x30, oid(spec.signatureOid)), der(0x03, Buffer.from([0]), signature));
}

export function pemOf(bytes: Uint8Array, label = 'CERTIFICATE REQUEST'): string {
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

export const requestPem = (change: Partial<RequestSpec> = {}): string => pemOf(requestDer(change));

const goodPem = requestPem();

/** The certificate that a signer makes for such a request; nobody checks its signature here. */
export function certificatePem(change: Partial<RequestSpec> = {}): string {
  const spec = { ...DEFAULT_REQUEST, ...change };
  const time = (text: string) => der(0x17, Buffer.from(text));
  const algorithm = der(0x30, oid('1.2.840.10045.4.3.2'));
  const tbs = der(
    0x30,
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([42])),
    algorithm,
    nameOf([['CN', 'kubernetes']]),
    der(0x30, time('261120100000Z'), time('271120100000Z')),
    nameOf(spec.subject.toReversed()),
    spec.keys.publicKey.export({ format: 'der', type: 'spki' }),
    der(0xa3, extensionsOf(spec.altNames, spec.extraExtensions)),
  );
  return pemOf(der(0x30, tbs, algorithm, der(0x03, Buffer.from([0, 1]))), 'CERTIFICATE');
}

/** A request that an honest kubelet of worker-1 makes. */
export const aServingCsr = (change: Partial<Csr> = {}): Csr =>
  aCsr({ username: 'system:node:worker-1', requestPem: goodPem, ...change });

/** A node that Kubernetes knows by this name and address. */
export const kubeNodeAt = (name: string, ip: string, change: Partial<KubeNode> = {}): KubeNode =>
  aKubeNode(
    { isControlPlane: name.startsWith('cp') },
    {
      name: asNodeName(name),
      internalIps: [asIpAddress(ip)],
      dnsNames: [name],
      ...change,
    },
  );

/** A member that Talos' discovery knows by this name. */
export const talosMemberAt = (hostname: string, addresses: readonly string[]): TalosMember => ({
  nodeId: `id-${hostname}`,
  hostname,
  addresses: addresses.map(asIpAddress),
  machineType: hostname.startsWith('cp') ? 'controlplane' : 'worker',
  operatingSystem: 'Talos (v1.12.4)',
});
