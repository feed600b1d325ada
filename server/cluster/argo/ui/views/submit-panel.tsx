import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { call, get } from '../api/client.ts';
import { Definition, listOf, Workflow } from '../api/shapes.ts';
import type { Parameter } from '../api/shapes.ts';
import { valueText } from '../state/format.ts';
import { exampleWorkflow } from '../state/kinds.ts';
import type { DefinitionKind } from '../state/kinds.ts';
import { go } from '../state/router.ts';
import { ParameterFields } from './action-dialog.tsx';
import { ErrorNotice, useLoad } from './common.tsx';
import { CreateManifest } from './create-manifest.tsx';
import { Icon } from './icons.tsx';

function shown(workflow: Workflow, namespace: string): void {
  go(`workflows/${workflow.metadata.namespace ?? namespace}/${workflow.metadata.name ?? ''}`);
}

/** "Submit new workflow": from a template, or from a whole manifest. */
export function SubmitNewWorkflow({ namespace }: { namespace: string }): JSX.Element {
  const full = useSignal(false);
  const chosen = useSignal<string | undefined>(undefined);
  const templates = useLoad(() => get(listOf(Definition), `workflow-templates/${namespace}`), [namespace]);
  const shared = useLoad(() => get(listOf(Definition), 'cluster-workflow-templates'), []);
  const kinds = [
    { kind: 'WorkflowTemplate', title: 'Workflow templates', items: templates.data?.items ?? [] },
    // Who may not list those gets along without.
    { kind: 'ClusterWorkflowTemplate', title: 'Cluster workflow templates', items: shared.data?.items ?? [] },
  ] as const;
  const found = kinds.flatMap(({ kind, items }) => items.map((definition) => ({ kind, definition, key: `${kind}/${definition.metadata.name ?? ''}` }))).find(({ key }) => key === chosen.value);
  if (full.value) return <SubmitManifest namespace={namespace} />;
  return (
    <section class="box">
      <h2>Submit new workflow</h2>
      <p>Either:</p>
      <label class="select">
        <span class="sr-only">Workflow template</span>
        <select value={chosen.value ?? ''} onChange={(event) => (chosen.value = event.currentTarget.value)}>
          <option value="" disabled>
            Select a workflow template...
          </option>
          {kinds.map(
            ({ kind, title, items }) =>
              items.length > 0 && (
                <optgroup key={kind} label={title}>
                  {items.map((item) => (
                    <option key={item.metadata.name} value={`${kind}/${item.metadata.name ?? ''}`}>
                      {item.metadata.name}
                    </option>
                  ))}
                </optgroup>
              ),
          )}
        </select>
      </label>
      <ErrorNotice error={templates.error} />
      {found !== undefined && <SubmitForm key={found.key} definition={found.definition} resourceKind={found.kind} namespace={namespace} />}
      <p>Or:</p>
      <button type="button" class="link" onClick={() => (full.value = true)}>
        Edit using full workflow options <Icon name="right" />
      </button>
    </section>
  );
}

function SubmitManifest({ namespace }: { namespace: string }): JSX.Element {
  const where = (object: unknown) => Workflow.safeParse(object).data?.metadata.namespace ?? namespace;
  return (
    <CreateManifest
      title="Submit new workflow"
      label="Workflow"
      example={exampleWorkflow(namespace)}
      validate={(object) => call(Workflow, 'POST', `workflows/${where(object)}/lint`, { workflow: object })}
      create={async (object) => shown(await call(Workflow, 'POST', `workflows/${where(object)}`, { workflow: object }), where(object))}
    />
  );
}

const WHOLE = '<default>';

/** Entrypoint, parameters and labels of a workflow that is made from a stored definition. */
export function SubmitForm({ definition, resourceKind, namespace }: { definition: Definition; resourceKind: DefinitionKind['kind']; namespace: string }): JSX.Element {
  const entrypoint = useSignal(WHOLE);
  const values = useSignal<Record<string, string>>({});
  const labels = useSignal('submit-from-ui=true');
  const error = useSignal<unknown>(undefined);
  const busy = useSignal(false);
  const own = definition.spec.arguments?.parameters ?? [];
  const template = definition.spec.templates?.find((candidate) => candidate.name === entrypoint.value);
  const known = new Set(own.map((parameter) => parameter.name));
  const parameters: Parameter[] = [...own, ...(template?.inputs?.parameters ?? []).filter((parameter) => !known.has(parameter.name))];
  const valueOf = (parameter: Parameter) => values.value[parameter.name] ?? valueText(parameter.value ?? parameter.default);
  const submit = async (event: Event) => {
    event.preventDefault();
    busy.value = true;
    try {
      const workflow = await call(Workflow, 'POST', `workflows/${namespace}/submit`, {
        resourceKind,
        resourceName: definition.metadata.name,
        submitOptions: {
          ...(entrypoint.value === WHOLE ? {} : { entryPoint: entrypoint.value }),
          parameters: parameters.filter((parameter) => valueOf(parameter) !== '' || parameter.name in values.value).map((parameter) => `${parameter.name}=${valueOf(parameter)}`),
          labels: labels.value,
        },
      });
      shown(workflow, namespace);
    } catch (reason) {
      error.value = reason;
    } finally {
      busy.value = false;
    }
  };
  return (
    <form class="submit-form" onSubmit={(event) => void submit(event)}>
      <h3>
        Submit Workflow: {namespace}/{definition.metadata.name}
      </h3>
      <ErrorNotice error={error.value} />
      <label class="field">
        <span>Entrypoint</span>
        <select value={entrypoint.value} onChange={(event) => (entrypoint.value = event.currentTarget.value)}>
          <option value={WHOLE}>{WHOLE}</option>
          {definition.spec.templates?.map((candidate) => (
            <option key={candidate.name} value={candidate.name}>
              {candidate.name}
            </option>
          ))}
        </select>
      </label>
      <fieldset>
        <legend>Parameters</legend>
        {parameters.length === 0 && <p class="quiet">No parameters</p>}
        <ParameterFields parameters={parameters} valueOf={valueOf} onChange={(name, value) => (values.value = { ...values.value, [name]: value })} />
      </fieldset>
      <label class="field">
        <span>Labels</span>
        <input type="text" value={labels.value} onInput={(event) => (labels.value = event.currentTarget.value)} />
      </label>
      <button type="submit" class="pill solid" disabled={busy.value}>
        <Icon name="plus" /> Submit
      </button>
    </form>
  );
}
