import { CLIENT_MINOR } from '../client-version.js';
import { CommandError } from '../errors.js';

/**
 * talos: config.ParseContractFromVersion. The minor whose configuration is written: nothing newer than what this
 * client knows. @throws CommandError.
 */
export function contractMinor(text: string): number {
  if (text === '') return CLIENT_MINOR;
  const version = text.startsWith('v') ? text : `v${text}`;
  const match = /^v(\d+)\.(\d+)(?:$|\.)/.exec(version);
  if (match === null) {
    throw new CommandError(`invalid talos-version: error parsing version "${version}"`);
  }
  const [, major, minor] = match;
  return Number(major) === 1 ? Math.min(Number(minor), CLIENT_MINOR) : CLIENT_MINOR;
}
