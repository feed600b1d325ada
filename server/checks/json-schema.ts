import { z } from 'zod';
import { ChecksFile } from '../scenario/checks-file.ts';
import { StrictIndexFile, StrictStructureFile } from '../scenario/schema.ts';
import { Words } from '../scenario/words.ts';
import { checkKinds } from './registry.ts';

type JsonSchema = Record<string, unknown>;

const OPTIONS = { target: 'draft-7', io: 'input', unrepresentable: 'any' } as const;

function schemaOf(schema: z.ZodType): JsonSchema {
  const { $schema: _draft, ...rest } = z.toJSONSchema(schema, OPTIONS);
  return rest;
}

/** The files that authors write, as JSON Schema (draft 7, which editors know), made from what the lab reads them with. */
export const JSON_SCHEMAS: Readonly<Record<'checks' | 'index' | 'structure', () => JsonSchema>> = {
  checks: checksSchema,
  index: () => ({ $schema: 'http://json-schema.org/draft-07/schema#', title: "A scenario's index.json", ...open(schemaOf(StrictIndexFile)) }),
  structure: () => ({ $schema: 'http://json-schema.org/draft-07/schema#', title: "A course's structure.json", ...open(schemaOf(StrictStructureFile)) }),
};

/** `checks.yaml`: each check has exactly one of the kinds in the registry. */
function checksSchema(): JsonSchema {
  const file = schemaOf(ChecksFile);
  const kinds = checkKinds();
  const words = schemaOf(Words);
  const check: JsonSchema = {
    type: 'object',
    required: ['id', 'title'],
    additionalProperties: false,
    properties: {
      id: { type: 'string', pattern: '^[a-z0-9-]+$', description: 'Lower-case letters, digits and hyphens' },
      title: { ...words, description: 'What is asked, as the learner reads it' },
      live: { type: 'boolean', default: false, description: 'Cheap: asked again while the learner works' },
      hints: { type: 'array', items: words, description: 'Shown one after another, when asked for' },
      why: { ...words, description: "Why it fails, in the author's own words" },
      next: { ...words, description: "What to do next, in the author's own words" },
      ...Object.fromEntries(kinds.map(({ name, description, schema }) => [name, { description, ...schemaOf(schema) }])),
    },
    oneOf: kinds.map(({ name }) => ({ required: [name] })),
  };
  const properties = isRecord(file['properties']) ? file['properties'] : {};
  return { $schema: 'http://json-schema.org/draft-07/schema#', title: 'The checks of a page: checks.yaml', ...file, properties: { ...properties, checks: { type: 'array', minItems: 1, items: check } } };
}

/** Public scenarios hold many keys of other hosts: none is an error. */
function open(schema: JsonSchema): JsonSchema {
  const visit = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(visit);
    if (!isRecord(value)) return value;
    return Object.fromEntries(Object.entries(value).filter(([key, inner]) => !(key === 'additionalProperties' && inner === false)).map(([key, inner]) => [key, visit(inner)]));
  };
  const seen = visit(schema);
  return isRecord(seen) ? seen : schema;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
