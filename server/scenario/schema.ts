import { z } from 'zod';

/**
 * The files of a scenario, as far as the lab reads them. Unknown keys are kept out of the way, not refused: the public
 * scenarios hold many. Aliases of the format's older dialect (`code`, `courseData`) are read as what they mean.
 *
 * Each schema is made twice: strictly, for editors and for `argo-lab lint`, and softly, for loading, where a field of
 * the wrong type that a scenario can do without counts as absent.
 */
type Soft = <T>(schema: z.ZodType<T>) => z.ZodType<T | undefined>;
const strictly: Soft = (schema) => schema.optional();
const softly: Soft = (schema) => schema.optional().catch(undefined);

/** A text where authors also write a number or a truth value. */
const Label = z.union([z.string(), z.number(), z.boolean()]).transform(String);
const Flag = z.union([z.boolean(), z.enum(['true', 'false'])]).transform((value) => value === true || value === 'true');
const Port = z.union([z.number(), z.string().regex(/^\d+$/).transform(Number)]).pipe(z.number().int().min(1).max(65535));

const AssetFile = z.object({
  file: z.string().describe('Below assets/, or a pattern: * stays in a folder, ** does not'),
  target: z.string().default('~').describe("A folder in the session; ~ is the learner's home"),
  chmod: z.string().optional().describe('What chmod is given: +x, 755'),
});

/** What a real cluster made for the scenario has besides: fields of kind's own configuration of a node. */
const KindBackend = z.object({
  extraPortMappings: z.array(z.object({ containerPort: z.number().int().min(1).max(65535), hostPort: z.number().int().min(1).max(65535).optional(), protocol: z.enum(['TCP', 'UDP', 'SCTP']).optional() })).default([]),
  /** `hostPath` is relative to the scenario's folder and stays in it. */
  extraMounts: z.array(z.object({ hostPath: z.string(), containerPath: z.string(), readOnly: z.boolean().default(true) })).default([]),
  kubeadmConfigPatches: z.array(z.string()).default([]),
});
export type KindBackend = z.infer<typeof KindBackend>;

/** How the Argo Server is started. */
const ArgoBackend = z.object({ authModes: z.array(z.enum(['client', 'server', 'sso'])).min(1).default(['client']), secure: z.boolean().default(false) });
export type ArgoBackend = z.infer<typeof ArgoBackend>;

function indexFile(soft: Soft) {
  const script = (what: string) => z.string().optional().describe(what);
  const page = {
    title: soft(Label.describe('Shown above the page')),
    verify: script('A script: exit code 0 passes, and what it prints is shown'),
    foreground: script("A script, run in the learner's own shell when the page opens"),
    background: script('A script, run beside it, unseen'),
    code: script('Older name of foreground'),
    courseData: script('Older name of background'),
    answer: script('A Markdown file with the solution, shown on request'),
    hint: script('A script whose output is a hint; $1 is the seconds since the step was opened'),
    credits: soft(z.string().describe('Whom the page thanks: a link or a line of Markdown')),
  };
  const EndPage = z.object({ ...page, text: z.string().optional().describe('A Markdown file') });
  const Step = z.object({ ...page, text: z.string().describe('A Markdown file') });
  const Assets = z.record(z.string(), soft(z.union([z.array(AssetFile), AssetFile.transform((one) => [one])])));
  const Dashboard = z.object({ name: soft(Label), port: soft(Port), href: soft(z.string()) });
  const Terminal = z.object({ name: soft(Label), target: soft(z.string()), command: soft(z.string()) });
  const interfaceKeys = { layout: soft(z.string().describe('ide, terminal, ide-terminal or terminal-terminal')), uilayout: soft(z.string()), hideHiddenFiles: soft(Flag) };
  return z.object({
    title: soft(Label),
    description: soft(Label),
    difficulty: soft(Label),
    time: soft(Label),
    details: z
      .object({
        intro: EndPage.optional(),
        steps: z.array(Step).optional(),
        finish: EndPage.optional(),
        assets: soft(Assets),
        difficulty: soft(Label),
        duration: soft(Label),
      })
      .optional(),
    backend: soft(
      z.object({
        imageid: soft(Label.describe('ubuntu, kubernetes-kubeadm-1node, kubernetes-kubeadm-2nodes and their older names')),
        namespace: soft(z.string().describe('The namespace that kubectl is in at the start')),
        background: soft(z.string()),
        port: soft(Port),
        dashboards: soft(z.array(Dashboard)),
        kind: soft(KindBackend),
        argo: soft(ArgoBackend),
      }),
    ),
    interface: soft(z.object(interfaceKeys)),
    environment: soft(
      z.object({
        uilayout: soft(z.string()),
        dashboards: soft(z.array(Dashboard)),
        dashboard: soft(Label),
        showdashboard: soft(Flag),
        terminals: soft(z.array(Terminal)),
        hideintro: soft(Flag),
        hidefinish: soft(Flag),
        uieditorpath: soft(z.string()),
        showide: soft(Flag),
        hideHiddenFiles: soft(Flag),
        exclusionPatterns: soft(z.array(z.string()).describe("Left out of the editor's tree: names, or paths from the folder that it shows")),
        uimessage1: soft(Label.describe('Shown in the first terminal, above its prompt')),
      }),
    ),
    /** Misplaced: they belong into details. */
    intro: soft(EndPage),
    steps: soft(z.array(Step)),
    finish: soft(EndPage),
    assets: soft(Assets),
  });
}

export const StrictIndexFile = indexFile(strictly);
export const IndexFile = indexFile(softly);
export type IndexFile = z.infer<typeof IndexFile>;
export type PageFile = NonNullable<NonNullable<NonNullable<IndexFile['details']>['steps']>[number]>;
export type EndPageFile = NonNullable<NonNullable<IndexFile['details']>['intro']>;

const StructureItem = z.union([
  z.string().transform((path) => ({ path, title: undefined, description: undefined })),
  z.object({ path: z.string().describe('A folder with a scenario or a course'), title: softly(Label).describe('Instead of its own'), description: softly(Label).describe('Instead of its own') }),
]);
export type StructureItem = { path: string; title?: string | undefined; description?: string | undefined };

export const StructureFile = z.object({
  title: softly(Label),
  description: softly(Label),
  /** Each is read by itself, so that a broken one does not break the course. */
  items: z.array(z.unknown()).default([]),
});
export { StructureItem };

/** For editors: what a course's structure.json should look like. */
export const StrictStructureFile = z.object({
  title: z.string().optional().describe('The name of the course'),
  description: z.string().optional(),
  items: z.array(z.object({ path: z.string().describe('A folder with a scenario or a course'), title: z.string().optional().describe('Instead of its own'), description: z.string().optional().describe('Instead of its own') })).describe('What the course shows, in this order'),
});

/** Katacoda's `NAME-pathway.json`: the order of the scenarios in the folder NAME. */
const PathwayEntry = z.object({ course_id: softly(z.string()), id: softly(z.string()), pathway_id: softly(z.string()), title: softly(Label), description: softly(Label), external_link: softly(z.string()) });
export const PathwayFile = z.object({ title: softly(Label), description: softly(Label), courses: softly(z.array(PathwayEntry)), scenarios: softly(z.array(PathwayEntry)) });

/** `katacoda.yaml`: where the scenarios are. */
export const KatacodaFile = z.object({ scenario_root: z.string().optional() });
