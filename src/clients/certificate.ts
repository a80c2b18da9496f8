import { X509Certificate } from 'node:crypto';

/** What a client certificate says of itself; its key is never kept here. */
export interface ClientCertificate {
  readonly startsAtMs: number;
  readonly endsAtMs: number;
  /** Subject O: the roles of a Talos client, the groups of a Kubernetes user. */
  readonly organizations: readonly string[];
  readonly commonName: string | null;
}

/**
 * Reads the first certificate of a PEM text.
 * @throws Error of OpenSSL when the text is no certificate.
 */
export function readClientCertificate(pem: string): ClientCertificate {
  const certificate = new X509Certificate(pem);
  const subject = certificate.subject?.split('\n') ?? [];
  const values = (name: string) =>
    subject
      .filter((line) => line.startsWith(`${name}=`))
      .map((line) => line.slice(name.length + 1));
  return {
    startsAtMs: Date.parse(certificate.validFrom),
    endsAtMs: Date.parse(certificate.validTo),
    organizations: values('O'),
    commonName: values('CN')[0] ?? null,
  };
}

/** Why the certificate is not accepted at this moment, or null. */
export function validityProblem(certificate: ClientCertificate, nowMs: number): string | null {
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
  if (nowMs > certificate.endsAtMs) return `expired on ${day(certificate.endsAtMs)}`;
  if (nowMs < certificate.startsAtMs) {
    return `is valid only from ${day(certificate.startsAtMs)}: check this machine's clock`;
  }
  return null;
}
