import type { Document } from '../../world/talos-settings.js';
import { kubernetesRange } from '../../world/talos-version.js';
import { mainOf, manyErrors, textAt } from './reading.js';
import { conflicts, documentErrors } from './validate-documents.js';
import { mainErrors } from './validate-main.js';

export interface Target {
  readonly talosVersion: string;
  readonly minor: number;
  readonly isInstalled: boolean;
}

/** What Talos says about a configuration that can be read. null = it is valid. */
export function configRefusal(documents: readonly Document[], target: Target): string | null {
  const main = mainOf(documents);
  const others = documents.filter((document) => document !== main);
  const { minor, isInstalled } = target;
  const inMain =
    main === undefined ? [] : mainErrors({ main, documents: others, isInstalled, minor });
  const errors = [
    ...(inMain.length === 0 ? [] : [`v1alpha1.Config: ${manyErrors(inMain)}`]),
    ...documentErrors(others, minor),
    ...(main === undefined ? [] : conflicts(main, others)),
  ];
  return errors.length === 0 ? null : manyErrors(errors);
}

const IMAGES: readonly (readonly [name: string, path: string])[] = [
  ['kube-apiserver', 'cluster.apiServer.image'],
  ['kube-controller-manager', 'cluster.controllerManager.image'],
  ['kube-scheduler', 'cluster.scheduler.image'],
];

/** Only a running Talos knows which Kubernetes it can run. null = it can run this one. */
export function runtimeRefusal(documents: readonly Document[], target: Target): string | null {
  const main = mainOf(documents);
  if (main === undefined) return null;
  const isControlPlane = textAt(main, 'machine.type') !== 'worker';
  const checked = [
    ['kubelet', 'machine.kubelet.image'] as const,
    ...(isControlPlane ? IMAGES : []),
  ];
  const errors = checked.flatMap(([name, path]) => {
    const reason = imageRefusal(textAt(main, path), target);
    return reason === null ? [] : [`${name} image is not valid: ${reason}`];
  });
  return errors.length === 0 ? null : manyErrors(errors);
}

function imageRefusal(image: string, { talosVersion, minor }: Target): string | null {
  // Without one, Talos takes its own default.
  if (image === '') return null;
  const version = /:v?(\d+\.\d+\.\d+[\w.-]*)(?:@|$)/.exec(image)?.[1];
  if (version === undefined) {
    return `failed to parse Kubernetes version from image reference "${image}": invalid image reference: "${image}"`;
  }
  const kubeMinor = Number(version.split('.')[1]);
  const [least, most] = kubernetesRange(minor);
  const words = (what: string): string =>
    `version of Kubernetes ${version} is too ${what} to be used with Talos ${talosVersion.replace(/^v/, '')}`;
  if (kubeMinor < least) return words('old');
  return kubeMinor > most ? words('new') : null;
}
