import { assessCsr, type CsrAssessment, csrContext } from '../model/csr-rules.js';
import { knownValue } from '../model/reading.js';
import type { Snapshot } from '../model/snapshot.js';

const derived = new WeakMap<Snapshot, readonly CsrAssessment[]>();

/** Every request with the result of the rules: pending first, newest first. Judged once per snapshot. */
export function csrAssessments(snapshot: Snapshot, nowMs: number): readonly CsrAssessment[] {
  const known = derived.get(snapshot);
  if (known !== undefined) return known;
  const context = csrContext(snapshot, nowMs);
  const assessments = (knownValue(snapshot.csrs) ?? [])
    .map((csr) => assessCsr(csr, context))
    .toSorted(
      (a, b) =>
        Number(b.csr.state === 'pending') - Number(a.csr.state === 'pending') ||
        b.csr.createdAtMs - a.csr.createdAtMs,
    );
  derived.set(snapshot, assessments);
  return assessments;
}
