import { z } from 'zod';

/**
 * The files of a scenario, as far as the lab reads them. Unknown keys are kept out of the way, not refused: the public
 * scenarios hold many. Aliases of the format's older dialect (`code`, `courseData`) are read as what they mean.
 */
const PageFile = z.object({
  title: z.string().optional(),
  text: z.string(),
  verify: z.string().optional(),
  foreground: z.string().optional(),
  background: z.string().optional(),
  code: z.string().optional(),
  courseData: z.string().optional(),
});

const EndPageFile = PageFile.extend({ text: z.string().optional() });

const AssetFile = z.object({ file: z.string(), target: z.string(), chmod: z.string().optional() });

export const IndexFile = z.object({
  title: z.string().optional(),
  description: z.string().optional(),
  difficulty: z.string().optional(),
  time: z.string().optional(),
  details: z
    .object({
      intro: EndPageFile.optional(),
      steps: z.array(PageFile).optional(),
      finish: EndPageFile.optional(),
      assets: z.record(z.string(), z.union([z.array(AssetFile), AssetFile.transform((one) => [one])])).optional(),
    })
    .optional(),
  backend: z.object({ imageid: z.string().optional(), namespace: z.string().optional() }).optional(),
});
export type IndexFile = z.infer<typeof IndexFile>;

export const StructureFile = z.object({
  title: z.string().optional(),
  description: z.string().optional(),
  items: z.array(z.object({ path: z.string(), title: z.string().optional(), description: z.string().optional() })),
});

/** One check: its id, title and hints, and exactly one key that names its kind. */
const CheckEntry = z
  .object({ id: z.string().regex(/^[a-z0-9-]+$/, 'use lower-case letters, digits and hyphens'), title: z.string().min(1), live: z.boolean().default(false), hints: z.array(z.string()).default([]) })
  .catchall(z.unknown());

export const ChecksFile = z
  .object({
    /** Names of shell variables that the checks ask about. */
    variables: z.array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'is no name of a shell variable')).default([]),
    checks: z.array(CheckEntry).min(1),
    exercise: z
      .object({
        /** What the first failing check says (its `why`) before anything was done. */
        expectBefore: z.string().min(1),
        solution: z.string().min(1),
        /** Ids of earlier steps (`step2`) whose result the solution takes back on purpose. */
        undoes: z.array(z.string()).default([]),
        nearMisses: z.array(z.object({ title: z.string().min(1), run: z.string().min(1), expect: z.string().min(1) }).strict()).default([]),
      })
      .strict()
      .optional(),
  })
  .strict();
