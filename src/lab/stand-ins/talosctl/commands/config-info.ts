import { X509Certificate } from 'node:crypto';
import { readContext } from '../config.js';
import { CommandError } from '../errors.js';
import { relativeTime } from '../relative-time.js';
import { type Call, type Command, print } from './command.js';

async function run({ args }: Call): Promise<void> {
  const context = readContext(args);
  const certificate = context.crt === null ? null : new X509Certificate(context.crt);
  const info = {
    context: context.name,
    nodes: context.nodes,
    endpoints: context.endpoints,
    roles: certificate === null ? [] : organizationsOf(certificate),
    ...(certificate === null
      ? {}
      : {
          certTTL: relativeTime((Date.parse(certificate.validTo) - Date.now()) / 1000),
          certNotAfter: new Date(certificate.validTo).toISOString().slice(0, 10),
        }),
  };
  const output = args.flags.get('output') ?? 'text';
  if (output === 'json') print(`${JSON.stringify(asGo(info, context.listed), null, 2)}\n`);
  else if (output === 'text') print(text(info));
  else throw new CommandError(`unknown output format: "${output}"`);
}

const organizationsOf = (certificate: X509Certificate): readonly string[] =>
  certificate.subject.split('\n').flatMap((line) => (line.startsWith('O=') ? [line.slice(2)] : []));

interface Info {
  readonly context: string;
  readonly nodes: readonly string[];
  readonly endpoints: readonly string[];
  readonly roles: readonly string[];
  readonly certTTL?: string;
  readonly certNotAfter?: string;
}

/** Go's encoder: a list that was never made is null, a text that was never set is empty. */
const asGo = (info: Info, listed: readonly string[]) => ({
  context: info.context,
  nodes: listed.includes('nodes') ? info.nodes : null,
  endpoints: listed.includes('endpoints') ? info.endpoints : null,
  roles: info.roles.length === 0 ? null : info.roles,
  certTTL: info.certTTL ?? '',
  certNotAfter: info.certNotAfter ?? '',
});

const orNothing = (values: readonly string[]): string =>
  values.length === 0 ? 'not defined' : values.join(', ');

const text = (info: Info): string => `Current context:     ${info.context}
Nodes:               ${orNothing(info.nodes)}
Endpoints:           ${orNothing(info.endpoints)}
${info.roles.length === 0 ? '' : `Roles:               ${info.roles.join(', ')}\n`}${expiryLine(info)}`;

const expiryLine = ({ certTTL, certNotAfter }: Info): string =>
  certTTL === undefined ? '' : `Certificate expires: ${certTTL} (${certNotAfter})\n`;

export const CONFIG_INFO: Command = {
  names: ['config', 'info'],
  usage: 'config info [flags]',
  flags: { flags: { output: 'value' }, shorts: { o: 'output' } },
  run,
};
