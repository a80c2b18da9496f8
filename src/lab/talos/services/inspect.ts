import { talosMinor } from '../../world/talos-version.js';
import type { CallContext, Service } from '../calls.js';
import { kindsOf } from '../kinds/catalogue.js';
import { READERS } from '../roles.js';

/** Which controller keeps which type: as far as the lab has controllers. */
const dependencies = ({ node }: CallContext): object => ({
  edges: kindsOf(talosMinor(node.talosVersion))
    .filter(({ owner }) => owner !== '')
    .map(({ owner, namespace, type }) => ({
      controller_name: owner,
      edge_type: 'OUTPUT_EXCLUSIVE',
      resource_namespace: namespace,
      resource_type: type,
      resource_id: '',
    })),
});

export const INSPECT_SERVICE: Service = {
  name: 'inspect.InspectService',
  file: 'inspect.proto',
  fansOut: true,
  methods: {
    ControllerRuntimeDependencies: {
      kind: 'unary',
      isWrapped: true,
      roles: READERS,
      answer: dependencies,
    },
  },
};
