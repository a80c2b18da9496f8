import { parse } from 'yaml';
import { decodeProtobuf } from './protobuf.js';
import { badRequest, unsupportedMediaType } from './status.js';

/**
 * JSON, YAML (server-side apply) or the protobuf of typed clients.
 * @throws ApiError 400, 415
 */
export function decodeBody(contentType: string, body: Buffer): unknown {
  const type = contentType.split(';')[0]?.trim() ?? '';
  if (body.length === 0) return undefined;
  if (type === 'application/vnd.kubernetes.protobuf') return decodeEnvelope(body);
  if (type === '' || type.endsWith('json')) return decodeText(body, JSON.parse);
  if (type.endsWith('yaml')) return decodeText(body, parse);
  throw unsupportedMediaType();
}

function decodeEnvelope(body: Buffer): unknown {
  let decoded: unknown;
  try {
    decoded = decodeProtobuf(body);
  } catch (error) {
    throw badRequest(`couldn't decode the protobuf body: ${String(error)}`);
  }
  if (decoded === null) throw unsupportedMediaType();
  return decoded;
}

function decodeText(body: Buffer, parseText: (text: string) => unknown): unknown {
  try {
    return parseText(body.toString('utf8'));
  } catch (error) {
    throw badRequest(
      `couldn't get version/kind; json parse error: ${error instanceof Error ? error.message : ''}`,
    );
  }
}
