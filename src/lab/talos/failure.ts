import { status } from '@grpc/grpc-js';

/** A gRPC status that ends a call; `details` is what Go clients print after `desc = `. */
export class Failure extends Error {
  readonly code: number;
  readonly details: string;

  constructor(code: number, details: string) {
    super(details);
    this.name = 'Failure';
    this.code = code;
    this.details = details;
  }
}

export const notAuthorized = (): Failure => new Failure(status.PERMISSION_DENIED, 'not authorized');

export const connectionLost = (): Failure =>
  new Failure(status.UNAVAILABLE, 'error reading from server: EOF');

export const dialFailure = (address: string, reason: string): Failure =>
  new Failure(
    status.UNAVAILABLE,
    `connection error: desc = "transport: Error while dialing: dial tcp ${address}:50000: connect: ${reason}"`,
  );

/** A machine in maintenance mode shows a certificate of nobody's: apid does not speak to it. */
export const strangerFailure = (): Failure =>
  new Failure(
    status.UNAVAILABLE,
    'connection error: desc = "transport: authentication handshake failed: tls: failed to verify certificate: x509: certificate signed by unknown authority"',
  );

/** grpc-go prints CamelCase names: `rpc error: code = Unavailable desc = …`. */
export function goErrorText(failure: Failure): string {
  const name = (status[failure.code] ?? 'UNKNOWN')
    .toLowerCase()
    .replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase());
  return `rpc error: code = ${name} desc = ${failure.details}`;
}

/** One node's part of an aggregated reply when that node has failed. */
export const failedEntry = (hostname: string, failure: Failure): object => ({
  hostname,
  error: goErrorText(failure),
  status: { code: failure.code, message: failure.details, details: [] },
});
