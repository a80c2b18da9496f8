import { generateKeyPairSync, type KeyObject, randomBytes, randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { createAuthority } from '../../../pki/authority.js';
import type { Subject } from '../../../pki/certificate.js';
import { toGoYaml } from '../../../talos/go-yaml.js';
import { CommandError, manyErrors, textOf } from '../errors.js';

/** PEM in base64. */
export type SecretKey = {
  readonly key: string;
};

export type SecretPair = {
  readonly crt: string;
  readonly key: string;
};

/** The file `secrets.yaml`, by its own keys. */
export type SecretsBundle = {
  readonly cluster: { readonly id: string; readonly secret: string };
  readonly secrets: {
    readonly bootstraptoken: string;
    readonly aescbcencryptionsecret?: string;
    readonly secretboxencryptionsecret?: string;
  };
  readonly trustdinfo: { readonly token: string };
  readonly certs: {
    readonly etcd: SecretPair;
    readonly k8s: SecretPair;
    readonly k8saggregator: SecretPair;
    readonly k8sserviceaccount: SecretKey;
    readonly os: SecretPair;
  };
};

const RSA_BITS = 4096;
const KEY_BYTES = 32;
const TOKEN_LETTERS = '0123456789abcdefghijklmnopqrstuvwxyz';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

const letters = (count: number): string =>
  Array.from({ length: count }, () => TOKEN_LETTERS[randomInt(TOKEN_LETTERS.length)]).join('');

/** kubeadm's form. */
const token = (): string => `${letters(6)}.${letters(16)}`;

/** Talos labels these keys so. */
export const ed25519Pem = (key: KeyObject): string =>
  key
    .export({ type: 'pkcs8', format: 'pem' })
    .toString()
    .replaceAll('PRIVATE KEY', 'ED25519 PRIVATE KEY');

const ecPem = (key: KeyObject): string => key.export({ type: 'sec1', format: 'pem' }).toString();

const organization = (name: string): Subject => ({ organizations: [name], commonName: null });

function ecAuthority(subject: Subject, nowMs: number): SecretPair {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { certPem } = createAuthority(subject, privateKey, nowMs);
  return { crt: base64(certPem), key: base64(ecPem(privateKey)) };
}

function talosAuthority(nowMs: number): SecretPair {
  const { privateKey } = generateKeyPairSync('ed25519');
  const { certPem } = createAuthority(organization('talos'), privateKey, nowMs);
  return { crt: base64(certPem), key: base64(ed25519Pem(privateKey)) };
}

function serviceAccount(): SecretKey {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: RSA_BITS });
  return { key: base64(privateKey.export({ type: 'pkcs1', format: 'pem' }).toString()) };
}

export function newSecrets(nowMs: number): SecretsBundle {
  return {
    cluster: {
      id: urlBase64(randomBytes(KEY_BYTES)),
      secret: randomBytes(KEY_BYTES).toString('base64'),
    },
    secrets: {
      bootstraptoken: token(),
      secretboxencryptionsecret: randomBytes(KEY_BYTES).toString('base64'),
    },
    trustdinfo: { token: token() },
    certs: {
      etcd: ecAuthority(organization('etcd'), nowMs),
      k8s: ecAuthority(organization('kubernetes'), nowMs),
      // talos: the aggregator's authority has no name.
      k8saggregator: ecAuthority({ organizations: [], commonName: null }, nowMs),
      k8sserviceaccount: serviceAccount(),
      os: talosAuthority(nowMs),
    },
  };
}

/** Go's base64.URLEncoding keeps the padding. */
const urlBase64 = (bytes: Buffer): string =>
  bytes.toString('base64').replaceAll('+', '-').replaceAll('/', '_');

export const secretsText = (bundle: SecretsBundle): string => toGoYaml(bundle);

/** @throws CommandError when it is none, or a part is missing. */
export function readSecrets(path: string): SecretsBundle {
  let found: unknown;
  try {
    found = parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    const reason = isMissing ? `open ${path}: no such file or directory` : textOf(error);
    throw new CommandError(`failed to load secrets bundle: ${reason}`);
  }
  const missing = missingIn(found);
  if (missing.length > 0) {
    throw new CommandError(`failed to validate secrets bundle: ${manyErrors(missing)}`);
  }
  return found as SecretsBundle;
}

/** Of each section either itself is missing or some of its parts are. */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  cluster: ['id', 'secret'],
  secrets: ['bootstraptoken'],
  trustdinfo: ['token'],
  certs: ['etcd', 'k8s', 'k8saggregator', 'k8sserviceaccount', 'os'],
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function missingIn(found: unknown): readonly string[] {
  const bundle = isRecord(found) ? found : {};
  return Object.entries(REQUIRED).flatMap(([section, keys]) => {
    const fields = bundle[section];
    if (!isRecord(fields)) return [`${section} is required`];
    const lacking = keys.filter((key) => (fields[key] ?? '') === '');
    return [
      ...lacking.map((key) => `${section}.${key} is required`),
      ...(section === 'secrets' ? encryptionFault(fields) : []),
    ];
  });
}

function encryptionFault(fields: Readonly<Record<string, unknown>>): readonly string[] {
  const keys = ['secretboxencryptionsecret', 'aescbcencryptionsecret'];
  const given = keys.filter((key) => (fields[key] ?? '') !== '').length;
  const list = `[${keys.map((key) => `secrets.${key}`).join(', ')}]`;
  if (given === 0) return [`one of ${list} is required`];
  return given === 1 ? [] : [`only one of ${list} is allowed`];
}
