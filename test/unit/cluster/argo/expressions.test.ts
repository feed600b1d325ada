import { describe, expect, it } from 'vitest';
import { argoExprEnv, evalBool, evalExpr, replaceTags, shouldExecute, toPlainJson } from '../../../../server/cluster/argo/expressions/index.ts';

const event = argoExprEnv({ namespace: 'argo', discriminator: '', metadata: { 'x-argo': ['yes'] }, payload: { message: 'hi', n: 5, list: [1, 2, 3] } });

describe('expr-lang', () => {
  it.each([
    ['1 + 2 * 3', 7],
    ['7 / 2', 3.5],
    ['7 % 2', 1],
    ['2 ** 3', 8],
    ['"a" + "b"', 'ab'],
    ['payload.message', 'hi'],
    ['payload.nothing', null],
    ['payload?.a?.b ?? "none"', 'none'],
    ['payload.message != ""', true],
    ['payload.nothing != ""', true],
    ['metadata["x-argo"] == ["yes"]', true],
    ['payload.n == 5 and not (payload.n in [1, 2])', true],
    ['"i" in ["h", "i"] ? "yes" : "no"', 'yes'],
    ['filter(payload.list, # > 1)', [2, 3]],
    ['map(payload.list, {# * 2})', [2, 4, 6]],
    ['payload.list | map(# + 1) | last()', 4],
    ['payload.list[1:]', [2, 3]],
    ['sum(payload.list)', 6],
    ['reduce(payload.list, #acc + #, 0)', 6],
    ['asInt("4") + 1', 5],
    ['sprig.upper(payload.message)', 'HI'],
    ['sprig.trimSuffix("-x", "a-x") + toJson([1, "b"])', 'a[1,"b"]'],
    ['jsonpath("{\\"a\\":[{\\"b\\":1}]}", "$.a[0].b")', 1],
    ['let x = 5; x * x', 25],
    ['"%" matches "^.$" && "abc" startsWith "a" && "abc" not contains "d"', true],
    ['{"a": 1, b: [true]}', { a: 1, b: [true] }],
    ['1..3', [1, 2, 3]],
    ['string(1) + string(1.5) + string(true)', '11.5true'],
    ['1 < 2 < 3', true],
    ['any([{"a": 1}], .a == 1)', true],
  ])('%s gives %j', (source, value) => {
    expect(toPlainJson(evalExpr(source, event))).toEqual(value);
  });

  it.each([
    ['', 'unexpected token EOF'],
    ['(', 'unexpected token EOF (1:1)\n | (\n | ^'],
    ['payload ===', 'unexpected token Operator("=") (1:11)\n | payload ===\n | ..........^'],
    ['foo(payload)', 'unknown name foo (1:1)\n | foo(payload)\n | ^'],
    ['event.payload.message == "hi"', 'unknown name event (1:1)\n | event.payload.message == "hi"\n | ^'],
    ['payload.message + 1 == 2', "unable to evaluate expression 'payload.message + 1 == 2': invalid operation: string + int (1:17)\n | payload.message + 1 == 2\n | ................^"],
    ['namespace + 1 == 2', 'invalid operation: + (mismatched types string and int) (1:11)\n | namespace + 1 == 2\n | ..........^'],
    ['payload.a.b == 1', "unable to evaluate expression 'payload.a.b == 1': cannot fetch b from <nil> (1:11)\n | payload.a.b == 1\n | ..........^"],
    ['payload.message', "unable to cast expression result 'hi' to bool"],
    ["'abc", "literal not terminated (1:5)\n | 'abc\n | ....^"],
  ])('%s fails with the words of the original', (source, message) => {
    expect(() => evalBool(source, event)).toThrow(message);
    try {
      evalBool(source, event);
    } catch (error) {
      expect(error instanceof Error ? error.message : '').toBe(message);
    }
  });
});

describe('when', () => {
  it.each([
    ['tails == heads', false],
    ['heads == heads', true],
    ['heads != tails && 3 < 5', true],
    ['( a == b ) || ( "x y" == "x y" )', true],
    ['2 in (1, 2)', true],
    ['5 >= 10', false],
    ['"abc" =~ "^a"', true],
    ['true', true],
    ['!false', true],
    ['1 == 1 ? true : false', true],
    ['', true],
  ])('%s is %s', (when, expected) => {
    expect(shouldExecute(when)).toBe(expected);
  });

  it.each([
    ['a-b == c', "Failed to evaluate 'when' expresion 'a-b == c': Value 'a' cannot be used with the modifier '-', it is not a number"],
    ['foo', "Expected boolean evaluation for 'foo'. Got foo"],
    ['a == b)', "Invalid 'when' expression 'a == b)': Unbalanced parenthesis"],
    ['{{x}} == 1', `Invalid 'when' expression '{{x}} == 1': Invalid token: '{{' (hint: try wrapping the affected expression in quotes ("))`],
  ])('%s is refused', (when, message) => {
    expect(() => shouldExecute(when)).toThrow(new Error(message));
  });
});

describe('templating', () => {
  const values = { 'inputs.parameters.message': 'say "hi"\nthere', 'steps.a.outputs.result': '4', item: 'x' };

  it.each([
    ['{"a":"{{inputs.parameters.message}}"}', '{"a":"say \\"hi\\"\\nthere"}'],
    ['{"a":"{{ item }}-{{unknown}}"}', '{"a":"x-{{unknown}}"}'],
    ["{\"a\":\"{{=asInt(steps.a.outputs.result) + 1}}\"}", '{"a":"5"}'],
    ['{"a":"{{=steps.a.nothing}}"}', '{"a":"{{=steps.a.nothing}}"}'],
    ['{"a":"{{=retries}}"}', '{"a":"{{=retries}}"}'],
    ['{"a":"{{=sprig.upper(item)}}"}', '{"a":"X"}'],
  ])('%s becomes %s', (json, expected) => {
    expect(replaceTags(json, values, true)).toBe(expected);
  });

  it('says which tag nothing is known of', () => {
    expect(() => replaceTags('"{{steps.b.x}}"', values, false)).toThrow('failed to resolve {{steps.b.x}}');
  });
});
