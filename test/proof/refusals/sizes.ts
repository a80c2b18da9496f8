import type { Dialect } from '../cases.js';
import { asked, askedWith, type Condition, literally, type Trial } from './trial.js';

const size = (title: string, text: string, rest: Omit<Trial, 'title' | 'args'>): Trial => ({
  title,
  args: asked('resize-ephemeral', 'node=talos-w-01', `size=${text}`),
  ...rest,
});

/** `+10G` is what Proxmox itself would take as a growth. */
const MALFORMED = ['big', '12.5', '120T', '120M', '80%', '1e3', '0x80', '120 G B', '١٢٠'];
const SENSELESS = ['0', '0G', '-5', '+10G', '1000001', '999999999999'];

const SIZES: readonly Trial[] = [
  ...MALFORMED.map((text) =>
    size('size that is no number of GiB', text, {
      exit: 2,
      says: new RegExp(`${literally(text)} is no size`),
      next: /whole GiB/,
    }),
  ),
  ...SENSELESS.map((text) =>
    size('size of nothing, less, more of, or beyond everything', text, {
      exit: 2,
      says: new RegExp(`${literally(text)} is no size`),
      next: /GiB/,
    }),
  ),
  size('size that shrinks', '10', {
    exit: 2,
    says: /scsi0 of talos-w-01 has \d.*: 10 GiB would shrink it/,
    next: /larger/,
  }),
  size('size that it has already', '100', {
    exit: 2,
    says: /talos-w-01 has .* already/,
    next: /larger/,
  }),
  size('more than four times, not said twice', '401', {
    exit: 2,
    says: /401 GiB is more than four times the size of talos-w-01/,
    next: /smaller size, or confirm/,
  }),
  {
    title: 'size that exceeds the pool',
    args: asked('resize-ephemeral', 'node=talos-w-01', 'size=4000', 'large=yes'),
    exit: 3,
    gate: 'G-STOR',
    says: /the pool would be \d+% full/,
    next: /Free space on local-lvm/,
  },
];

interface Version {
  readonly text: string;
  readonly says: RegExp;
  readonly exit: 2 | 3;
  readonly next?: RegExp;
}

const MALFORMED_VERSIONS = ['latest', '1.13', 'v1.13.9-beta.1', 'v1.13.x', 'v1.13.9;id', 'x'];

/** What lies a minor ahead, and further. */
function versionsFor({ name, version }: Dialect): Readonly<Record<string, readonly Version[]>> {
  const minor = Number(name.slice(2));
  const skips = `v1.${minor + 2}.0`;
  const illegal = (text: string, says: RegExp, next: RegExp): Version => ({
    ...{ text, says, next },
    exit: 3,
  });
  return {
    'version that is none': MALFORMED_VERSIONS.map((text) => ({
      text,
      exit: 2,
      says: new RegExp(`${literally(text.replace(/^v(?!\d)/, ''))} is no version of Talos`),
      next: /v1\.13\.9/,
    })),
    'version that skips a minor': [
      illegal(skips, /more than one minor version/, /one minor version at a time/),
      illegal('v2.0.0', /more than one minor version|2\.0/, /./),
    ],
    'version that does not exist': [
      illegal(`v1.${minor}.77`, new RegExp(`no Talos v1\\.${minor}\\.77`), /Choose one of/),
      illegal(`v1.${minor + 1}.77`, new RegExp(`no Talos v1\\.${minor + 1}\\.77`), /Choose one of/),
    ],
    'version that goes back': [
      illegal(`v1.${minor - 1}.6`, new RegExp(`older than ${literally(version)}`), /rollback-node/),
      ...(version.endsWith('.0')
        ? []
        : [
            illegal(
              `v1.${minor}.0`,
              new RegExp(`older than ${literally(version)}`),
              /rollback-node/,
            ),
          ]),
    ],
    'version that runs already': [
      illegal(version, new RegExp(`talos-w-01 runs ${literally(version)}`), /nothing to do/),
    ],
  };
}

const upgrades = (dialect: Dialect): readonly Trial[] =>
  Object.entries(versionsFor(dialect)).flatMap(([title, versions]) =>
    versions.map(
      ({ text, says, exit, next }): Trial => ({
        ...{ title, exit, says },
        args: askedWith(dialect, 'upgrade-talos', `version=${text}`),
        ...(next === undefined ? {} : { next }),
        ...(exit === 3 && !title.endsWith('already') ? { gate: 'G-PATH' } : {}),
      }),
    ),
  );

const rollbacks = (dialect: Dialect): readonly Trial[] => [
  ...['latest', 'v1.12', 'v1.12.3;id'].map(
    (to): Trial => ({
      title: 'version that is none',
      args: askedWith(dialect, 'rollback-node', `to=${to}`),
      exit: 2,
      says: new RegExp(`${literally(to)} is no Talos version`),
      next: /v1\.12\.6/,
    }),
  ),
  {
    title: 'version that runs already',
    args: askedWith(dialect, 'rollback-node', `to=${dialect.version}`),
    exit: 2,
    says: new RegExp(`talos-w-01 runs ${literally(dialect.version)} already`),
  },
  {
    title: 'rollback over a change of etcd',
    args: askedWith(dialect, 'rollback-node', 'node=talos-cp-02', 'to=v1.10.9'),
    exit: 3,
    gate: 'G-ETCD',
    says: /v1\.10\.9 runs etcd 3\.5/,
    next: /forward/,
  },
];

export const SIZES_AND_VERSIONS: Condition = {
  name: 'a size or a version that cannot be',
  trials: (dialect) => [...SIZES, ...upgrades(dialect), ...rollbacks(dialect)],
};
