import { readClientCertificate } from '../../src/clients/certificate.js';
import type { TalosAccess } from '../../src/clients/talosconfig.js';
import type { Authority } from './authority.js';

/** Access as an administrator with a certificate of this authority. */
export async function talosAccessFor(
  authority: Authority,
  endpoints: readonly string[],
): Promise<TalosAccess> {
  const issued = await authority.issue({ subject: 'O=os:admin', purpose: 'client' });
  return {
    contextName: 'test',
    configPath: 'talosconfig',
    endpoints,
    nodes: [],
    caPem: authority.caPem,
    certificatePem: issued.certificatePem,
    keyPem: issued.keyPem,
    certificate: readClientCertificate(issued.certificatePem),
  };
}
