import type { StepContext } from '../../src/actions/types.js';
import type { TalosClient } from '../../src/clients/types.js';
import { CommandFailed } from '../../src/model/errors.js';
import { SCHEMATIC, silence } from './builders.js';
import { eagerClock } from './eager-clock.js';
import { anEngine, aPlan } from './run-world.js';

/** One node, as its API tells it, and a shell that notes what is run. */
export class OneNode {
  bootId = 'before';
  tag = 'v1.13.9';
  schematic: string | null = SCHEMATIC;
  extensions: readonly string[] = ['iscsi-tools', 'qemu-guest-agent'];
  isSilent = false;
  output = '';
  readonly commands: string[] = [];
  /** What the next commands end with; after them all is well. */
  failures: readonly string[] = [];

  context(): StepContext {
    const { context } = anEngine(aPlan([]));
    const [read, write] = [() => this.output, (text: string) => this.commands.push(text)];
    return {
      ...context,
      clock: eagerClock(),
      talos: this.talos(),
      snapshotFiles: { ...context.snapshotFiles, text: async () => read() },
      inspect: () => Promise.reject(new Error('No step here inspects.')),
      order: () => Promise.reject(new Error('No step here orders.')),
      shell: {
        run: async (argv) => {
          const address = argv[argv.indexOf('--nodes') + 1];
          write(argv.slice(argv.indexOf('--nodes') + 2).join(' '));
          const [failure, ...rest] = this.failures;
          this.failures = rest;
          if (failure !== undefined) throw new CommandFailed(argv, 1, failure, 'Look.');
          this.output += `${address}: Exit code: 0\n${address}: upgrade completed\n`;
          return { stdout: '', stderr: '', durationMs: 1 };
        },
      },
      signal: new AbortController().signal,
      report: () => undefined,
      note: () => undefined,
    };
  }

  private talos(): TalosClient {
    const ask = <T>(answer: () => T): Promise<T> =>
      this.isSilent ? Promise.reject(silence()) : Promise.resolve(answer());
    const never = () => {
      throw new Error('No step here asks this.');
    };
    const layer = (name: string, version: string) => ({
      namespace: 'runtime',
      type: 'ExtensionStatuses.runtime.talos.dev',
      id: name,
      version: '1',
      phase: 'running' as const,
      spec: { metadata: { name, version } },
    });
    return {
      mounts: never,
      readFile: () => ask(() => `${this.bootId}\n`),
      version: () => ask(() => ({ tag: this.tag, arch: 'amd64', platform: 'nocloud' })),
      list: () =>
        ask(() => [
          ...this.extensions.map((name) => layer(name, 'v1')),
          ...(this.schematic === null ? [] : [layer('schematic', this.schematic)]),
        ]),
      watch: never,
      etcdMembers: never,
      etcdStatus: never,
      etcdAlarms: never,
      services: never,
      systemSample: never,
      time: never,
      activeEndpoint: () => null,
      close: () => undefined,
    };
  }
}
