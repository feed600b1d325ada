import { describe, expect, it } from 'vitest';
import { scanKeys } from '../../../../server/cluster/http/key-scanner.ts';

describe('the keys of a JSON text', () => {
  it('come with their paths, and with what is there twice', () => {
    const { order, duplicates } = scanKeys('{"a": {"b": [1, {"c": "x\\"y,}"}]}, "a": [], "d": true}');
    expect([...order.keys()]).toEqual(['a', 'a.b', 'a.b[1].c', 'd']);
    expect(duplicates).toEqual(['a']);
  });
});
