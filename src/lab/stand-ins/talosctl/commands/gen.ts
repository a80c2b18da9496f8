import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { encodeConfig } from '../../../talos/config/encode.js';
import { type Arguments, isOn, listOf } from '../arguments.js';
import { CLIENT_MINOR, CLIENT_VERSION } from '../client-version.js';
import { applyPatches, type ConfigPatch, loadPatches, normalConfig } from '../config-patch.js';
import { CommandError, manyErrors, prefixedError } from '../errors.js';
import { checkClusterEndpoint } from '../generating/cluster-endpoint.js';
import type { ConfigWish, Role } from '../generating/config-wish.js';
import { contractMinor } from '../generating/contract.js';
import { generatedConfig } from '../generating/machine-config.js';
import { newSecrets, readSecrets, type SecretsBundle, secretsText } from '../generating/secrets.js';
import { secretsOfConfig } from '../generating/secrets-of-config.js';
import { generatedTalosconfig } from '../generating/talosconfig.js';
import { type Call, type Command, expectOperands, print } from './command.js';

const STDOUT = '-';
const TYPES = ['controlplane', 'worker', 'talosconfig'] as const;
type OutputType = (typeof TYPES)[number];

/** The installer without extensions. */
const EMPTY_SCHEMATIC = '376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba';

/** talos@1.11–1.14 constants.DefaultKubernetesVersion, of the releases that the lab knows. */
const KUBERNETES_VERSIONS: Readonly<Record<number, string>> = {
  11: '1.34.1',
  12: '1.35.2',
  13: '1.36.3',
  14: '1.37.0',
};

const textOf = ({ flags }: Arguments, name: string, unlessTold = ''): string =>
  flags.get(name) ?? unlessTold;

/** @throws CommandError when there is one, and `--force` was not given. */
function checkFree(args: Arguments, path: string): void {
  if (isOn(args, 'force') || !existsSync(path)) return;
  throw new CommandError(`file ${JSON.stringify(path)} already exists, use --force to overwrite`);
}

async function genSecrets({ args, operands }: Call): Promise<void> {
  const [extra] = operands;
  if (extra !== undefined) {
    throw new CommandError(`unknown command ${JSON.stringify(extra)} for "talosctl gen secrets"`);
  }
  contractMinor(textOf(args, 'talos-version'));
  const source = textOf(args, 'from-controlplane-config');
  const text = secretsText(source === '' ? newSecrets(Date.now()) : secretsOfConfig(source));
  const path = textOf(args, 'output-file', 'secrets.yaml');
  if (path === STDOUT) {
    print(text);
    return;
  }
  checkFree(args, path);
  writeFileSync(path, text, { mode: 0o600 });
}

async function genConfig({ args, operands }: Call): Promise<void> {
  expectOperands(operands, 2);
  const [clusterName = '', endpoint = ''] = operands;
  checkClusterEndpoint(endpoint);
  const types = outputTypes(args);
  const mirrors = mirrorsOf(args);
  const minor = contractMinor(textOf(args, 'talos-version'));
  const given = textOf(args, 'with-secrets');
  const known = given === '' ? null : readSecrets(given);
  const patches = patchesOf(args);
  process.stderr.write('generating PKI and tokens\n');
  const secrets = known ?? newSecrets(Date.now());
  const wish = { ...wishOf(args, secrets), mirrors, minor, clusterName, endpoint };
  if (wish.kubernetesVersion === '') {
    throw failedBundle('kubernetes version must be specified');
  }
  const configs = {
    controlplane: configOf(wish, 'controlplane', patches),
    worker: configOf(wish, 'worker', patches),
    talosconfig: generatedTalosconfig(clusterName, secrets, Date.now()),
  };
  for (const type of TYPES.filter((each) => types.includes(each))) {
    write(args, destination(args, types, type), configs[type]);
  }
}

const failedBundle = (reason: string): CommandError =>
  new CommandError(`failed to generate config bundle: ${reason}`);

type Patches = Readonly<Record<keyof typeof PATCH_FLAGS, readonly ConfigPatch[]>>;

const PURPOSE: Readonly<Record<keyof typeof PATCH_FLAGS, string>> = {
  all: 'error patching configs',
  controlplane: 'error patching control plane configs',
  worker: 'error patching worker config',
};

/** @throws CommandError. */
function configOf(wish: ConfigWish, role: Role, patches: Patches): string {
  const text = encodeConfig(generatedConfig(wish, role), CLIENT_MINOR);
  return patched(patched(text, 'all', patches), role, patches);
}

function patched(text: string, which: keyof typeof PATCH_FLAGS, patches: Patches): string {
  const own = patches[which];
  try {
    const result = applyPatches(text, own);
    // Talos reads a configuration anew that was JSON meanwhile.
    return own.at(-1)?.kind === 'json' ? normalConfig(result) : result;
  } catch (error) {
    throw prefixedError(`failed to generate config bundle: ${PURPOSE[which]}`, error);
  }
}

/** @throws CommandError for a type that is none. */
function outputTypes(args: Arguments): readonly OutputType[] {
  const given = args.flags.get('output-types');
  const types = given === undefined ? TYPES : listOf(given);
  const wrong = types.filter((type) => !TYPES.includes(type as OutputType));
  if (types.length === 0) throw new CommandError('at least one output type must be specified');
  if (types.length > 1 && textOf(args, 'output') === STDOUT) {
    throw new CommandError("can't use multiple output types with stdout");
  }
  if (wrong.length > 0) {
    const errors = wrong.map((type) => `invalid output type: ${JSON.stringify(type)}`);
    throw new CommandError(manyErrors(errors));
  }
  return types as readonly OutputType[];
}

/** @throws CommandError for one without its address. */
function mirrorsOf(args: Arguments): ConfigWish['mirrors'] {
  return listOf(args.flags.get('registry-mirror')).map((spec) => {
    const [registry = '', ...url] = spec.split('=');
    if (url.length === 0) {
      throw new CommandError(`invalid registry mirror spec: ${JSON.stringify(spec)}`);
    }
    return [registry, url.join('=')] as const;
  });
}

const PATCH_FLAGS = {
  all: 'config-patch',
  controlplane: 'config-patch-control-plane',
  worker: 'config-patch-worker',
} as const;

/** @throws CommandError when one of them cannot be read. */
function patchesOf({ flags }: Arguments): Patches {
  const load = (name: string): readonly ConfigPatch[] => {
    const given = flags.get(name);
    return given === undefined ? [] : loadPatches(given.split('\u0000'));
  };
  try {
    return {
      all: load(PATCH_FLAGS.all),
      controlplane: load(PATCH_FLAGS.controlplane),
      worker: load(PATCH_FLAGS.worker),
    };
  } catch (error) {
    throw prefixedError('error parsing config JSON patch', error);
  }
}

/** From 1.14 on there is no installer outside the factory. */
const defaultInstaller = (): string =>
  CLIENT_MINOR >= 14
    ? `factory.talos.dev/metal-installer/${EMPTY_SCHEMATIC}:${CLIENT_VERSION}`
    : `ghcr.io/siderolabs/installer:${CLIENT_VERSION}`;

const wishOf = (args: Arguments, secrets: SecretsBundle) => ({
  kubernetesVersion: textOf(
    args,
    'kubernetes-version',
    KUBERNETES_VERSIONS[CLIENT_MINOR] ?? '',
  ).replace(/^v/, ''),
  installDisk: textOf(args, 'install-disk', '/dev/sda'),
  installImage: textOf(args, 'install-image', defaultInstaller()),
  additionalSans: listOf(args.flags.get('additional-sans')),
  dnsDomain: textOf(args, 'dns-domain', 'cluster.local'),
  hasDiscovery: isOn(args, 'with-cluster-discovery', true),
  hasKubeSpan: isOn(args, 'with-kubespan'),
  secrets,
});

/** One type alone goes to the very file that is named. */
function destination(args: Arguments, types: readonly OutputType[], type: OutputType): string {
  const output = textOf(args, 'output');
  if (output !== '' && (types.length === 1 || output === STDOUT)) return output;
  const name = type === 'talosconfig' ? type : `${type}.yaml`;
  return join(output === '' ? process.cwd() : output, name);
}

function write(args: Arguments, path: string, text: string): void {
  if (path === STDOUT) {
    print(text);
    return;
  }
  checkFree(args, path);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode: 0o644 });
  process.stderr.write(`Created ${path}\n`);
}

const FORCE = { force: 'switch' } as const;

export const GEN_COMMANDS: readonly Command[] = [
  {
    names: ['gen', 'secrets'],
    usage: 'gen secrets [flags]',
    flags: {
      flags: {
        ...FORCE,
        'output-file': 'value',
        'talos-version': 'value',
        'from-controlplane-config': 'value',
      },
      shorts: { f: 'force', o: 'output-file' },
    },
    run: genSecrets,
  },
  {
    names: ['gen', 'config'],
    usage: 'gen config <cluster name> <cluster endpoint> [flags]',
    flags: {
      flags: {
        ...FORCE,
        'additional-sans': 'value',
        'config-patch': 'values',
        'config-patch-control-plane': 'values',
        'config-patch-worker': 'values',
        'dns-domain': 'value',
        'install-disk': 'value',
        'install-image': 'value',
        'kubernetes-version': 'value',
        output: 'value',
        'output-types': 'value',
        'registry-mirror': 'value',
        'talos-version': 'value',
        'with-cluster-discovery': 'switch',
        'with-docs': 'switch',
        'with-examples': 'switch',
        'with-kubespan': 'switch',
        'with-secrets': 'value',
      },
      shorts: { f: 'force', o: 'output', t: 'output-types' },
    },
    run: genConfig,
  },
];
