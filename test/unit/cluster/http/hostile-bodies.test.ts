import { describe, expect, it } from 'vitest';
import { decodeJson, decodeYaml } from '../../../../server/cluster/http/body.ts';
import { addWarning } from '../../../../server/cluster/http/warnings.ts';

const timed = <T>(step: () => T): { value: T; ms: number } => {
  const begun = performance.now();
  const value = step();
  return { value, ms: performance.now() - begun };
};

describe('a body', () => {
  it.each([
    ['objects', '{"a":'.repeat(200_000) + '1' + '}'.repeat(200_000)],
    ['lists that are never closed', `{"a":${'['.repeat(1_000_000)}`],
    ['lists after a text with brackets', `{"a":"]]\\"]]","b":${'['.repeat(2000)}${']'.repeat(2000)}}`],
  ])('of too many %s is refused', (_what, text) => {
    expect(() => decodeJson(Buffer.from(text), 'ConfigMap')).toThrow('json parse error: exceeded max depth (');
  });

  it('with as many levels as people write, or with brackets in its texts, is none of those', () => {
    const levels = `{"a":${'['.repeat(900)}${']'.repeat(900)},"b":"${'['.repeat(5000)}"}`;
    expect(Object.keys(decodeJson(Buffer.from(levels), 'ConfigMap').value as object)).toEqual(['a', 'b']);
  });

  it.each(['a: ' + '{a: '.repeat(50_000), 'a:\n' + '- '.repeat(500_000), '? '.repeat(500_000)])('in YAML that is as deep is refused at once', (text) => {
    const { ms } = timed(() => expect(() => decodeYaml(Buffer.from(text))).toThrow('error converting YAML to JSON: yaml: exceeded max depth of 10000'));
    expect(ms).toBeLessThan(1000);
  });

  it('in YAML may have lines of dashes', () => {
    expect(decodeYaml(Buffer.from(`# ${'- '.repeat(40)}\n# ${'-'.repeat(400)}\na: [1]\n`))).toEqual({ a: [1] });
  });
});

describe('warnings of one answer', () => {
  it('come once each', () => {
    const warnings: string[] = [];
    for (const text of ['a', 'b', 'a']) addWarning(warnings, text);
    expect(warnings).toEqual(['a', 'b']);
  });

  it('are cut short when they are many, and end when they are too many, in little time', () => {
    const warnings: string[] = ['x'.repeat(3000)];
    const { ms } = timed(() => {
      for (let i = 0; i < 200_000; i++) addWarning(warnings, `unknown field "k${i}" ${'y'.repeat(300)}`);
    });
    expect([warnings.length, Math.max(...warnings.map((text) => text.length)), warnings.join('').length <= 4096]).toEqual([16, 256, true]);
    expect(ms).toBeLessThan(5000);
  });
});
