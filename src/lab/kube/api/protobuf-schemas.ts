export type ProtobufSchema = Readonly<Record<number, ProtobufField>>;

export interface ProtobufField {
  readonly name: string;
  /** `count`: an integer whose zero means absent, because Go writes every plain int64. */
  readonly type:
    | 'string'
    | 'integer'
    | 'count'
    | 'boolean'
    | 'base64'
    | 'time'
    | 'map'
    /** Its values are bytes: base64 in JSON. */
    | 'bytes-map'
    | ProtobufSchema;
  readonly isRepeated?: boolean;
}

type FieldType = ProtobufField['type'];

const one = (name: string, type: FieldType = 'string'): ProtobufField => ({ name, type });
const many = (name: string, type: FieldType = 'string'): ProtobufField => ({
  name,
  type,
  isRepeated: true,
});

/** Field numbers: k8s.io/api and k8s.io/apimachinery generated.proto. */
const OWNER_REFERENCE: ProtobufSchema = {
  1: one('kind'),
  3: one('name'),
  4: one('uid'),
  5: one('apiVersion'),
  6: one('controller', 'boolean'),
  7: one('blockOwnerDeletion', 'boolean'),
};

const OBJECT_META: ProtobufSchema = {
  1: one('name'),
  2: one('generateName'),
  3: one('namespace'),
  5: one('uid'),
  6: one('resourceVersion'),
  7: one('generation', 'count'),
  8: one('creationTimestamp', 'time'),
  9: one('deletionTimestamp', 'time'),
  10: one('deletionGracePeriodSeconds', 'integer'),
  11: one('labels', 'map'),
  12: one('annotations', 'map'),
  13: many('ownerReferences', OWNER_REFERENCE),
  14: many('finalizers'),
};

const DELETE_OPTIONS: ProtobufSchema = {
  1: one('gracePeriodSeconds', 'integer'),
  2: one('preconditions', { 1: one('uid'), 2: one('resourceVersion') }),
  3: one('orphanDependents', 'boolean'),
  4: one('propagationPolicy'),
  5: many('dryRun'),
};

const CSR_CONDITION: ProtobufSchema = {
  1: one('type'),
  2: one('reason'),
  3: one('message'),
  4: one('lastUpdateTime', 'time'),
  5: one('lastTransitionTime', 'time'),
  6: one('status'),
};

const CSR_SPEC: ProtobufSchema = {
  1: one('request', 'base64'),
  2: one('username'),
  3: one('uid'),
  4: many('groups'),
  5: many('usages'),
  7: one('signerName'),
  8: one('expirationSeconds', 'integer'),
};

const RESOURCE_ATTRIBUTES: ProtobufSchema = {
  1: one('namespace'),
  2: one('verb'),
  3: one('group'),
  4: one('version'),
  5: one('resource'),
  6: one('subresource'),
  7: one('name'),
};

const MICRO_TIME = 'time';

/** Every kind that kubectl, helm or our own clients send as a body. */
export const PROTOBUF_KINDS: Readonly<Record<string, ProtobufSchema>> = {
  DeleteOptions: DELETE_OPTIONS,
  Eviction: { 1: one('metadata', OBJECT_META), 2: one('deleteOptions', DELETE_OPTIONS) },
  Namespace: { 1: one('metadata', OBJECT_META) },
  ConfigMap: {
    1: one('metadata', OBJECT_META),
    2: one('data', 'map'),
    3: one('binaryData', 'bytes-map'),
    4: one('immutable', 'boolean'),
  },
  Secret: {
    1: one('metadata', OBJECT_META),
    2: one('data', 'bytes-map'),
    3: one('type'),
    4: one('stringData', 'map'),
    5: one('immutable', 'boolean'),
  },
  SelfSubjectReview: { 1: one('metadata', OBJECT_META) },
  SelfSubjectRulesReview: {
    1: one('metadata', OBJECT_META),
    2: one('spec', { 1: one('namespace') }),
  },
  SelfSubjectAccessReview: {
    1: one('metadata', OBJECT_META),
    2: one('spec', {
      1: one('resourceAttributes', RESOURCE_ATTRIBUTES),
      2: one('nonResourceAttributes', { 1: one('path'), 2: one('verb') }),
    }),
  },
  Lease: {
    1: one('metadata', OBJECT_META),
    2: one('spec', {
      1: one('holderIdentity'),
      2: one('leaseDurationSeconds', 'integer'),
      3: one('acquireTime', MICRO_TIME),
      4: one('renewTime', MICRO_TIME),
      5: one('leaseTransitions', 'integer'),
    }),
  },
  CertificateSigningRequest: {
    1: one('metadata', OBJECT_META),
    2: one('spec', CSR_SPEC),
    3: one('status', { 1: many('conditions', CSR_CONDITION), 2: one('certificate', 'base64') }),
  },
};
