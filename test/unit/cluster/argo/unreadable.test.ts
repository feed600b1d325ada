import { describe, expect, it } from 'vitest';
import { GoDecodeError } from '../../../../server/cluster/argo/types/normal-form.ts';
import { decodeWorkflow } from '../../../../server/cluster/argo/types/workflow.ts';

function problemOf(spec: object): string {
  try {
    decodeWorkflow({ metadata: { name: 'w' }, spec });
  } catch (error) {
    return error instanceof GoDecodeError ? error.unstructured : String(error);
  }
  return '';
}

describe('a workflow that the controller cannot read', () => {
  it.each([
    [{ templates: [{ name: 'main', container: { command: [true] } }] }, 'cannot convert bool to string'],
    [{ entrypoint: 7 }, 'cannot convert int64 to string'],
    [{ entrypoint: ['a'] }, 'cannot convert []interface {} to string'],
    [{ templates: {} }, 'cannot restore slice from map'],
    [{ nodeSelector: [] }, 'cannot restore map from slice'],
    [{ arguments: 'x' }, 'cannot restore struct from: string'],
    [{ entrypoint: 'main' }, ''],
  ])('%j is told as the converter tells it', (spec, problem) => {
    expect(problemOf(spec)).toBe(problem);
  });
});
