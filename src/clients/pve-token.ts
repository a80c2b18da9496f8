import { readFile, stat } from 'node:fs/promises';
import { ConfigurationError } from '../model/errors.js';

/** `user@realm!name=uuid` (pve-access-control: verify_token). */
const TOKEN = /^[^\s@!=:]+@[\w.-]+![A-Za-z][\w.-]*=[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const FORM = 'user@realm!name=uuid';

/** @throws ConfigurationError for a file that is missing, open to others, or holds no token. */
export async function readPveToken(path: string): Promise<string> {
  const { mode, text } = await readSecret(path);
  if ((mode & 0o077) !== 0) {
    throw new ConfigurationError(
      `The token file ${path} is open to others (mode ${(mode & 0o777).toString(8)}).`,
      `Run \`chmod 600 ${path}\`, and make a new token if others were on this machine.`,
    );
  }
  const token = text.trim();
  if (!TOKEN.test(token)) {
    // What stands there may be a secret: it is never quoted.
    throw new ConfigurationError(
      `The token file ${path} does not hold one line of the form ${FORM}.`,
      'Write the full token id and its value there, as `pveum user token add` shows them.',
    );
  }
  return token;
}

async function readSecret(path: string): Promise<{ readonly mode: number; readonly text: string }> {
  try {
    return { mode: (await stat(path)).mode, text: await readFile(path, 'utf8') };
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    const reason = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`;
    throw new ConfigurationError(
      `The token file ${path} ${reason}.`,
      `Create it with mode 0600 and one line of the form ${FORM}.`,
      { cause },
    );
  }
}
