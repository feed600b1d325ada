import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import { get } from '../api/client.ts';
import { Definition } from '../api/shapes.ts';
import { fieldsAt, isFields, listAt, valueAt, write } from '../state/edit.ts';
import type { Fields, Path } from '../state/edit.ts';
import { valueText } from '../state/format.ts';
import { planGraph } from '../state/plan-graph.ts';
import { ErrorNotice, useLoad } from './common.tsx';
import { GraphView } from './graph-view.tsx';

/** What a workflow with the spec at a path would run; a click on a node shows its template. */
export function PlanView({ object, path, namespace }: { object: Fields; path: Path; namespace: string }): JSX.Element {
  const selected = useSignal<string | undefined>(undefined);
  const own = fieldsAt(object, path);
  const ref = valueText(valueAt(own, ['workflowTemplateRef', 'name']));
  const shared = valueAt(own, ['workflowTemplateRef', 'clusterScope']) === true;
  const referred = useLoad(async () => (ref === '' ? undefined : get(Definition, shared ? `cluster-workflow-templates/${ref}` : `workflow-templates/${namespace}/${ref}`)), [ref, shared, namespace]);
  const spec: Fields = referred.data === undefined ? own : { ...referred.data.spec, ...own };
  const name = valueText(valueAt(object, ['metadata', 'name'])) || `${valueText(valueAt(object, ['metadata', 'generateName']))}…`;
  const key = JSON.stringify(spec);
  const nodes = useMemo(() => planGraph(name, spec), [name, key]);
  const node = selected.value === undefined ? undefined : nodes[selected.value];
  const template = listAt(spec, ['templates']).find((candidate) => isFields(candidate) && candidate['name'] === node?.templateName);
  return (
    <>
      <ErrorNotice error={referred.error} onRetry={referred.reload} />
      {Object.keys(nodes).length === 0 && (ref === '' || referred.data !== undefined) && <p>Nothing to show: there is no entrypoint.</p>}
      {Object.keys(nodes).length > 0 && <GraphView key={name} nodes={nodes} selected={selected.value} onSelect={(id) => (selected.value = id === selected.value ? undefined : id)} />}
      {node !== undefined && (
        <section class="box small" aria-label={`Template of ${node.displayName ?? node.name}`}>
          <h2>{node.templateRef?.template === undefined ? (node.templateName ?? node.displayName) : `${node.templateRef.name ?? ''}/${node.templateRef.template}`}</h2>
          {template === undefined ? (
            <p class="quiet">Its template stands elsewhere.</p>
          ) : (
            <pre class="shell" tabIndex={0}>
              {write(template, 'yaml')}
            </pre>
          )}
        </section>
      )}
    </>
  );
}
