const EXPORT = /^export (\w+)='((?:[^']|'\\'')*)'(:"\$PATH")?$/gm;

/** What sourcing the lab's env.sh would set. */
export function labEnvironment(
  script: string,
  env: NodeJS.ProcessEnv,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...script.matchAll(EXPORT)].map(([, name = '', quoted = '', addsPath]) => {
      const value = quoted.replaceAll("'\\''", "'");
      return [name, addsPath === undefined ? value : `${value}:${env.PATH ?? ''}`];
    }),
  );
}
