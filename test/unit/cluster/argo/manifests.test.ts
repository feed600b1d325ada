import { describe, expect, it } from 'vitest';
import { objectsOfKind } from '../../../../server/cluster/argo/cli/manifests.ts';

describe('the files that argo submits', () => {
  it('are read for one kind; the others are named in a warning as the real argo names them', () => {
    const said: string[] = [];
    const found = objectsOfKind({ log: (level, message) => said.push(`${level}: ${message}`) }, ['kind: Workflow\nmetadata: {name: one}\n---\nkind: CronWorkflow\nmetadata: {name: two}\n---\nkind: ConfigMap\nmetadata: {name: three}\n---\nname: nothing\n'], 'Workflow');
    expect(found).toEqual([{ kind: 'Workflow', metadata: { name: 'one' } }]);
    expect(said).toEqual(['warning: two is not of kind Workflow. Ignoring...', 'warning:  is not of kind Workflow. Ignoring...']);
  });
});
