import type { Document } from '../../world/talos-settings.js';
import { DISK_SCOPE, type ExpressionScope, expressionError, LINK_SCOPE } from './expression.js';
import { at, isAddress, isPrefix, isSet, listAt, textAt } from './reading.js';

type Check = (document: Document, minor: number) => readonly string[];

const nameMust = (document: Document): readonly string[] =>
  textAt(document, 'name') === '' ? ['name must be specified'] : [];

function selector(
  document: Document,
  path: string,
  scope: ExpressionScope,
  word: string,
  isRequired: boolean,
): readonly string[] {
  const text = textAt(document, path);
  if (text === '') return isRequired ? [`${word} is required`] : [];
  const error = expressionError(text, scope);
  return error === null ? [] : [`${word} is invalid: ${error}`];
}

function hostname(document: Document): readonly string[] {
  const name = textAt(document, 'hostname');
  const auto = textAt(document, 'auto');
  const [first = ''] = name.split('.');
  return [
    ...((auto === 'off' || auto === '') && name === ''
      ? ["either 'auto' or 'hostname' must be set"]
      : []),
    ...(auto !== 'off' && auto !== '' && name !== ''
      ? ["'auto' and 'hostname' cannot be set at the same time"]
      : []),
    ...(['', 'off', 'stable'].includes(auto) ? [] : [`invalid value for 'auto': ${auto}`]),
    ...(name.length > 253 ? [`fqdn is too long: ${name.length}`] : []),
    ...(name !== '' && (first === '' || first.length > 63) ? [`invalid hostname "${first}"`] : []),
  ];
}

function virtualAddress(document: Document): readonly string[] {
  const name = textAt(document, 'name');
  return [
    ...nameMust(document),
    ...(name !== '' && !isAddress(name)
      ? [`name must be a valid IP address: ParseAddr("${name}"): unable to parse IP`]
      : []),
    ...(textAt(document, 'link') === '' ? ['link must be specified'] : []),
  ];
}

const link: Check = (document) => [
  ...nameMust(document),
  ...listAt(document, 'addresses')
    .map((address, index) => ({ text: textAt(address, 'address'), index }))
    .filter(({ text }) => !isPrefix(text))
    .map(({ index }) => `address ${index} must be specified`),
];

function vlan(document: Document, minor: number): readonly string[] {
  const id = Number(at(document, 'vlanID') ?? 0);
  return [
    ...nameMust(document),
    ...(id < 1 || id > 4094 ? ['vlanID must be specified and between 1 and 4094'] : []),
    ...(textAt(document, 'parent') === '' ? ['parent must be specified'] : []),
    ...link(document, minor).filter((error) => error.startsWith('address ')),
  ];
}

const SYSTEM_VOLUMES = ['STATE', 'EPHEMERAL', 'IMAGECACHE'];

function volume(document: Document): readonly string[] {
  const name = textAt(document, 'name');
  if (!SYSTEM_VOLUMES.includes(name)) {
    return ['only ["STATE" "EPHEMERAL" "IMAGECACHE"] volumes are supported'];
  }
  const isState = name === 'STATE' && isSet(at(document, 'provisioning'));
  return [
    ...(isState ? ['provisioning config is not allowed for the "STATE" volume'] : []),
    ...selector(document, 'provisioning.diskSelector.match', DISK_SCOPE, 'disk selector', false),
  ];
}

function userVolume(document: Document): readonly string[] {
  const name = textAt(document, 'name');
  const type = textAt(document, 'volumeType') || 'partition';
  const hasSize =
    isSet(at(document, 'provisioning.minSize')) || isSet(at(document, 'provisioning.maxSize'));
  return [
    ...(name === '' ? ['name is required'] : []),
    ...(name.length < 1 || name.length > 34
      ? ['name must be between 1 and 34 characters long']
      : []),
    ...(/^[a-zA-Z\d-]*$/.test(name)
      ? []
      : ['name can only contain lowercase and uppercase ASCII letters, digits, and hyphens']),
    ...(type === 'directory'
      ? []
      : selector(document, 'provisioning.diskSelector.match', DISK_SCOPE, 'disk selector', true)),
    ...(type === 'partition' && !hasSize ? ['min size or max size is required'] : []),
  ];
}

/** The first thing that is wrong: the others are looked at afterwards. */
function extensionService(document: Document): readonly string[] {
  const name = textAt(document, 'name');
  const files = listAt(document, 'configFiles');
  if (name === '') return ['name is required'];
  if (files.length === 0 && listAt(document, 'environment').length === 0) {
    return [`no config files found for extension "${name}"`];
  }
  if (files.some((file) => textAt(file, 'content') === '')) {
    return [`extension content is required for extension "${name}"`];
  }
  return files.some((file) => textAt(file, 'mountPath') === '')
    ? [`extension mount path is required for extension "${name}"`]
    : [];
}

const CHECKS: Readonly<Record<string, Check>> = {
  HostnameConfig: hostname,
  Layer2VIPConfig: virtualAddress,
  LinkAliasConfig: (document) => [
    ...nameMust(document),
    ...selector(document, 'selector.match', LINK_SCOPE, 'link selector', true),
  ],
  LinkConfig: link,
  DHCPv4Config: nameMust,
  DHCPv6Config: nameMust,
  VLANConfig: vlan,
  StaticHostConfig: (document) => [
    ...(isAddress(textAt(document, 'name')) ? [] : ['name must be a valid IP address']),
    ...(listAt(document, 'hostnames').length === 0 ? ['at least one hostname is required'] : []),
  ],
  TimeSyncConfig: (document) =>
    isSet(at(document, 'ntp')) && isSet(at(document, 'ptp'))
      ? ['only one of ntp or ptp configuration can be specified']
      : [],
  VolumeConfig: volume,
  UserVolumeConfig: userVolume,
  ExtensionServiceConfig: extensionService,
  UnattendedInstallConfig: (document) =>
    textAt(document, 'provisioning.diskSelector.match') === ''
      ? ['provisioning.diskSelector.match is required']
      : selector(
          document,
          'provisioning.diskSelector.match',
          DISK_SCOPE,
          'provisioning.diskSelector.match',
          true,
        ).map((error) => error.replace(' is invalid:', ':')),
};

/** `VolumeConfig/EPHEMERAL`; a kind of which a node has one carries no name. */
const idOf = (document: Document): string => {
  const kind = textAt(document, 'kind');
  return 'name' in document || kind === 'LinkAliasConfig'
    ? `${kind}/${textAt(document, 'name')}`
    : kind;
};

/** errors.Join: one line each. */
export function documentErrors(documents: readonly Document[], minor: number): readonly string[] {
  return documents.flatMap((document) => {
    const errors = CHECKS[textAt(document, 'kind')]?.(document, minor) ?? [];
    return errors.length === 0 ? [] : [`${idOf(document)}: ${errors.join('\n')}`];
  });
}

/** talos@1.12 V1Alpha1ConflictValidate: what both the old section and a document say. */
export function conflicts(main: Document, documents: readonly Document[]): readonly string[] {
  return documents.flatMap((document) => {
    switch (textAt(document, 'kind')) {
      case 'HostnameConfig':
        return hostnameConflicts(main);
      case 'ResolverConfig':
        return isSet(at(main, 'machine.network.nameservers'))
          ? ['.machine.network.nameservers is already set in v1alpha1 config']
          : [];
      case 'TimeSyncConfig':
        return listAt(main, 'machine.time.servers').length > 0
          ? ['time servers cannot be specified in both v1alpha1 and new-style configuration']
          : [];
      case 'UnattendedInstallConfig':
        return isSet(at(main, 'machine.install'))
          ? [
              'UnattendedInstallConfig config is incompatible with v1alpha1 config (.machine.install)',
            ]
          : [];
      default:
        return [];
    }
  });
}

function hostnameConflicts(main: Document): readonly string[] {
  if (textAt(main, 'machine.network.hostname') !== '') {
    return ['static hostname is already set in v1alpha1 config'];
  }
  return at(main, 'machine.features.stableHostname') === true
    ? ['stable hostname is already set in v1alpha1 config']
    : [];
}
