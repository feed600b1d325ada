import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { decodeKubernetesProtobuf } from '../../../../server/cluster/api/protobuf/index.ts';
import { ApiStatus } from '../../../../server/cluster/api/status.ts';

/** Bodies that kubectl 1.32.4 posted, and what it printed for the same command with --dry-run=client -o json. */
const cases = z.array(z.object({ command: z.string(), body: z.string(), object: z.record(z.string(), z.unknown()) })).parse(
  JSON.parse(readFileSync(new URL('../../../golden/protobuf/kubectl-1.32.4.json', import.meta.url), 'utf8')),
);

describe('Kubernetes protobuf', () => {
  it.each(cases)('reads what $command posts', ({ body, object }) => {
    expect(decodeKubernetesProtobuf(Buffer.from(body, 'base64'))).toEqual(object);
  });

  it('refuses a body without the prefix', () => {
    expect(() => decodeKubernetesProtobuf(Buffer.from('{}'))).toThrow(new ApiStatus(400, 'BadRequest', 'provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]'));
  });

  it('refuses a body that ends too early', () => {
    const whole = Buffer.from(cases[0]?.body ?? '', 'base64');
    expect(() => decodeKubernetesProtobuf(whole.subarray(0, whole.length - 5))).toThrow('unexpected EOF');
  });
});
