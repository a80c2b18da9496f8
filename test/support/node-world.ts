import type { Answers, PlanContext } from '../../src/actions/types.js';
import type { KubeClient, PveClient, Shell, TalosClient } from '../../src/clients/types.js';
import { CommandFailed } from '../../src/model/errors.js';
import { asNodeName, type IpAddress } from '../../src/model/ids.js';
import { knownValue } from '../../src/model/reading.js';
import type { Engine } from '../../src/runs/engine.js';
import { anError, aVmConfig, aWorld, fresh, GIB, memberIdOf, silence } from './builders.js';
import {
  bootIdOf,
  MIB,
  type NodeState,
  nodeJson,
  OFFSET_BYTES,
  obey,
  podJson,
} from './node-state.js';
import {
  aNodeInspection,
  anInspection,
  aPlanContext,
  aPod,
  aVmInspection,
  withInspection,
  withKube,
} from './plan-contexts.js';

const isNoLimit = (word: string): boolean => !word.startsWith('--request-timeout');

/** Machines behind the doors of a run, with every effect counted. */
export class NodeWorld {
  readonly nodes: readonly NodeState[];
  readonly effects: string[] = [];
  /** Of Talos ≥ 1.14 without os:admin: files are withheld, the boot id is a resource. */
  isOperator = false;
  /** Called with the number of the effect, before and after it: throws what ends the process. */
  onEffect: (number: number, side: 'before' | 'after') => void = () => undefined;
  private readonly base: ReturnType<typeof aWorld>;

  constructor(
    readonly controlPlanes = 3,
    workers = 2,
  ) {
    this.base = aWorld(controlPlanes, workers);
    this.nodes = this.base.nodes.map(({ address }, index) => ({
      number: index + 1,
      name: `${index < controlPlanes ? 'cp' : 'w'}-${index + 1}`,
      address,
      boot: 1,
      isUnschedulable: false,
      annotations: {},
      pods: [`api-${index + 1}`],
      diskBytes: 20 * GIB,
      ephemeralBytes: 20 * GIB - OFFSET_BYTES - MIB,
      roomBytes: 20 * GIB - OFFSET_BYTES - MIB,
      isRoomFixed: false,
      isDiskHidden: false,
      version: 'v1.12.4',
      previousVersion: null,
      grows: true,
      isSilent: false,
      refusals: 0,
      isLeader: index === 1 && controlPlanes > 1,
      obeysForfeit: true,
    }));
  }

  node(name: string): NodeState {
    const found = this.nodes.find((node) => node.name === name);
    if (found === undefined) throw new Error(`This world has no ${name}.`);
    return found;
  }

  context(answers: Answers): PlanContext {
    const kubeNodes = this.base.kubeNodes.map((node) => {
      const { isUnschedulable, annotations } = this.node(node.name);
      return { ...node, isUnschedulable, annotations };
    });
    const context = aPlanContext({ ...this.base, kubeNodes }, { answers });
    const inspected = withInspection(context, {
      nodes: new Map(this.nodes.map((node) => [node.address, fresh(this.inspected(node))])),
      vms: new Map(
        this.base.vms.map(({ id }, index) => [
          id,
          fresh(aVmInspection({ drives: this.drives(this.nodes[index]?.diskBytes ?? 0) })),
        ]),
      ),
    });
    return withKube(inspected, {
      pods: this.nodes.flatMap(({ name, pods }) =>
        pods.map((pod) => aPod({ name: pod, node: asNodeName(name), labels: {} })),
      ),
      capacityBytes: new Map(
        this.nodes.map(({ name, ephemeralBytes }) => [asNodeName(name), ephemeralBytes]),
      ),
    });
  }

  /** The doors of a run onto this world; `answers` are those of its plan. */
  doors(answers: Answers): Partial<Engine> & { readonly clients: Partial<Engine['context']> } {
    return {
      shellFor: () => this.shell(),
      inspect: async () => this.context(answers),
      clients: {
        talos: this.talos(),
        kube: this.kube(),
        pve: this.pve(),
        snapshot: () => this.context(answers).snapshot,
      },
    };
  }

  private inspected(node: NodeState) {
    const { staticPods } = knownValue(
      anInspection(this.base).nodes.get(node.address) ?? fresh(aNodeInspection()),
    ) ?? { staticPods: [] };
    return aNodeInspection({
      bootId: bootIdOf(node),
      staticPods,
      disks: [
        {
          devicePath: '/dev/sda',
          sizeBytes: node.isDiskHidden ? 20 * GIB : node.diskBytes,
          isCdrom: false,
          isReadOnly: false,
          serial: null,
          busPath: null,
        },
      ],
      ephemeralRoom:
        node.roomBytes === null ? null : { freeBytes: 10 * GIB, sizeBytes: node.roomBytes },
      ephemeral: {
        phase: 'ready',
        location: '/dev/sda4',
        parentLocation: '/dev/sda',
        sizeBytes: node.ephemeralBytes,
        filesystem: 'xfs',
        errorMessage: null,
      },
      partitions: [
        {
          device: '/dev/sda4',
          disk: '/dev/sda',
          label: 'EPHEMERAL',
          index: 4,
          offsetBytes: OFFSET_BYTES,
          sizeBytes: node.ephemeralBytes,
        },
      ],
    });
  }

  private drives(sizeBytes: number) {
    return aVmInspection().drives.map((drive) => (drive.isCdrom ? drive : { ...drive, sizeBytes }));
  }

  private effect(text: string, act: () => void): void {
    const number = this.effects.length + 1;
    this.onEffect(number, 'before');
    this.effects.push(text);
    act();
    this.onEffect(number, 'after');
  }

  private shell(): Shell {
    return {
      run: async (argv) => {
        const words = argv.includes('--nodes')
          ? argv.slice(argv.indexOf('--nodes') + 2)
          : argv.slice(argv.indexOf('--context') + 2).filter(isNoLimit);
        const address = argv[argv.indexOf('--nodes') + 1];
        const node =
          argv[0] === 'talosctl'
            ? this.nodes.find((each) => each.address === address)
            : this.nodes.find(({ name }) => words.includes(name));
        if (node === undefined) throw new Error(`Nothing here obeys ${argv.join(' ')}.`);
        if (node.refusals > 0) {
          node.refusals -= 1;
          throw new CommandFailed(argv, 1, 'connection refused', 'Wait a moment.');
        }
        this.effect(`${words.slice(0, 2).join(' ')} ${node.name}`, () =>
          obey(node, words, argv, this.nodes),
        );
        return { stdout: '', stderr: '', durationMs: 1 };
      },
    };
  }

  private reachable(address: IpAddress): NodeState {
    const node = this.nodes.find((each) => each.address === address);
    if (node === undefined || node.isSilent) throw silence();
    return node;
  }

  private talos(): TalosClient {
    const never = (): never => {
      throw new Error('No step asks this.');
    };
    return {
      readFile: async (address) => {
        const node = this.reachable(address);
        if (this.isOperator) throw anError('forbidden');
        return `${bootIdOf(node)}\n`;
      },
      version: async (address) => ({
        tag: this.reachable(address).version,
        arch: 'amd64',
        platform: 'nocloud',
      }),
      list: async (address, kind) => {
        const node = this.reachable(address);
        const isBootId = kind.type.startsWith('BootIDs');
        return [
          {
            ...kind,
            id: 'machine',
            version: '1',
            phase: 'running',
            spec: isBootId
              ? { bootID: bootIdOf(node) }
              : { stage: 'running', status: { ready: true } },
          },
        ];
      },
      etcdStatus: async (address) => {
        const number = this.reachable(address).number;
        const status = knownValue(this.base.nodes[number - 1]?.etcd ?? fresh(null));
        if (status == null) throw anError('unsupported');
        const leader = this.nodes.find(({ isLeader }) => isLeader)?.number ?? 1;
        return { ...status, memberId: memberIdOf(number), leaderId: memberIdOf(leader) };
      },
      watch: never,
      etcdMembers: never,
      etcdAlarms: never,
      services: never,
      systemSample: never,
      mounts: never,
      time: never,
      activeEndpoint: () => null,
      close: () => undefined,
    };
  }

  private kube(): KubeClient {
    const never = (): never => {
      throw new Error('No step asks this.');
    };
    return {
      raw: async (path) => {
        const name = decodeURIComponent(path).split(/[/=]/).at(-1) ?? '';
        const node = this.node(name);
        return path.includes('/pods') ? { items: node.pods.map(podJson) } : nodeJson(node);
      },
      watchNodes: never,
      watchCsrs: never,
      watchEvents: never,
      watchPdbs: never,
      leases: never,
      health: never,
      csr: never,
      write: never,
      close: async () => undefined,
    };
  }

  private pve(): PveClient {
    const never = (): never => {
      throw new Error('No step asks this.');
    };
    const guest = (id: number) => this.node(this.nodes[id - 101]?.name ?? '');
    return {
      vmConfig: async (_, id) => ({
        ...aVmConfig(),
        disks: this.drives(guest(id).diskBytes),
      }),
      order: async (method, path, parameters) => {
        const node = guest(Number(path.split('/')[4]));
        this.effect(`${method} ${path.split('/').at(-1)} ${node.name}`, () => {
          node.diskBytes = Number(parameters.size?.replace('G', '')) * GIB;
        });
        return null;
      },
      taskStatus: never,
      get: never,
      cluster: never,
      resources: never,
      tasks: never,
      close: async () => undefined,
    };
  }
}
