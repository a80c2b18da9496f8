import type { KubeObject } from '../../world/types.js';
import { fieldAt, isJsonObject, type JsonObject, listAt, textAt, timestamp } from './object.js';
import type { ResourceType } from './registry.js';
import { invalid } from './status.js';

const DECISIONS = ['Approved', 'Denied'];

/**
 * PUT …/approval changes the conditions Approved and Denied and nothing else: spec, metadata, certificate and
 * Failed stay as they are (kubernetes: pkg/registry/certificates/certificates/strategy.go).
 * @throws ApiError 422
 */
export function approvalUpdate(
  type: ResourceType,
  stored: KubeObject,
  update: JsonObject,
  nowMs: number,
): KubeObject {
  const wanted = listAt(update, 'status.conditions').filter(isJsonObject);
  const had = listAt(stored, 'status.conditions').filter(isJsonObject);
  validate(type, stored.metadata.name, had, wanted);
  const decisions = wanted
    .filter((condition) => DECISIONS.includes(textAt(condition, 'type')))
    .map((condition) => withTimes(condition, had, nowMs));
  const others = had.filter((condition) => !DECISIONS.includes(textAt(condition, 'type')));
  const status = fieldAt(stored, 'status');
  return {
    ...stored,
    status: { ...(isJsonObject(status) ? status : {}), conditions: [...decisions, ...others] },
  };
}

const typesOf = (conditions: readonly JsonObject[]): readonly string[] =>
  conditions.map((condition) => textAt(condition, 'type'));

function validate(
  type: ResourceType,
  name: string,
  had: readonly JsonObject[],
  wanted: readonly JsonObject[],
): void {
  const types = typesOf(wanted);
  const removed = typesOf(had).find((held) => DECISIONS.includes(held) && !types.includes(held));
  if (removed !== undefined) {
    throw invalid(
      type,
      name,
      `status.conditions: Forbidden: updates may not remove a condition of type "${removed}"`,
    );
  }
  if (DECISIONS.every((decision) => types.includes(decision))) {
    const at = types.findLastIndex((candidate) => DECISIONS.includes(candidate));
    throw invalid(
      type,
      name,
      `status.conditions[${at}].type: Invalid value: "${types[at]}": Approved and Denied conditions are mutually exclusive`,
    );
  }
  for (const [index, condition] of wanted.entries()) {
    const path = `status.conditions[${index}]`;
    if (textAt(condition, 'type') === '') {
      throw invalid(type, name, `${path}.type: Required value`);
    }
    const status = textAt(condition, 'status');
    if (status === '') throw invalid(type, name, `${path}.status: Required value`);
    if (status !== 'True') {
      throw invalid(
        type,
        name,
        `${path}.status: Unsupported value: "${status}": supported values: "True"`,
      );
    }
  }
}

function withTimes(condition: JsonObject, had: readonly JsonObject[], nowMs: number): JsonObject {
  const before = had.find((old) => textAt(old, 'type') === textAt(condition, 'type'));
  return {
    ...condition,
    lastUpdateTime: condition.lastUpdateTime ?? timestamp(nowMs),
    lastTransitionTime:
      before?.lastTransitionTime ?? condition.lastTransitionTime ?? timestamp(nowMs),
  };
}
