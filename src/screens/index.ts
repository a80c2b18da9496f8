import { certificatesScreen } from './certificates.js';
import { etcdScreen } from './etcd.js';
import { imagesScreen } from './images.js';
import { networkScreen } from './network.js';
import { overviewScreen } from './overview.js';
import { proxmoxScreen } from './proxmox.js';
import { runsScreen } from './runs.js';
import type { Screen } from './types.js';

/** In menu order. */
export const screens: readonly Screen[] = [
  overviewScreen,
  etcdScreen,
  networkScreen,
  imagesScreen,
  certificatesScreen,
  proxmoxScreen,
  runsScreen,
];
