import { z } from 'zod';
import { kubeMalformed } from '../kube-errors.js';
import type { KubeClient } from '../types.js';

/** Which extensions of the API this cluster has. */
export interface ApiGroups {
  readonly has: (group: string) => boolean;
  /** `/apis/longhorn.io/v1beta2/volumes`; null when the group is not served. */
  readonly path: (group: string, plural: string) => string | null;
}

const groupList = z.object({
  kind: z.literal('APIGroupList'),
  groups: z.array(
    z.object({ name: z.string(), preferredVersion: z.object({ groupVersion: z.string() }) }),
  ),
});

/** @throws OperatorError */
export async function readApiGroups(kube: KubeClient, signal: AbortSignal): Promise<ApiGroups> {
  const result = groupList.safeParse(await kube.raw('/apis', signal));
  if (!result.success) throw kubeMalformed('/apis', 'it is no list of groups', result.error);
  const versions = new Map(
    result.data.groups.map(({ name, preferredVersion }) => [name, preferredVersion.groupVersion]),
  );
  return {
    has: (group) => versions.has(group),
    path(group, plural) {
      const version = versions.get(group);
      return version === undefined ? null : `/apis/${version}/${plural}`;
    },
  };
}
