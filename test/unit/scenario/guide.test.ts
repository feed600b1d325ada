import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { JSON_SCHEMAS } from '../../../server/checks/json-schema.ts';
import { checkKinds, validateCheck } from '../../../server/checks/index.ts';
import { kindsGuide } from '../../../server/checks/guide.ts';
import { ChecksFile } from '../../../server/scenario/checks-file.ts';
import { authorGuide } from '../../harness/author-guide.ts';

describe("the author's guide", () => {
  it('describes every rule and every kind of check as the code has them', () => {
    const { is, shouldBe } = authorGuide();
    expect(is, 'npx tsx test/harness/author-guide.ts writes it').toBe(shouldBe);
  });

  it('has an example of each kind that works as it stands', () => {
    const yaml = /```yaml\n([^]*?)\n```/.exec(kindsGuide())?.[1] ?? '';
    const { checks } = ChecksFile.parse({ checks: parse(yaml) });
    expect(checks.map((check) => check.id)).toEqual(checkKinds().map((kind) => kind.name.toLowerCase()));
    expect(checks.map((check, index) => validateCheck(checkKinds()[index]?.name ?? '', check[checkKinds()[index]?.name ?? '']))).toEqual(checks.map(() => undefined));
  });

  it('shows a checks.yaml that is one', async () => {
    const text = await readFile(join(import.meta.dirname, '../../../scenarios/README.md'), 'utf8');
    const yaml = /```yaml\n(variables:[^]*?)\n```/.exec(text)?.[1] ?? '';
    expect(ChecksFile.parse(parse(yaml)).checks.map((check) => validateCheck('tokenValid', check['tokenValid']))).toEqual([undefined]);
  });
});

describe('the JSON Schemas', () => {
  const Schema = z.object({ $schema: z.string(), properties: z.record(z.string(), z.unknown()) });

  it('of checks.yaml knows every kind, and lets each check have exactly one', () => {
    const { checks } = z.object({ checks: z.object({ items: z.object({ properties: z.record(z.string(), z.unknown()), oneOf: z.array(z.object({ required: z.array(z.string()) })) }) }) }).parse(Schema.parse(JSON_SCHEMAS.checks()).properties);
    expect(checks.items.oneOf.map((one) => one.required)).toEqual(checkKinds().map((kind) => [kind.name]));
    expect(Object.keys(checks.items.properties)).toEqual(['id', 'title', 'live', 'hints', 'why', 'next', ...checkKinds().map((kind) => kind.name)]);
  });

  it('of index.json and structure.json are of the draft that editors know, and forbid no key', () => {
    for (const name of ['index', 'structure'] as const) {
      const schema = JSON_SCHEMAS[name]();
      expect(Schema.parse(schema).$schema).toBe('http://json-schema.org/draft-07/schema#');
      expect(JSON.stringify(schema)).not.toContain('"additionalProperties":false');
    }
    expect(Object.keys(Schema.parse(JSON_SCHEMAS.index()).properties)).toEqual(expect.arrayContaining(['title', 'details', 'backend', 'interface', 'environment']));
  });
});
