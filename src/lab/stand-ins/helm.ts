#!/usr/bin/env node
import { parseArguments } from './helm/arguments.js';
import { install, rollback, uninstall, upgrade } from './helm/changes.js';
import { type Command, get, history, list, status } from './helm/commands.js';
import { repo } from './helm/repositories.js';
import { Failure } from './kubectl/failure.js';
import { processIo } from './kubectl/io.js';

const VERSION = 'v3.19.4+g7cfb6e4';

const COMMANDS: Readonly<Record<string, Command>> = {
  get,
  hist: history,
  history,
  install,
  list,
  ls: list,
  repo,
  rollback,
  status,
  uninstall,
  delete: uninstall,
  upgrade,
  version: async ({ flags }) => versionText(flags.has('short')),
};

const versionText = (isShort: boolean): string =>
  isShort
    ? `${VERSION}\n`
    : `version.BuildInfo{Version:"${VERSION.split('+')[0]}", GitCommit:"7cfb6e486dac026202556836bb910c37d847793e", GitTreeState:"clean", GoVersion:"go1.24.11"}\n`;

async function main(argv: readonly string[]): Promise<number> {
  const line = parseArguments(argv);
  const [word = ''] = line.words;
  const command = COMMANDS[word];
  try {
    if (command === undefined) {
      throw new Failure(
        `Error: unknown command ${JSON.stringify(word)} for "helm"\nRun 'helm --help' for usage.`,
      );
    }
    processIo.out(await command(line));
    return 0;
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    processIo.err(`${error.message}\n`);
    return 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
