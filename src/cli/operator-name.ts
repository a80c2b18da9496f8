import { userInfo } from 'node:os';

/** Through sudo the person behind root. */
export function operatorName(env: NodeJS.ProcessEnv): string {
  const { username } = userInfo();
  return env.SUDO_USER ? `${env.SUDO_USER} (as ${username})` : username;
}
