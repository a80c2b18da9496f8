import { readFileSync } from 'node:fs';
import { ConfigError, loadConfig } from '../../../talos/config/load.js';
import { at, byKind, listAt, mainOf, textAt } from '../../../talos/config/reading.js';
import type { Document } from '../../../world/talos-settings.js';
import { CLIENT_MINOR } from '../client-version.js';
import { CommandError } from '../errors.js';
import type { SecretPair, SecretsBundle } from './secrets.js';

function loaded(path: string): readonly Document[] {
  try {
    return loadConfig(readFileSync(path, 'utf8'), CLIENT_MINOR);
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (!isMissing && !(error instanceof ConfigError)) throw error;
    const reason = isMissing
      ? `open ${path}: no such file or directory`
      : (error as ConfigError).message;
    throw new CommandError(`failed to load controlplane config: ${reason}`);
  }
}

/** talos: NewBundleFromConfig, from the configuration of a control plane. @throws CommandError. */
export function secretsOfConfig(path: string): SecretsBundle {
  const documents = loaded(path);
  const main = mainOf(documents);
  const [identity] = byKind(documents, 'DiscoveryIdentityConfig');
  const encryption = encryptionOf(documents);
  const aescbc = textAt(main, 'cluster.aescbcEncryptionSecret');
  const secretbox = encryption || textAt(main, 'cluster.secretboxEncryptionSecret');
  return {
    cluster: {
      id: textAt(identity, 'clusterID') || textAt(main, 'cluster.id'),
      secret: textAt(identity, 'clusterSecret') || textAt(main, 'cluster.secret'),
    },
    secrets: {
      bootstraptoken: textAt(main, 'cluster.token'),
      ...(aescbc === '' ? {} : { aescbcencryptionsecret: aescbc }),
      ...(secretbox === '' ? {} : { secretboxencryptionsecret: secretbox }),
    },
    trustdinfo: { token: textAt(main, 'machine.token') },
    certs: {
      etcd: pairAt(main, 'cluster.etcd.ca'),
      k8s: documentPair(documents, 'KubeAPIServerCAConfig') ?? pairAt(main, 'cluster.ca'),
      k8saggregator:
        documentPair(documents, 'KubeAggregatorCAConfig') ?? pairAt(main, 'cluster.aggregatorCA'),
      k8sserviceaccount: { key: serviceAccountOf(documents, main) },
      os: pairAt(main, 'machine.ca'),
    },
  };
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

const pairAt = (main: Document | undefined, path: string): SecretPair => ({
  crt: textAt(main, `${path}.crt`),
  key: textAt(main, `${path}.key`),
});

function documentPair(documents: readonly Document[], kind: string): SecretPair | null {
  const [document] = byKind(documents, kind);
  return document === undefined
    ? null
    : {
        crt: base64(textAt(document, 'issuingCA.cert')),
        key: base64(textAt(document, 'issuingCA.key')),
      };
}

function serviceAccountOf(documents: readonly Document[], main: Document | undefined): string {
  const [document] = byKind(documents, 'KubeServiceAccountConfig');
  return document === undefined
    ? textAt(main, 'cluster.serviceAccount.key')
    : base64(textAt(document, 'issuer.privateKey'));
}

/** The first provider of what encrypts secrets. */
function encryptionOf(documents: readonly Document[]): string {
  const [document] = byKind(documents, 'KubeEtcdEncryptionConfig');
  const resource = listAt(document, 'config.resources').find((each) =>
    listAt(each, 'resources').includes('secrets'),
  );
  const [provider] = listAt(resource, 'providers');
  const [key] = listAt(at(provider, 'secretbox'), 'keys');
  return textAt(key, 'secret');
}
