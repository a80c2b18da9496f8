import { AGENT_ROUTES } from './agent-routes.js';
import { CHANGE_ROUTES } from './change-routes.js';
import { DISK_ROUTES } from './disk-routes.js';
import { READ_ROUTES } from './read-routes.js';
import type { Route } from './route.js';
import { STORAGE_ROUTES } from './storage-routes.js';

export const ALL_ROUTES: readonly Route[] = [
  ...READ_ROUTES,
  ...CHANGE_ROUTES,
  ...DISK_ROUTES,
  ...AGENT_ROUTES,
  ...STORAGE_ROUTES,
];
