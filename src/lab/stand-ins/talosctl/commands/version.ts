import { CLIENT_VERSION } from '../client-version.js';
import { readInsecureTarget, readTarget } from '../config.js';
import { VERSION_RESPONSE } from '../messages.js';
import type { MessageOf } from '../protobuf.js';
import { type Call, type Command, print, withClient } from './command.js';

type VersionMessage = MessageOf<typeof VERSION_RESPONSE>['messages'][number];

const SHA = '4f8b9d2e';
const GO_VERSION = 'go1.25.7';

const versionLines = (version: NonNullable<VersionMessage['version']>): string =>
  `\tTag:         ${version.tag}
\tSHA:         ${version.sha}
\tBuilt:       ${version.built}
\tGo version:  ${version.goVersion}
\tOS/Arch:     ${version.os}/${version.arch}
`;

const clientText = (isShort: boolean): string =>
  isShort
    ? `Talos ${CLIENT_VERSION}\n`
    : versionLines({
        tag: CLIENT_VERSION,
        sha: SHA,
        built: '',
        goVersion: GO_VERSION,
        os: 'linux',
        arch: 'amd64',
      });

/** protojson leaves empty fields out. */
const withoutEmpty = (fields: object): object =>
  Object.fromEntries(
    Object.entries(fields).filter(
      ([, value]) => value !== '' && value !== false && value !== null && value !== 0,
    ),
  );

function jsonLine({ metadata, version, platform, features }: VersionMessage): string {
  const document = {
    ...(metadata === null ? {} : { metadata: { hostname: metadata.hostname } }),
    ...(version === null ? {} : { version: withoutEmpty(version) }),
    ...(platform === null ? {} : { platform: withoutEmpty(platform) }),
    ...(features === null ? {} : { features: withoutEmpty(features) }),
  };
  return `${JSON.stringify(document)}\n`;
}

async function run(call: Call): Promise<void> {
  const { args } = call;
  const isJson = args.flags.get('json') === 'true';
  const isInsecure = args.flags.get('insecure') === 'true';
  if (!isJson) print(`Client:\n${clientText(args.flags.get('short') === 'true')}`);
  // With --json the server is asked in any case (talos.md §3.1).
  if (args.flags.get('client') === 'true' && !isJson) return;
  if (!isJson) print('Server:\n');
  await withClient(
    call,
    async (client) => {
      const answers = await client.ask(
        'Version',
        VERSION_RESPONSE,
        Buffer.alloc(0),
        'error getting version',
        'error getting version from node',
      );
      for (const answer of answers) print(isJson ? jsonLine(answer) : serverText(answer));
    },
    isInsecure ? readInsecureTarget(args) : readTarget(args),
  );
}

function serverText(answer: VersionMessage & { readonly node: string }): string {
  const lines = answer.version === null ? '' : versionLines(answer.version);
  return `\tNODE:        ${answer.node}\n${lines}\tEnabled:     ${answer.features?.rbac ? 'RBAC' : ''}\n`;
}

export const VERSION: Command = {
  names: ['version'],
  usage: 'version [flags]',
  flags: {
    flags: { client: 'switch', short: 'switch', json: 'switch', insecure: 'switch' },
    shorts: { i: 'insecure' },
  },
  run,
};
