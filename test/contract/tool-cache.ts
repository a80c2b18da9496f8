import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

export type ProgramName = 'talosctl' | 'kubectl' | 'helm';

/** One pinned program: a Go module in `tools/`, and where its built form lies. */
export interface RealTool {
  readonly program: ProgramName;
  /** `1.12.6` */
  readonly version: string;
  readonly moduleDir: string;
  /** What `go build` is given: the package and the `-X` lines that make `version` tell the truth. */
  readonly goPackage: string;
  readonly linkerVariables: Readonly<Record<string, string>>;
  readonly binary: string;
  readonly isBuilt: boolean;
}

const MODULES = join(import.meta.dirname, 'tools');
const SOURCES = ['go.mod', 'go.sum', 'main.go'];

/** All pinned programs, by name and version. */
export function realTools(env: NodeJS.ProcessEnv = process.env): readonly RealTool[] {
  return readdirSync(MODULES)
    .map((folder) => /^(talosctl|kubectl|helm)-(\d+\.\d+\.\d+)$/.exec(folder))
    .filter((match) => match !== null)
    .map(([folder = '', program = '', version = '']) =>
      toolOf(folder, program as ProgramName, version, env),
    )
    .sort((a, b) => order(a).localeCompare(order(b), 'en', { numeric: true }));
}

const order = ({ program, version }: RealTool): string => `${program} ${version}`;

function toolOf(
  folder: string,
  program: ProgramName,
  version: string,
  env: NodeJS.ProcessEnv,
): RealTool {
  const moduleDir = join(MODULES, folder);
  const hasMain = existsSync(join(moduleDir, 'main.go'));
  const goPackage = hasMain ? '.' : packageOf(program, version);
  const recipe = { goPackage, ...variablesOf(program, version) };
  const binary = join(
    cacheDirectory(env),
    `${folder}-${hashOf(moduleDir, JSON.stringify(recipe))}`,
    program,
  );
  return { program, version, moduleDir, ...recipe, binary, isBuilt: existsSync(binary) };
}

/** Outside the work tree: it survives a fresh clone. */
export function cacheDirectory(env: NodeJS.ProcessEnv): string {
  if (env.TALOS_TUI_TOOLS) return env.TALOS_TUI_TOOLS;
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'talos-tui', 'tools');
}

/** Changes when the module or the way to build it does. */
function hashOf(moduleDir: string, recipe: string): string {
  const hash = createHash('sha256').update(recipe);
  for (const name of SOURCES) {
    const path = join(moduleDir, name);
    if (existsSync(path)) hash.update(`\n${name}\n`).update(readFileSync(path));
  }
  return hash.digest('hex').slice(0, 12);
}

const majorOf = (version: string): string => version.split('.')[0] ?? '';
const minorOf = (version: string): string => version.split('.')[1] ?? '';

function packageOf(program: ProgramName, version: string): string {
  switch (program) {
    case 'talosctl':
      return 'github.com/siderolabs/talos/cmd/talosctl';
    case 'kubectl':
      return '.';
    case 'helm':
      return `helm.sh/helm/v${majorOf(version)}/cmd/helm`;
  }
}

function variablesOf(
  program: ProgramName,
  version: string,
): { readonly linkerVariables: Readonly<Record<string, string>> } {
  switch (program) {
    case 'talosctl':
      // Its tag is a file within the published module.
      return { linkerVariables: {} };
    case 'kubectl':
      return {
        linkerVariables: {
          'k8s.io/component-base/version.gitVersion': `v${version}`,
          'k8s.io/component-base/version.gitMajor': majorOf(version),
          'k8s.io/component-base/version.gitMinor': minorOf(version),
        },
      };
    case 'helm':
      return {
        linkerVariables: {
          [`helm.sh/helm/v${majorOf(version)}/internal/version.version`]: `v${version}`,
        },
      };
  }
}
