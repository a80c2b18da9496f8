import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  type X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';

/** A certificate with its key, both as PEM. */
export interface Issued {
  readonly certificatePem: string;
  readonly keyPem: string;
}

export interface IssueOptions {
  /** `O=os:admin` */
  readonly subject: string;
  readonly purpose: 'client' | 'server';
  readonly ips?: readonly string[];
  readonly names?: readonly string[];
  readonly startsAt?: Date;
  readonly endsAt?: Date;
}

/** A certificate authority for one test. */
export interface Authority {
  readonly caPem: string;
  readonly issue: (options: IssueOptions) => Promise<Issued>;
}

const ED25519 = { name: 'Ed25519' } as const;
const HOUR_MS = 3_600_000;
cryptoProvider.set(webcrypto);

export async function createAuthority(name = 'test authority'): Promise<Authority> {
  const keys = await generate();
  const ca = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    keys,
    signingAlgorithm: ED25519,
    notBefore: new Date(Date.now() - HOUR_MS),
    notAfter: new Date(Date.now() + 24 * HOUR_MS),
    extensions: [new BasicConstraintsExtension(true, undefined, true)],
  });
  return {
    caPem: ca.toString('pem'),
    issue: (options) => issue(options, ca, keys),
  };
}

async function issue(
  { subject, purpose, ips = [], names = [], startsAt, endsAt }: IssueOptions,
  ca: X509Certificate,
  caKeys: webcrypto.CryptoKeyPair,
): Promise<Issued> {
  const keys = await generate();
  const usage = purpose === 'client' ? ExtendedKeyUsage.clientAuth : ExtendedKeyUsage.serverAuth;
  const certificate = await X509CertificateGenerator.create({
    subject,
    issuer: ca.subject,
    publicKey: keys.publicKey,
    signingKey: caKeys.privateKey,
    signingAlgorithm: ED25519,
    notBefore: startsAt ?? new Date(Date.now() - HOUR_MS),
    notAfter: endsAt ?? new Date(Date.now() + 24 * HOUR_MS),
    extensions: [
      new ExtendedKeyUsageExtension([usage]),
      new SubjectAlternativeNameExtension([
        ...ips.map((value) => ({ type: 'ip' as const, value })),
        ...names.map((value) => ({ type: 'dns' as const, value })),
      ]),
    ],
  });
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    certificatePem: certificate.toString('pem'),
    keyPem: PemConverter.encode(pkcs8, 'PRIVATE KEY'),
  };
}

const generate = async (): Promise<webcrypto.CryptoKeyPair> =>
  (await webcrypto.subtle.generateKey(ED25519, true, [
    'sign',
    'verify',
  ])) as webcrypto.CryptoKeyPair;
