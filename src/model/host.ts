/** The machine the console runs on. */
export interface HostFacts {
  readonly hostname: string;
  readonly isPveHost: boolean;
  readonly isRoot: boolean;
  readonly loadAverage: number;
  readonly cpuCount: number;
  readonly memoryUsedBytes: number;
  readonly memoryTotalBytes: number;
}
