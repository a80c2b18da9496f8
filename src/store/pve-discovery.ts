import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { shapeProblem } from '../clients/shape-words.js';
import type { ProxmoxConnection } from '../model/connection.js';
import { ConfigurationError } from '../model/errors.js';
import { type ProxmoxEntry, proxmoxVariableShape } from './file-shapes.js';
import { expandPath } from './paths.js';

/** Of pmxcfs: there on every Proxmox VE host. pveproxy's own certificate is signed by it. */
const LOCAL_CA = 'etc/pve/pve-root-ca.pem';
const LOCAL_URL = 'https://127.0.0.1:8006';
export const TOKEN_FILE = 'pve-token';

export interface ProxmoxPlaces {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly homeDir: string;
  readonly configDir: string;
  /** `/` except in tests. */
  readonly rootDir: string;
}

/**
 * TALOS_TUI_PVE (JSON, or the path of a JSON file), else the settings, else the Proxmox VE that we run on.
 * @throws ConfigurationError
 */
export async function findProxmox(
  places: ProxmoxPlaces,
  fromSettings: ProxmoxEntry | undefined,
): Promise<ProxmoxConnection | null> {
  const { env, homeDir, configDir, rootDir } = places;
  const variable = env.TALOS_TUI_PVE;
  if (variable) return await fromVariable(variable, homeDir);
  if (fromSettings) return proxmoxConnection(fromSettings, configDir, homeDir);

  const caFile = join(rootDir, LOCAL_CA);
  if (!existsSync(caFile)) return null;
  const tokenFile = join(configDir, TOKEN_FILE);
  if (!existsSync(tokenFile)) {
    throw new ConfigurationError(
      'This host runs Proxmox VE, but there is no API token for it: its VMs are not shown.',
      `Create a read-only API token and put \`user@realm!name=secret\` into ${tokenFile} (mode 0600).`,
    );
  }
  return { url: LOCAL_URL, tokenFile, caFile, fingerprint: null };
}

export const proxmoxConnection = (
  { url, tokenFile, caFile, fingerprint }: ProxmoxEntry,
  base: string,
  homeDir: string,
): ProxmoxConnection => ({
  url: url.replace(/\/+$/, ''),
  tokenFile: expandPath(tokenFile, base, homeDir),
  caFile: caFile ? expandPath(caFile, base, homeDir) : null,
  fingerprint: fingerprint ?? null,
});

async function fromVariable(variable: string, homeDir: string): Promise<ProxmoxConnection> {
  const isInline = variable.trimStart().startsWith('{');
  const path = expandPath(variable, process.cwd(), homeDir);
  const text = isInline ? variable : await readText(path);
  const where = isInline ? 'TALOS_TUI_PVE' : path;
  const content = parseJson(text, where);
  const result = proxmoxVariableShape.safeParse(content);
  if (!result.success) {
    const problem = shapeProblem(result.error, content, 'the whole');
    throw new ConfigurationError(
      `${where} cannot be used: ${problem.text}.`,
      'Give {"url": "https://host:8006", "tokenFile": "…", "caFile": "…"}.',
    );
  }
  return proxmoxConnection(result.data, isInline ? process.cwd() : dirname(path), homeDir);
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new ConfigurationError(
      `TALOS_TUI_PVE names ${path}, which cannot be read.`,
      'Give the path of a JSON file, or the JSON itself.',
      { cause },
    );
  }
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    // The text is not quoted: somebody may have put a token into it.
    const line = brokenLine(text);
    throw new ConfigurationError(
      `${where} is not valid JSON: line ${line}.`,
      `Check quotes and commas in line ${line} and the one before.`,
      { cause },
    );
  }
}

/**
 * V8 tells a position for some mistakes only. No token of JSON goes on in the next line, so the first lines are the
 * start of a valid text as long as nothing but their end is complained about.
 */
function brokenLine(text: string): number {
  const lines = text.trimEnd().split('\n');
  const index = lines.findIndex((_, last) => !isStartOfJson(lines.slice(0, last + 1).join('\n')));
  return index === -1 ? lines.length : index + 1;
}

function isStartOfJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    const message = error instanceof Error ? error.message : '';
    if (message.includes('Unterminated string')) return false;
    const position = /at position (\d+)/.exec(message)?.[1];
    return message.includes('end of JSON input') || Number(position) >= text.length;
  }
}
