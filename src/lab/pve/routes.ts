import { CHANGE_ROUTES } from './change-routes.js';
import { READ_ROUTES } from './read-routes.js';
import type { Route } from './route.js';

export const ALL_ROUTES: readonly Route[] = [...READ_ROUTES, ...CHANGE_ROUTES];
