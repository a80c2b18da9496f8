/** Just enough of protobuf's wire format to say what client-go says. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    bytes.push(rest > 127 ? (rest % 128) | 0x80 : rest);
    if (rest <= 127) return Buffer.from(bytes);
  }
}

export function field(number: number, value: string | Buffer): Buffer {
  const bytes = Buffer.from(value);
  return Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes]);
}

export const integerField = (number: number, value: number): Buffer =>
  Buffer.concat([varint(number << 3), varint(value)]);

/** `k8s\0` and runtime.Unknown. */
export const envelope = (apiVersion: string, kind: string, raw: Buffer): Buffer =>
  Buffer.concat([
    Buffer.from('k8s\0', 'latin1'),
    field(1, Buffer.concat([field(1, apiVersion), field(2, kind)])),
    field(2, raw),
  ]);

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

/** A CertificateSigningRequest with its identity and one condition, as `kubectl certificate approve` sends it. */
export function approvalEnvelope(
  metadata: { readonly name: string; readonly uid: string; readonly resourceVersion: string },
  condition: Condition,
): Buffer {
  const meta = Buffer.concat([
    field(1, metadata.name),
    // Go writes every plain string and integer, also empty ones.
    field(2, ''),
    field(5, metadata.uid),
    field(6, metadata.resourceVersion),
    integerField(7, 0),
  ]);
  const status = field(
    1,
    Buffer.concat([
      field(1, condition.type),
      field(2, condition.reason),
      field(3, condition.message),
      field(6, condition.status),
    ]),
  );
  return envelope(
    'certificates.k8s.io/v1',
    'CertificateSigningRequest',
    Buffer.concat([field(1, meta), field(3, status)]),
  );
}
