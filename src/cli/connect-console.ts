import { actions } from '../actions/index.js';
import type { StartChoice } from '../hooks/wiring.js';
import type { Connection } from '../model/connection.js';
import { OperatorError } from '../model/errors.js';
import { attachCluster } from './attach.js';
import type { Attached } from './attached.js';
import {
  type Chosen,
  chooseConnection,
  type Found,
  findConnections,
  pickConnection,
} from './choose-connection.js';
import { type Demo, startDemo } from './demo.js';
import { directories } from './directories.js';
import { DEFAULT_SCENARIO, type Options } from './options.js';
import type { LateWiring } from './wiring.js';

export interface ConsoleConnection {
  readonly close: () => Promise<void>;
}

/** Finds the cluster, or shows what can be chosen, and puts it behind the painted screen. */
export function connectConsole(
  late: LateWiring,
  options: Options,
  env: NodeJS.ProcessEnv,
): ConsoleConnection {
  let attached: Attached | null = null;
  let demo: Demo | null = null;
  const opened: Promise<void>[] = [];

  const say = (text: string): void => late.session.update(() => ({ state: 'connecting', text }));
  const attempt = (work: () => Promise<void>): void => {
    opened.push(work().catch((error: unknown) => fail(late, error)));
  };
  const attach = async ({ connection, found }: Chosen, dirs: Options): Promise<void> => {
    say(`Connecting to ${connection.name}…`);
    attached = await attachCluster(connection, {
      ...directories(dirs, env),
      isReadOnly: options.isReadOnly,
      env,
      broken: found.broken,
    });
    late.attach(attached, actions);
  };
  const openDemo = async (scenario: string): Promise<void> => {
    say('Starting the lab…');
    demo = await startDemo(scenario);
    // From here on the lab is reached exactly as a real cluster is: through files and variables.
    Object.assign(env, demo.env);
    const dirs = inDemo(options, demo);
    await attach(await chooseConnection({ options: dirs, env }), dirs);
  };
  const open = async (): Promise<void> => {
    if (options.demo !== null) return openDemo(options.demo);
    const found = await findConnections({ options, env });
    const picked = pickConnection(found, options.cluster);
    if (picked !== null) return attach({ connection: picked, found }, options);
    late.session.update(() => ({
      state: 'choosing',
      choices: [
        ...found.connections.map((connection) =>
          clusterChoice(connection, () => attempt(() => attach({ connection, found }, options))),
        ),
        ...otherChoices(directories(options, env).configDir, found, () =>
          attempt(() => openDemo(DEFAULT_SCENARIO)),
        ),
      ],
      problems: found.problems,
    }));
  };

  attempt(open);
  return {
    async close() {
      // What is still being opened must be known before it can be closed.
      await Promise.allSettled(opened);
      await attached?.close();
      await demo?.stop();
    },
  };
}

const inDemo = (options: Options, demo: Demo): Options => ({
  ...options,
  configDir: options.configDir ?? demo.configDir,
  stateDir: options.stateDir ?? demo.stateDir,
});

function fail(late: LateWiring, error: unknown): void {
  // A bug goes to the crash screen of the console.
  if (!(error instanceof OperatorError)) throw error;
  late.session.update(() => ({ state: 'failed', message: error.message, hint: error.hint }));
}

function clusterChoice(connection: Connection, choose: () => void): StartChoice {
  return {
    id: `cluster:${connection.name}`,
    label: connection.name,
    detail: `from ${connection.origin}${connection.isProduction ? ' · production' : ''}`,
    choose,
  };
}

function otherChoices(configDir: string, found: Found, tryLab: () => void): readonly StartChoice[] {
  return [
    {
      id: 'lab',
      label: 'Try the lab',
      detail: 'a simulated Proxmox, Talos and Kubernetes on this machine; nothing real is touched',
      choose: tryLab,
    },
    {
      id: 'files',
      label: found.connections.length === 0 ? 'Point to your files' : 'Another cluster',
      detail: `start again with TALOSCONFIG and KUBECONFIG set, or write ${configDir}/clusters/NAME.yaml`,
      choose: null,
    },
    {
      id: 'deploy',
      label: 'Deploy a new cluster',
      detail: 'not available in this version',
      choose: null,
    },
  ];
}
