import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';

/** Everything that programs under test have shown in this process, by where it was shown. */
const shown: { readonly where: string; readonly text: () => string }[] = [];

/** Keeps an output for the scan at the end of the lab. */
export const remember = (where: string, text: () => string): void =>
  void shown.push({ where, text });

/** Shorter ones are found by chance. */
const SHORTEST = 16;
const SECRET_FIELD =
  /^(client-key-data|key|token|secret|bootstraptoken|aescbcencryptionsecret|secretboxencryptionsecret|trustdinfo)$/i;

/** Keys, tokens and secrets in a YAML file, wherever they stand in it. */
function secretsIn(yaml: string): readonly string[] {
  const found: string[] = [];
  const walk = (value: unknown, name: string): void => {
    if (typeof value === 'string') {
      if (SECRET_FIELD.test(name) && value.length >= SHORTEST) found.push(value.trim());
      // A machine configuration inside of a resource.
      else if (value.includes('\nmachine:') || value.startsWith('version:'))
        found.push(...secretsIn(value));
    } else if (Array.isArray(value)) for (const each of value) walk(each, name);
    else if (typeof value === 'object' && value !== null) {
      for (const [key, each] of Object.entries(value)) walk(each, key);
    }
  };
  for (const document of parseAllDocuments(yaml)) walk(document.toJS(), '');
  return found;
}

/** As the file has it, and a line of what it says when it is base64: PEM is wrapped at 64 characters. */
const formsOf = (secret: string): readonly string[] => {
  const decoded = Buffer.from(secret, 'base64').toString('latin1');
  const lines = decoded.includes('PRIVATE KEY')
    ? decoded.split('\n').filter((line) => line.length >= SHORTEST && !line.startsWith('-----'))
    : [];
  return [secret, ...lines];
};

/** All that must never be shown of a lab: client keys, the token, and what its machine configurations hold. */
export async function secretsOf(
  dir: string,
  env: Readonly<Record<string, string>>,
): Promise<ReadonlySet<string>> {
  const files = ['talosconfig', 'kubeconfig'].map((name) => readFileSync(join(dir, name), 'utf8'));
  const token = readFileSync(join(dir, 'pve-token'), 'utf8').trim().split('=').at(-1) ?? '';
  const password = readFileSync(join(dir, 'pve-root-password'), 'utf8').trim();
  const configs = await machineConfigs(dir, env);
  return new Set(
    [token, password, ...[...files, configs].flatMap(secretsIn)]
      .flatMap(formsOf)
      .filter((s) => s.length >= SHORTEST),
  );
}

async function machineConfigs(dir: string, env: Readonly<Record<string, string>>): Promise<string> {
  try {
    const argv = ['get', 'machineconfig', '-o', 'yaml'];
    const { stdout } = await promisify(execFile)(join(dir, 'bin', 'talosctl'), argv, {
      env: { ...process.env, ...env },
      timeout: 10_000,
    });
    return stdout;
  } catch (error) {
    // A lab whose nodes are all down: what it told before counts.
    return typeof error === 'object' && error !== null && 'stdout' in error
      ? String(error.stdout)
      : '';
  }
}

/** Snapshots hold the whole database; the lab's own folder holds its keys. */
const isOutput = (path: string, labDir: string): boolean =>
  !path.startsWith(`${labDir}/`) && !path.endsWith('.db');

/** @throws Error that names every place, and never the secret. */
export function scanForSecrets(secrets: ReadonlySet<string>, home: string, labDir: string): void {
  const files = readdirSync(home, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => isOutput(path, labDir))
    .map((path) => ({ where: path, text: () => readFileSync(path, 'latin1') }));
  const leaks = [...files, ...shown].filter(({ text }) => {
    const content = text();
    return [...secrets].some((secret) => content.includes(secret));
  });
  if (leaks.length > 0) {
    throw new Error(`A secret of the lab is in: ${leaks.map(({ where }) => where).join(', ')}`);
  }
}
