import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { argoExprEnv, evalExpr, shouldExecute } from '../../../../server/cluster/argo/expressions/index.ts';
import { goJsonOf } from '../../../../server/cluster/argo/expressions/expr/values.ts';

/** What the real libraries answered: expr-lang 1.17, sprig 3.3, evilmonkeyinc/jsonpath 0.8.1 and govaluate, as Argo Workflows v3.7.6 builds them. */
const table = (name: string) => z.array(z.tuple([z.string(), z.string()])).parse(JSON.parse(readFileSync(new URL(`./tables/${name}.json`, import.meta.url), 'utf8')));

const json = '{"a":[1,2,{"b":null}],"c":"x","f":1.5,"big":12345678901,"store":{"book":[{"title":"A","price":8.95,"tags":["x"]},{"title":"B","price":12.99}],"n":{"a":1}}}';
const parameters = { 'workflow.parameters.n': '5', 'workflow.parameters.s': 'héllo wörld', 'workflow.parameters.j': json, 'workflow.parameters.l': '[3,1,2]', 'workflow.parameters.e': '' };

const outcome = (run: () => string): string => {
  try {
    return run();
  } catch (error) {
    return `error: ${(error instanceof Error ? error.message : String(error)).split('\n')[0] ?? ''}`;
  }
};

describe('expressions', () => {
  const env = argoExprEnv({ 'workflow.name': 'w', ...parameters });

  it.each(table('expr'))('%s', (expression, expected) => {
    // Go writes half a letter as an escape.
    expect(outcome(() => goJsonOf(evalExpr(expression, env)))).toBe(expected.replaceAll('\\ufffd', '\ufffd'));
  });
});

describe('conditions', () => {
  it.each(table('when'))('%s', (expression, expected) => {
    expect(outcome(() => String(shouldExecute(expression)))).toBe(expected.split('\n')[0]);
  });
});
