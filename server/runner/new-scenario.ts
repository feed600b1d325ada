import { access, mkdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { writeFileAtomic } from '../lib/atomic-file.ts';
import { LabError } from '../lib/errors.ts';

export type NewKind = 'exercise' | 'tour';

/** A name that is a folder, a part of an address and a label everywhere. */
const NAME = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const READABLE = 0o644;
/** Only what is needed to add an item; everything else stays as it is. */
const Structure = z.looseObject({ items: z.array(z.unknown()) });

/**
 * Makes a scenario that passes `lint` and `test` as it is, and returns its folder. In a course with a structure.json it
 * is listed there. Refuses names that can't be used everywhere, and what is there already.
 */
export async function newScenario(name: string, course: string, kind: NewKind): Promise<{ folder: string; listed: string | undefined }> {
  if (!NAME.test(name)) throw new LabError('bad-request', `“${name}” can't be the name of a scenario`, 'Use lower-case letters, digits and hyphens between them, at most 63: debugging-workflows.');
  const folder = join(course, name);
  if (await exists(folder)) throw new LabError('conflict', `${folder} is there already`, 'Choose another name, or remove it first.');
  const files = kind === 'exercise' ? exercise(titleOf(name)) : tour(titleOf(name));
  // Whole or not at all: written beside, then moved.
  const draft = join(course, `.${name}.new`);
  await rm(draft, { recursive: true, force: true });
  try {
    for (const [file, text] of Object.entries(files)) {
      await mkdir(join(draft, dirname(file)), { recursive: true });
      await writeFileAtomic(join(draft, file), text, READABLE);
    }
    await rename(draft, folder);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
  return { folder, listed: await list(course, basename(folder)) };
}

/** Adds the scenario to the course's structure.json, where it has one. */
async function list(course: string, path: string): Promise<string | undefined> {
  const file = join(course, 'structure.json');
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  let structure: z.infer<typeof Structure>;
  try {
    const parsed: unknown = JSON.parse(text);
    const { items } = Structure.parse(parsed);
    // In the author's order of keys, which zod does not keep.
    structure = { ...Object.fromEntries(Object.entries(parsed ?? {})), items };
  } catch {
    throw new LabError('scenario-broken', `the scenario is made, but ${file} can't be read, so that it is not listed there`, `Add {"path": "${path}"} to its items by hand.`);
  }
  structure.items.push({ path });
  await writeFileAtomic(file, withItem(text, path, structure), READABLE);
  return file;
}

/** Pure: the file's text with one item more, its author's way of writing kept where that can be done safely. */
export function withItem(text: string, path: string, wanted: unknown): string {
  const items = /"items"\s*:\s*\[/.exec(text);
  const end = items === null ? -1 : text.indexOf(']', items.index + items[0].length);
  const before = text.slice(0, end).trimEnd();
  const indent = /\n([ \t]*)\S[^\n]*$/.exec(before)?.[1] ?? '    ';
  const closing = /\n([ \t]*)$/.exec(text.slice(0, end))?.[1] ?? '  ';
  const added = end === -1 ? '' : `${before}${before.endsWith('[') ? '' : ','}\n${before.endsWith('[') ? `${indent}  ` : indent}{ "path": ${JSON.stringify(path)} }\n${closing}${text.slice(end)}`;
  try {
    if (JSON.stringify(JSON.parse(added)) === JSON.stringify(wanted)) return added;
  } catch {
    // Brackets within strings, comments: written anew.
  }
  return `${JSON.stringify(wanted, null, 2)}\n`;
}

function titleOf(name: string): string {
  const words = name.replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function indexOf(title: string, description: string, step: { title: string; folder: string }): string {
  const index = {
    title,
    description,
    difficulty: 'Beginner',
    time: '5 minutes',
    details: {
      intro: { title: 'Welcome', text: 'intro/text.md' },
      steps: [{ title: step.title, text: `${step.folder}/text.md` }],
      finish: { title: 'Done', text: 'finish/text.md' },
    },
    backend: { imageid: 'kubernetes-kubeadm-1node' },
  };
  return `${JSON.stringify(index, null, 2)}\n`;
}

function exercise(title: string): Record<string, string> {
  return {
    'index.json': indexOf(title, 'Say in one sentence what a learner can do afterwards.', { title: 'A greeting', folder: 'greeting' }),
    'intro/text.md': `# ${title}

Say what this is about, and what the learner needs to know already.

Make sure that the cluster answers:

\`\`\`bash
kubectl get nodes
\`\`\`{{exec}}
`,
    'greeting/text.md': `# A greeting

A ConfigMap keeps settings apart from the program that reads them. See which ones there are:

\`\`\`bash
kubectl get configmaps
\`\`\`{{exec}}

## Your turn

Create a ConfigMap with the name \`greeting\`{{}} and one key, \`text\`{{}}, whose value is \`hello\`{{}}. Then press Check.
`,
    'greeting/checks.yaml': `# What Check asks, the solution, and what learners get wrong. See "Checks that teach" in scenarios/README.md.
checks:
  - id: greeting
    title: The ConfigMap greeting says hello
    live: true
    resource:
      resource: v1/configmaps
      namespace: default
      name: greeting
      fields:
        - { path: data.text, equals: hello }
    hints:
      - "kubectl create configmap --help shows how a key and its value are given."
exercise:
  # What the check says before anything was done.
  expectBefore: There is no configmap/greeting in namespace default.
  solution: |
    kubectl create configmap greeting --from-literal=text=hello
  # Each of them has to fail, with these words.
  nearMisses:
    - title: the value is another one
      run: |
        kubectl create configmap greeting --from-literal=text=goodbye
      expect: configmap/greeting exists, but data.text is goodbye.
    - title: the key has another name
      run: |
        kubectl create configmap greeting --from-literal=greeting=hello
      expect: configmap/greeting exists, but data.text is not set.
`,
    'finish/text.md': `# Done

Say what the learner has done, and where to go on.
`,
  };
}

function tour(title: string): Record<string, string> {
  return {
    'index.json': indexOf(title, 'Say in one sentence what a learner gets to see.', { title: 'Looking around', folder: 'look' }),
    'intro/text.md': `# ${title}

Say what there is to see. A tour has nothing to solve: the learner clicks and reads.
`,
    'look/text.md': `# Looking around

What runs in the cluster?

\`\`\`bash
kubectl get pods --all-namespaces
\`\`\`{{exec}}

And how is one of its objects described?

\`\`\`bash
kubectl explain configmap.data
\`\`\`{{exec}}
`,
    'finish/text.md': `# Done

Say where to go on.
`,
  };
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
