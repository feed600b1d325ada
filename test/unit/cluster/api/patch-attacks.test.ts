import { describe, expect, it } from 'vitest';
import { applyJsonPatch } from '../../../../server/cluster/api/patch/json-patch.ts';
import { decodeYaml } from '../../../../server/cluster/http/body.ts';
import { jsonMergePatch } from '../../../../server/cluster/api/patch/merge-patch.ts';

const REFUSED = 'the server rejected our request due to an error in our request';
const pollution = () => (({}) as Record<string, unknown>)['polluted'];

describe('a JSON patch', () => {
  it('may copy three megabytes, not more', () => {
    const doubling = (times: number) => Array.from({ length: times }, (_one, index) => ({ op: 'copy', from: '/data', path: `/data/x${index}` }));
    const document = { data: { a: 'v'.repeat(1000) } };
    expect(JSON.stringify(applyJsonPatch(document, doubling(8))).length).toBeGreaterThan(256_000);
    expect(() => applyJsonPatch(document, doubling(40))).toThrow(REFUSED);
  });

  it('finds nothing in an object but its own', () => {
    for (const path of ['/metadata/__proto__/polluted', '/metadata/constructor/prototype/polluted', '/__proto__/polluted']) {
      expect(() => applyJsonPatch({ metadata: {} }, [{ op: 'add', path, value: 'x' }])).toThrow(REFUSED);
    }
    expect(() => applyJsonPatch({}, [{ op: 'copy', from: '/toString', path: '/a' }])).toThrow(REFUSED);
    expect(() => applyJsonPatch({}, [{ op: 'remove', path: '/toString' }])).toThrow(REFUSED);
    expect(pollution()).toBeUndefined();
  });

  it('takes __proto__ for a key like any other', () => {
    const patched = applyJsonPatch({ data: {} }, [{ op: 'add', path: '/data/__proto__', value: { polluted: 'x' } }]);
    expect(JSON.stringify(patched)).toBe('{"data":{"__proto__":{"polluted":"x"}}}');
    expect(pollution()).toBeUndefined();
  });
});

it('a merge patch takes __proto__ for a key like any other', () => {
  const patch: unknown = JSON.parse('{"data":{"__proto__":{"polluted":"x"}}}');
  expect(JSON.stringify(jsonMergePatch({ data: { a: '1' } }, patch))).toBe('{"data":{"a":"1","__proto__":{"polluted":"x"}}}');
  expect(pollution()).toBeUndefined();
});

it('a body in YAML whose aliases explode is refused', () => {
  const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]', ...Array.from({ length: 8 }, (_one, index) => `a${index + 1}: &a${index + 1} [${Array.from({ length: 10 }, () => `*a${index}`).join(', ')}]`)];
  expect(() => decodeYaml(Buffer.from(lines.join('\n')))).toThrow('error converting YAML to JSON: yaml: document contains excessive aliasing');
});
