import { type Incident, incident } from './types.js';

export const talosIncidents: readonly Incident[] = [
  incident({
    id: 'drift',
    help: 'one worker runs an image of another schematic, one has the ISO attached',
    changes: ['drift-schematic talos-w-02', 'attach-iso talos-w-01'],
    story:
      'Volumes do not attach on one worker. It was upgraded with the image of another cluster and lost its iSCSI tools. On another one the installer ISO was forgotten in the drive.',
    broken: [
      'talos-w-02 runs another schematic, without iscsi-tools.',
      'The ISO is in the drive of VM 104.',
    ],
    repaired: ['All nodes run the same schematic.', 'No guest has a medium in its drive.'],
  }),
  incident({
    id: 'stock-installer',
    help: 'a worker was upgraded with the stock installer and lost every extension',
    changes: ['stock-installer talos-w-01'],
    settleSeconds: 30,
    story:
      'An upgrade by the book, with the image that the documentation shows. Since then Longhorn has one node less and Proxmox shows no addresses for that guest.',
    broken: [
      'talos-w-01 runs an image without extensions.',
      'VM 104 expects a guest agent that does not exist any more.',
    ],
    repaired: [
      "talos-w-01 runs the cluster's schematic with all of its extensions.",
      'The agent of VM 104 answers.',
    ],
  }),
  incident({
    id: 'armed-node',
    help: 'an upgrade was broken off after the installation: the next restart changes the version',
    changes: ['arm-node talos-w-01 v1.12.5'],
    story:
      'An upgrade lost its connection yesterday. The worker runs the old version and looks as ever. Whatever restarts it next will boot another one.',
    broken: ['The boot loader of talos-w-01 starts v1.12.5 next, and v1.12.4 runs.'],
    repaired: ['talos-w-01 runs what its boot loader starts next.'],
  }),
  incident({
    id: 'upgrade-fell-back',
    help: 'a new version did not boot, and the node fell back to the old one by itself',
    changes: ['break-image v1.12.5', 'arm-node talos-w-01 v1.12.5', 'reboot-node talos-w-01'],
    settleSeconds: 240,
    story:
      'The upgrade of the first worker ended, the node is Ready, and the tool goes on to the next one. But that worker runs the version from before: the new one did not boot.',
    broken: ['Talos v1.12.5 does not boot here.', 'talos-w-01 fell back to v1.12.4.'],
    repaired: ['The reason is known before another node is touched.', 'All nodes run one version.'],
  }),
  incident({
    id: 'talosconfig-expired',
    help: 'the certificate in talosconfig has ended',
    changes: ['expire-talosconfig'],
    story:
      'It worked a year ago and all year since. Today every talosctl call fails with a certificate error. The cluster itself is fine.',
    broken: ['The client certificate in talosconfig ended an hour ago.'],
    repaired: ['talosconfig has a valid certificate of the role os:admin.'],
  }),
  incident({
    id: 'kubeconfig-expired',
    help: 'the certificate in kubeconfig has ended',
    changes: ['expire-kubeconfig'],
    story:
      'kubectl is told to log in. Talos still takes its own credentials, so a new kubeconfig can be had from it.',
    broken: ['The client certificate in kubeconfig ended an hour ago.'],
    repaired: ['kubeconfig has a valid certificate.'],
  }),
  incident({
    id: 'endpoints-empty',
    help: 'talosconfig names no endpoint and no node',
    changes: ['empty-endpoints'],
    story:
      'A fresh talosconfig, straight from talosctl gen config. Every command fails with failed to determine endpoints.',
    broken: ['talosconfig has neither endpoints nor nodes.'],
    repaired: ['talosconfig names all control planes as endpoints.'],
  }),
];
