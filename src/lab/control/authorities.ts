import type { LabHandle, LabNode } from '../world/types.js';

const decoded = (base64: string): string => Buffer.from(base64, 'base64').toString('utf8');

/** Only control planes are told the keys. */
function bringsAuthorities({ machine }: LabNode): boolean {
  const settings = machine.config?.settings ?? null;
  return settings !== null && settings.talosCa.key !== '' && settings.kubeCa.key !== '';
}

/** A lab without a cluster waits for the first control plane's secrets, and is that cluster from then on. */
export function followAuthorities({ world, pki, log }: LabHandle): void {
  const stop = world.subscribe((topics) => {
    if (!topics.some((topic) => topic.startsWith('talos:'))) return;
    const founder = [...world.nodes.values()].find(bringsAuthorities);
    const settings = founder?.machine.config?.settings ?? null;
    if (settings === null) return;
    stop();
    const pair = ({ crt, key }: { readonly crt: string; readonly key: string }) => ({
      certPem: decoded(crt),
      keyPem: decoded(key),
    });
    try {
      pki.adopt({ talos: pair(settings.talosCa), kube: pair(settings.kubeCa) });
    } catch (error) {
      log(`The secrets of ${founder?.hostname} are of no use: ${String(error)}`);
    }
  });
}
