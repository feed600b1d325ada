import { describe, expect, it } from 'vitest';
import { textAt } from '../../../../server/cluster/argo/events/paths/gjson.ts';
import { renderTemplate } from '../../../../server/cluster/argo/events/paths/go-template.ts';
import { compact, parseJsonText, plainNumber } from '../../../../server/cluster/argo/events/paths/json-text.ts';
import { setPath } from '../../../../server/cluster/argo/events/paths/sjson.ts';

const EVENT = '{"body":{"message":"hi","n":12.50,"big":12345678901234567890,"none":null,"yes":true,"a.b":"dotted","list":[{"id":"x","v":1},{"id":"y","v":2},{"id":"y","v":3}],"9":"nine","1":"one"}}';

describe('a path into an event', () => {
  it.each([
    ['body.message', 'hi'],
    ['body.n', '12.5'],
    ['body.big', '12345678901234567890'],
    ['body.none', ''],
    ['body.yes', 'true'],
    ['body.a\\.b', 'dotted'],
    ['body.m*e', 'hi'],
    ['body.mess?ge', 'hi'],
    ['body.list.1.id', 'y'],
    ['body.list.#', '3'],
    ['body.list.#.v', '[1,2,3]'],
    ['body.list.#(id=="y").v', '2'],
    ['body.list.#(id=="y")#.v', '[2,3]'],
    ['body.list.#(v>1)#|#', '2'],
    ['body.list.#(id%"x*").v', '1'],
    ['body.list|@reverse|0.v', '3'],
    ['body.[message,n]', '["hi",12.50]'],
    ['body.{message,"count":list.#}', '{"message":"hi","count":3}'],
    ['body.list.0', '{"id":"x","v":1}'],
    ['body.list.9', undefined],
    ['body.message.more', undefined],
    ['nothing', undefined],
    ['', undefined],
  ])('%s is %s', (path, text) => {
    expect(textAt(EVENT, path)).toBe(text);
  });

  it('keeps the text of a part as it was written: digits, and the order of members', () => {
    expect(textAt('{"b":{"9":1.50,"1":2}}', 'b')).toBe('{"9":1.50,"1":2}');
    expect(compact(parseJsonText(' { "b" : [ 1.0 , "<" ] } '))).toBe('{"b":[1.0,"\\u003c"]}');
    expect([plainNumber(1e21), plainNumber(1.5e-7), plainNumber(2)]).toEqual(['1000000000000000000000', '0.00000015', '2']);
  });

  it('does not run over on what is nested without end', () => {
    expect(() => parseJsonText('['.repeat(5000) + ']'.repeat(5000))).toThrow('nested too deeply');
    expect(textAt('{"a":1}', '@this|'.repeat(1000))).toBeUndefined();
  });
});

describe('setting a path of a manifest', () => {
  const manifest = { metadata: { name: 'a' }, spec: { parameters: [{ name: 'm', value: 'x' }] } };

  it.each([
    ['spec.parameters.0.value', 'hi', { ...manifest, spec: { parameters: [{ name: 'm', value: 'hi' }] } }],
    ['spec.parameters.-1', 'new', { ...manifest, spec: { parameters: [...manifest.spec.parameters, 'new'] } }],
    ['spec.parameters.2.value', 'hi', { ...manifest, spec: { parameters: [...manifest.spec.parameters, null, { value: 'hi' }] } }],
    ['metadata.labels.a\\.b/c', 'd', { ...manifest, metadata: { name: 'a', labels: { 'a.b/c': 'd' } } }],
    ['data.:0', 'd', { ...manifest, data: { 0: 'd' } }],
    ['data.0', 'd', { ...manifest, data: ['d'] }],
  ])('%s', (path, value, expected) => {
    expect(setPath(manifest, path, value)).toEqual(expected);
    expect(manifest.spec.parameters).toEqual([{ name: 'm', value: 'x' }]);
  });

  it('refuses what is no path and lists without end', () => {
    expect(() => setPath(manifest, '', 'x')).toThrow('path cannot be empty');
    expect(() => setPath(manifest, 'spec.par*', 'x')).toThrow('wildcard characters not allowed in path');
    expect(() => setPath(manifest, 'spec.parameters.99999999', 'x')).toThrow('a list may not have more than 10000 items');
    expect(setPath({}, '__proto__.polluted', 'x')).toEqual(JSON.parse('{"__proto__":{"polluted":"x"}}'));
    expect({}).not.toHaveProperty('polluted');
  });
});

describe('a data template', () => {
  const data = { Input: { body: { name: 'Ada', tags: ['a', 'b'], n: 3, none: null } } };

  it.each([
    ['{{ .Input.body.name }}', 'Ada'],
    ['{{ .Input.body.name | upper | printf "%s!" }}', 'ADA!'],
    ['{{- range $i, $t := .Input.body.tags }}{{ $i }}{{ $t }},{{ end -}}', '0a,1b,'],
    ['{{ if and (eq .Input.body.name "Ada") (gt .Input.body.n 2) }}yes{{ else }}no{{ end }}', 'yes'],
    ['{{ if .Input.body.none }}a{{ else if eq .Input.body.n 3 }}b{{ else }}c{{ end }}', 'b'],
    ['{{ with .Input.body }}{{ .name }}{{ end }}', 'Ada'],
    ['{{ index .Input.body.tags 1 }}{{ len .Input.body.tags }}', 'b2'],
    ['{{ $x := "a" }}{{ range .Input.body.tags }}{{ $x = . }}{{ end }}{{ $x }}', 'b'],
    ['{{ .Input.body.missing }}', '<no value>'],
    ['{{ .Input.body.missing | default "none" }}', 'none'],
    ['{{ toJson .Input.body.tags }}{{/* said nothing */}}', '["a","b"]'],
    ['{{ "}}" }} {{ `raw\\n` }} {{ 1.5 }} {{ true }}', '}} raw\\n 1.5 true'],
  ])('%s', (template, text) => {
    expect(renderTemplate('param', template, data)).toBe(text);
  });

  it.each([
    ['{{ .Input.body.name', 'unclosed action'],
    ['{{ nothing 1 }}', 'function "nothing" not defined'],
    ['{{ .Input.body.none.deeper }}', 'nil pointer evaluating interface {}.deeper'],
    ['{{ .Input.body.name.first }}', "can't evaluate field first"],
    ['{{ if true }}', 'unexpected EOF'],
    ['{{ constructor }}', 'function "constructor" not defined'],
    ['{{ $x }}', 'undefined variable "$x"'],
    ['{{ range untilStep 0 1000 1 }}{{ range untilStep 0 1000 1 }}x{{ end }}{{ end }}', 'takes too long'],
  ])('%s says why not', (template, message) => {
    expect(() => renderTemplate('param', template, data)).toThrow(message);
  });
});
