import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { call, get } from '../api/client.ts';
import { Definition, listOf, Workflow } from '../api/shapes.ts';
import type { Parameter } from '../api/shapes.ts';
import { valueText } from '../state/format.ts';
import { exampleWorkflow } from '../state/kinds.ts';
import type { DefinitionKind } from '../state/kinds.ts';
import { go, place } from '../state/router.ts';
import { ParameterFields } from './action-dialog.tsx';
import { ErrorNotice, useLoad } from './common.tsx';
import { CreateManifest } from './create-manifest.tsx';
import { Icon } from './icons.tsx';

function shown(workflow: Workflow, namespace: string): void {
  go(`workflows/${workflow.metadata.namespace ?? namespace}/${workflow.metadata.name ?? ''}`);
}

interface Choice {
  kind: 'WorkflowTemplate' | 'ClusterWorkflowTemplate';
  definition: Definition;
}

/** "Submit new workflow": from a template, or from a whole manifest. `?template=` of the address chooses one, `?parameters[name]=` gives values. */
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
  const asked = place.value.query.get('template');
  const key = chosen.value ?? (asked === null ? undefined : `WorkflowTemplate/${asked}`);
  const found = kinds.flatMap(({ kind, items }) => items.map((definition): Choice & { key: string } => ({ kind, definition, key: `${kind}/${definition.metadata.name ?? ''}` }))).find((choice) => choice.key === key);
  if (full.value) return <SubmitManifest namespace={namespace} from={found} />;
  const edit = (
    <button type="button" class="link" onClick={() => (full.value = true)}>
      Edit using full workflow options <Icon name="right" />
    </button>
  );
  if (found !== undefined) {
    return (
      <>
        <SubmitForm key={found.key} definition={found.definition} resourceKind={found.kind} namespace={namespace} />
        {edit}
      </>
    );
  }
  return (
    <section class="box">
      <h2>Submit new workflow</h2>
      <p>Either:</p>
      <label class="select">
        <span class="sr-only">Workflow template</span>
        <select value="" onChange={(event) => (chosen.value = event.currentTarget.value)}>
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
      <p>Or:</p>
      {edit}
    </section>
  );
}

/** The workflow that a template stands for, to be changed before it is made. */
function workflowFrom({ kind, definition }: Choice, namespace: string): unknown {
  const name = definition.metadata.name ?? '';
  const shared = kind === 'ClusterWorkflowTemplate';
  return {
    metadata: { generateName: `${name}-`, namespace, labels: { [`workflows.argoproj.io/${shared ? 'cluster-' : ''}workflow-template`]: name, 'submit-from-ui': 'true' } },
    spec: { ...(definition.spec.arguments === undefined || definition.spec.arguments === null ? {} : { arguments: definition.spec.arguments }), workflowTemplateRef: { name, ...(shared ? { clusterScope: true } : {}) } },
  };
}

function SubmitManifest({ namespace, from }: { namespace: string; from: Choice | undefined }): JSX.Element {
  const where = (object: unknown) => Workflow.safeParse(object).data?.metadata.namespace ?? namespace;
  return (
    <CreateManifest
      title="Submit new workflow"
      kind="Workflow"
      namespace={namespace}
      example={from === undefined ? exampleWorkflow(namespace) : workflowFrom(from, namespace)}
      validate={(object) => call(Workflow, 'POST', `workflows/${where(object)}/lint`, { workflow: object })}
      create={async (object) => shown(await call(Workflow, 'POST', `workflows/${where(object)}`, { workflow: object }), where(object))}
    />
  );
}

const WHOLE = '<default>';

/** Entrypoint, parameters and labels of a workflow that is made from a stored definition. */
export function SubmitForm({ definition, resourceKind, namespace }: { definition: Definition; resourceKind: DefinitionKind['kind']; namespace: string }): JSX.Element {
  const first = definition.spec.entrypoint ?? WHOLE;
  const entrypoint = useSignal<string | undefined>(undefined);
  const values = useSignal<Record<string, string>>(parametersOf(place.value.query));
  const labels = useSignal('submit-from-ui=true');
  const error = useSignal<unknown>(undefined);
  const busy = useSignal(false);
  const own = definition.spec.arguments?.parameters ?? [];
  // What the entrypoint takes in comes from the workflow's own parameters, unless another one was chosen.
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
          ...((entrypoint.value ?? first) === WHOLE ? {} : { entryPoint: entrypoint.value ?? first }),
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
    <form class="box" onSubmit={(event) => void submit(event)}>
      <h2>Submit Workflow</h2>
      <p class="quiet">
        {namespace}/{definition.metadata.name}
      </p>
      <ErrorNotice error={error.value} />
      <label class="field">
        <span>Entrypoint</span>
        <select value={entrypoint.value ?? first} onChange={(event) => (entrypoint.value = event.currentTarget.value)}>
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

/** `?parameters[name]=value` of an address. */
export function parametersOf(query: URLSearchParams): Record<string, string> {
  return Object.fromEntries([...query].flatMap(([key, value]) => {
    const name = /^parameters\[(.*)\]$/.exec(key)?.[1];
    return name === undefined || name === '' ? [] : [[name, value]];
  }));
}
