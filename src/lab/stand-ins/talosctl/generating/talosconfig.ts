import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { readAuthority } from '../../../pki/authority.js';
import { createCertificate } from '../../../pki/certificate.js';
import { toGoYaml } from '../../../talos/go-yaml.js';
import { ed25519Pem, type SecretsBundle } from './secrets.js';

const YEAR_MS = 365 * 24 * 3_600_000;

const decoded = (base64: string): string => Buffer.from(base64, 'base64').toString('utf8');

/** talos: generate.Talosconfig, an administrator of one year and no endpoints. */
export function generatedTalosconfig(
  clusterName: string,
  { certs }: SecretsBundle,
  nowMs: number,
): string {
  const authority = readAuthority({
    certPem: decoded(certs.os.crt),
    keyPem: decoded(certs.os.key),
  });
  const { privateKey } = generateKeyPairSync('ed25519');
  const certPem = createCertificate(
    {
      subject: { organizations: ['os:admin'], commonName: null },
      spki: createPublicKey(privateKey).export({ type: 'spki', format: 'der' }),
      fromMs: nowMs,
      toMs: nowMs + YEAR_MS,
      purposes: ['clientAuth'],
      isCa: false,
      altNames: null,
    },
    authority,
  );
  return toGoYaml({
    context: clusterName,
    contexts: {
      [clusterName]: {
        endpoints: [],
        ca: certs.os.crt,
        crt: Buffer.from(certPem).toString('base64'),
        key: Buffer.from(ed25519Pem(privateKey)).toString('base64'),
      },
    },
  });
}
