import { expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { yamlText } from '../../../server/cluster/argo/ui/state/yaml-text.ts';

const OBJECT = {
  metadata: { name: 'hello', labels: { 'a.b/c': 'true', n: '5' }, annotations: {}, creationTimestamp: '2026-01-01T00:00:00Z' },
  spec: { entrypoint: 'main', suspend: false, priority: 5, templates: [{ name: 'main', steps: [[{ name: 'a', template: 'b' }], []], script: { source: 'set -e\n\n  echo hi\n' } }], args: ['{{x}}', '', ' a', 'a: b', '- a', '#c'] },
};
/** What is easily written wrong. */
const ODD = ['', ' ', 'a ', ' a', '\n', 'a\n', 'a\n\n', '\na', ' a\nb', 'a \nb', 'a\n b', '\ta\nb', 'a\tb', '- a', '? a', 'a: b', 'a #b', '#', '~', 'null', 'Null', 'yes', 'NO', 'y', '1', '1.5', '1e3', '0x1f', '.inf', '2026-01-01', '{', '[a]', '"', "'", '\\', '@', '`', '%', '&a', '*a', '!a', '|', '>', '---', '...', 'a\r\nb', '\u0000', '\u001b[1m', '\u202e', '\u2028', 'ünï', '日本\n語', '🎉\n🎉', '\ufeffa', '=', '<<', 'a\n---\nb', 'a\n...\n', 'a\n#b\n', 'k: |\n  x'];

it('writes an object as the library does', () => {
  expect(yamlText(OBJECT)).toBe(stringify(OBJECT, { lineWidth: 0 }));
});

it('writes nothing that would be read as something else', () => {
  for (const text of ODD) {
    const object = { value: text, list: [text, [text]], [text === '' ? 'empty' : text]: { inner: [{ text, last: 'x' }] } };
    expect(parse(yamlText(object))).toEqual(object);
  }
  for (const value of ['text', '', 'a\nb', 5, true, null, [], {}, [[]], [{}], [[1, [2, { a: [] }]]], { a: undefined, b: -0.5 }]) expect(parse(yamlText(value))).toEqual(JSON.parse(JSON.stringify(value)));
});

it('writes the nodes of a workflow as the library does', () => {
  const nodes = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`big-${i}`, { id: `big-${i}`, name: `big[${i}].t(0:a)`, type: 'Pod', phase: 'Succeeded', startedAt: '2026-01-01T00:00:00Z', children: [`big-${i + 1}`], outputs: { exitCode: '0' }, resourcesDuration: { cpu: i } }]));
  expect(yamlText({ status: { nodes } })).toBe(stringify({ status: { nodes } }, { lineWidth: 0 }));
});
