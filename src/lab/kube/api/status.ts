import type { JsonObject } from './object.js';
import { qualifiedName, type ResourceType } from './registry.js';

/** metav1.Status, the body of every refused request. */
export interface Status {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: JsonObject;
  readonly status: 'Success' | 'Failure';
  readonly message?: string;
  readonly reason?: string;
  readonly details?: JsonObject;
  readonly code: number;
}

/** Thrown by handlers, answered by the server as its Status. */
export class ApiError extends Error {
  constructor(
    readonly code: number,
    readonly reason: string,
    message: string,
    readonly details?: JsonObject,
  ) {
    super(message);
    this.name = 'ApiError';
  }

  get body(): Status {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      ...(this.details === undefined ? {} : { details: this.details }),
      code: this.code,
    };
  }
}

export const successStatus = (code: number, details?: JsonObject): Status => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Success',
  ...(details === undefined ? {} : { details }),
  code,
});

const detailsOf = (type: ResourceType, name?: string): JsonObject => ({
  ...(name === undefined ? {} : { name }),
  ...(type.group === '' ? {} : { group: type.group }),
  kind: type.plural,
});

export const unauthorized = (): ApiError => new ApiError(401, 'Unauthorized', 'Unauthorized');

export const pathNotFound = (): ApiError =>
  new ApiError(404, 'NotFound', 'the server could not find the requested resource', {});

export const notFound = (type: ResourceType, name: string): ApiError =>
  new ApiError(
    404,
    'NotFound',
    `${qualifiedName(type)} "${name}" not found`,
    detailsOf(type, name),
  );

export const alreadyExists = (type: ResourceType, name: string): ApiError =>
  new ApiError(
    409,
    'AlreadyExists',
    `${qualifiedName(type)} "${name}" already exists`,
    detailsOf(type, name),
  );

export const conflict = (type: ResourceType, name: string, cause?: string): ApiError =>
  new ApiError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualifiedName(type)} "${name}": ${
      cause ??
      'the object has been modified; please apply your changes to the latest version and try again'
    }`,
    detailsOf(type, name),
  );

/** What the store answers when a uid precondition does not hold (apiserver: storage.NewInvalidObjError). */
export const uidMismatch = (
  type: ResourceType,
  name: string,
  wanted: string,
  actual: string,
): ApiError =>
  conflict(
    type,
    name,
    `StorageError: invalid object, Code: 4, Key: /registry/${type.plural}/${name}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${wanted}, UID in object meta: ${actual}`,
  );

export const badRequest = (message: string): ApiError => new ApiError(400, 'BadRequest', message);

/** @param cause `field: what is wrong`; kubectl shows the causes only. */
export function invalid(type: ResourceType, name: string, cause: string): ApiError {
  const [field = '', ...rest] = cause.split(': ');
  return new ApiError(
    422,
    'Invalid',
    `${type.kind}${type.group === '' ? '' : `.${type.group}`} "${name}" is invalid: ${cause}`,
    {
      ...detailsOf(type, name),
      kind: type.kind,
      causes: [{ reason: 'FieldValueInvalid', message: rest.join(': '), field }],
    },
  );
}

export const expired = (wanted: number, oldest: number): ApiError =>
  new ApiError(410, 'Expired', `too old resource version: ${wanted} (${oldest})`);

export const methodNotAllowed = (): ApiError =>
  new ApiError(
    405,
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
    {},
  );

export const unsupportedMediaType = (): ApiError =>
  new ApiError(
    415,
    'UnsupportedMediaType',
    'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
    {},
  );

export const serviceUnavailable = (message: string): ApiError =>
  new ApiError(503, 'ServiceUnavailable', message);

/** Any error of the storage below comes out as a 500 with its text. */
export const internalError = (message: string): ApiError =>
  new ApiError(500, 'InternalError', message, { causes: [{ message }] });
