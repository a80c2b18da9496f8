import { ACCESS_ROUTES } from './access-routes.js';
import { AGENT_ROUTES } from './agent-routes.js';
import { BACKUP_ROUTES } from './backup-routes.js';
import { CHANGE_ROUTES } from './change-routes.js';
import { CLONE_ROUTES } from './clone-routes.js';
import { CREATE_ROUTES } from './create-routes.js';
import { DISK_MOVE_ROUTES } from './disk-moves.js';
import { DISK_ROUTES } from './disk-routes.js';
import { HA_ROUTES } from './ha.js';
import { HOST_ROUTES } from './host-routes.js';
import { MIGRATE_ROUTES } from './migrate-routes.js';
import { NETWORK_ROUTES } from './network-routes.js';
import { POWER_ROUTES } from './power-routes.js';
import { READ_ROUTES } from './read-routes.js';
import type { Route } from './route.js';
import { STORAGE_ROUTES } from './storage-routes.js';

export const ALL_ROUTES: readonly Route[] = [
  ...READ_ROUTES,
  ...ACCESS_ROUTES,
  ...POWER_ROUTES,
  ...HA_ROUTES,
  ...BACKUP_ROUTES,
  ...NETWORK_ROUTES,
  ...HOST_ROUTES,
  ...CREATE_ROUTES,
  ...CLONE_ROUTES,
  ...MIGRATE_ROUTES,
  ...CHANGE_ROUTES,
  ...DISK_ROUTES,
  ...DISK_MOVE_ROUTES,
  ...AGENT_ROUTES,
  ...STORAGE_ROUTES,
];
