import type { KubeObject } from '../world/types.js';
import type { ResourceType } from './api/registry.js';

/** An object as one API version shows it: events.k8s.io/v1 renames what core/v1 stores. */
export function viewOf(type: ResourceType, object: KubeObject): KubeObject {
  if (type.group !== 'events.k8s.io') return object;
  const { involvedObject, message, source, firstTimestamp, lastTimestamp, count, ...rest } = object;
  const { reportingComponent, ...others } = rest as KubeObject & { reportingComponent?: unknown };
  return {
    ...others,
    apiVersion: 'events.k8s.io/v1',
    regarding: involvedObject,
    note: message,
    reportingController: reportingComponent ?? '',
    deprecatedSource: source,
    deprecatedFirstTimestamp: firstTimestamp,
    deprecatedLastTimestamp: lastTimestamp,
    deprecatedCount: count,
  };
}
