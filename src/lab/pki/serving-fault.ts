import { nameOf, readRequest } from './certificate.js';
import { children, readNode } from './der.js';

const ALLOWED_USAGES = ['digital signature', 'key encipherment', 'server auth'];
/** GeneralName tags (RFC 5280): [1] e-mail, [2] DNS, [6] URI, [7] IP address. */
const EMAIL = 0x81;
const URI = 0x86;

/** kubernetes@1.35:pkg/apis/certificates/helpers.go ValidateKubeletServingCSR, in its order and words. */
export function servingFault(
  requestPem: string,
  username: string,
  usages: readonly string[],
): string | null {
  const request = readRequest(requestPem);
  const tags =
    request.altNames === null
      ? []
      : children(readNode(request.altNames).content).map(({ tag }) => tag);
  const expected = nameOf({ organizations: ['system:nodes'], commonName: username });
  if (!request.subject.equals(expected) || !username.startsWith('system:node:')) {
    return 'subject organization is not system:nodes or subject common name does not begin with system:node:';
  }
  if (tags.includes(EMAIL)) return 'email subjectAltNames are not allowed';
  if (tags.includes(URI)) return 'URI subjectAltNames are not allowed';
  if (tags.length === 0) return 'DNS or IP subjectAltName is required';
  const isServing =
    usages.includes('digital signature') &&
    usages.includes('server auth') &&
    usages.every((usage) => ALLOWED_USAGES.includes(usage));
  return isServing
    ? null
    : `usages did not match [${ALLOWED_USAGES.filter((usage) => usage !== 'key encipherment').join(' ')}]`;
}
