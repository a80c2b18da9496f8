export interface FlagSpec {
  readonly short?: string;
  readonly takesValue: boolean;
  /** What it means without a value: `true` unless told. */
  readonly bare?: string;
}

export type FlagSpecs = Readonly<Record<string, FlagSpec>>;

const value = (short?: string): FlagSpec => ({
  takesValue: true,
  ...(short === undefined ? {} : { short }),
});
const toggle = (short?: string): FlagSpec => ({
  takesValue: false,
  ...(short === undefined ? {} : { short }),
});

export const GLOBAL: FlagSpecs = {
  kubeconfig: value(),
  context: value(),
  namespace: value('n'),
  server: value('s'),
  'request-timeout': value(),
  'cache-dir': value(),
  'warnings-as-errors': toggle(),
  v: value('v'),
};

const OUTPUT: FlagSpecs = { output: value('o') };
const CHANGING: FlagSpecs = {
  'dry-run': { takesValue: false, bare: 'unchanged' },
  'field-manager': value(),
};
const SELECTION: FlagSpecs = {
  all: toggle(),
  'all-namespaces': toggle('A'),
  'field-selector': value(),
  selector: value('l'),
};
const MANIFESTS: FlagSpecs = {
  ...OUTPUT,
  ...CHANGING,
  filename: value('f'),
  raw: value(),
  validate: { takesValue: false, bare: 'strict' },
};
const SCHEDULING: FlagSpecs = {
  'dry-run': { takesValue: false, bare: 'unchanged' },
  selector: value('l'),
};
const MARKS: FlagSpecs = {
  ...OUTPUT,
  ...CHANGING,
  ...SELECTION,
  list: toggle(),
  overwrite: toggle(),
  'resource-version': value(),
};

/** Flags of the commands that this stand-in knows. */
export const COMMANDS: Readonly<Record<string, FlagSpecs>> = {
  annotate: MARKS,
  auth: {
    ...OUTPUT,
    'all-namespaces': toggle('A'),
    quiet: toggle('q'),
    subresource: value(),
  },
  certificate: { filename: value('f'), force: toggle() },
  cordon: SCHEDULING,
  create: MANIFESTS,
  delete: {
    ...OUTPUT,
    ...SELECTION,
    cascade: { takesValue: false, bare: 'background' },
    'dry-run': { takesValue: false, bare: 'unchanged' },
    filename: value('f'),
    force: toggle(),
    'grace-period': value(),
    'ignore-not-found': toggle(),
    now: toggle(),
    raw: value(),
    timeout: value(),
    wait: toggle(),
  },
  drain: {
    ...SCHEDULING,
    'chunk-size': value(),
    'delete-emptydir-data': toggle(),
    'disable-eviction': toggle(),
    force: toggle(),
    'grace-period': value(),
    'ignore-daemonsets': toggle(),
    'pod-selector': value(),
    'skip-wait-for-delete-timeout': value(),
    timeout: value(),
  },
  get: {
    ...OUTPUT,
    'all-namespaces': toggle('A'),
    'field-selector': value(),
    'ignore-not-found': toggle(),
    'no-headers': toggle(),
    raw: value(),
    selector: value('l'),
  },
  label: MARKS,
  patch: { ...OUTPUT, ...CHANGING, patch: value('p'), subresource: value(), type: value() },
  proxy: {
    'accept-hosts': value(),
    'accept-paths': value(),
    'reject-methods': value(),
    'reject-paths': value(),
    'unix-socket': value('u'),
  },
  replace: MANIFESTS,
  uncordon: SCHEDULING,
  version: { client: toggle(), output: value('o') },
  wait: { ...OUTPUT, ...SELECTION, for: value(), timeout: value() },
};
