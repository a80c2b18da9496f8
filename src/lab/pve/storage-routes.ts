import { allocate, upload } from './content-uploads.js';
import { deleteVolume, volumeInfo } from './content-volumes.js';
import { download } from './download.js';
import type { Route } from './route.js';

const STORAGE = '/nodes/{node}/storage/{storage}';

export const STORAGE_ROUTES: readonly Route[] = [
  {
    method: 'POST',
    path: `${STORAGE}/download-url`,
    privilege: ['/storage/{storage}', 'Datastore.AllocateTemplate'],
    parameters: {
      content: 'string',
      filename: 'string',
      url: 'string',
      'checksum?': 'string',
      'checksum-algorithm?': 'string',
      'compression?': 'string',
      'verify-certificates?': 'boolean',
    },
    run: download,
  },
  {
    method: 'POST',
    path: `${STORAGE}/upload`,
    privilege: ['/storage/{storage}', 'Datastore.AllocateTemplate'],
    parameters: {
      content: 'string',
      'checksum?': 'string',
      'checksum-algorithm?': 'string',
      'filename?': 'string',
      'tmpfilename?': 'string',
    },
    run: upload,
  },
  {
    method: 'POST',
    path: `${STORAGE}/content`,
    privilege: ['/storage/{storage}', 'Datastore.AllocateSpace'],
    parameters: { filename: 'string', vmid: 'integer', size: 'string', 'format?': 'string' },
    run: allocate,
  },
  {
    method: 'GET',
    path: `${STORAGE}/content/{volume*}`,
    privilege: ['/storage/{storage}', 'Datastore.Audit|Datastore.AllocateSpace'],
    parameters: {},
    run: volumeInfo,
  },
  {
    method: 'DELETE',
    path: `${STORAGE}/content/{volume*}`,
    privilege: ['/storage/{storage}', 'Datastore.Allocate'],
    parameters: { 'delay?': 'integer' },
    run: deleteVolume,
  },
];
