import { useSignal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { call, remove } from '../api/client.ts';
import { Workflow } from '../api/shapes.ts';
import type { NodeStatus, Parameter } from '../api/shapes.ts';
import { actionRequest, archiveDeletion, isArchived, isInCluster } from '../state/actions.ts';
import type { Action } from '../state/actions.ts';
import { valueText } from '../state/format.ts';
import { DOCUMENTATION, ErrorNotice } from './common.tsx';
import { Icon } from './icons.tsx';
import { notify } from './notice.tsx';

/** A question in the middle of the page; the server's refusal is shown in it, and it stays open then. */
export function Dialog({ title, confirmLabel, onConfirm, onClose, children }: { title: string; confirmLabel: string; onConfirm(): Promise<void>; onClose(): void; children?: ComponentChildren }): JSX.Element {
  const ref = useRef<HTMLDialogElement>(null);
  const error = useSignal<unknown>(undefined);
  const busy = useSignal(false);
  useEffect(() => {
    ref.current?.showModal();
  }, []);
  const submit = async (event: Event) => {
    event.preventDefault();
    busy.value = true;
    try {
      await onConfirm();
    } catch (reason) {
      error.value = reason;
    } finally {
      busy.value = false;
    }
  };
  return (
    <dialog ref={ref} class="question" aria-labelledby="question-title" onClose={onClose}>
      <form onSubmit={(event) => void submit(event)}>
        <h2 id="question-title">{title}</h2>
        <ErrorNotice error={error.value} />
        {children}
        <p class="question-buttons">
          <button type="button" class="pill" onClick={() => ref.current?.close()}>
            Cancel
          </button>
          <button type="submit" class="pill solid" disabled={busy.value}>
            {confirmLabel}
          </button>
        </p>
      </form>
    </dialog>
  );
}

/** One field a parameter: a choice where it has an enum. */
export function ParameterFields({ parameters, valueOf, onChange }: { parameters: readonly Parameter[]; valueOf(parameter: Parameter): string; onChange(name: string, value: string): void }): JSX.Element {
  return (
    <>
      {parameters.map((parameter) => (
        <label key={parameter.name} class="field">
          <span>
            {parameter.name}
            {parameter.description !== undefined && <small> {parameter.description}</small>}
          </span>
          {(parameter.enum ?? []).length > 0 ? (
            <select value={valueOf(parameter)} onChange={(event) => onChange(parameter.name, event.currentTarget.value)}>
              {!(parameter.enum ?? []).map(valueText).includes(valueOf(parameter)) && <option value={valueOf(parameter)}>{valueOf(parameter)}</option>}
              {parameter.enum?.map((choice) => (
                <option key={valueText(choice)} value={valueText(choice)}>
                  {valueText(choice)}
                </option>
              ))}
            </select>
          ) : (
            <textarea rows={1} value={valueOf(parameter)} onInput={(event) => onChange(parameter.name, event.currentTarget.value)} />
          )}
        </label>
      ))}
    </>
  );
}

/** Asks before it does something with one workflow or with several; retry and resubmit have options. */
export function ActionDialog({ action, workflows, onDone, onClose }: { action: Action; workflows: readonly Workflow[]; onDone(answer: Workflow | undefined): void; onClose(): void }): JSX.Element {
  const override = useSignal(false);
  const values = useSignal<Record<string, string>>({});
  const memoized = useSignal(false);
  const restart = useSignal(false);
  const selector = useSignal('');
  const inArchive = useSignal(false);
  // Where one of several is refused the others are done all the same, and not once more when it is tried again.
  const done = useRef(new Set<string>());
  const [first] = workflows;
  const one = workflows.length === 1 ? first : undefined;
  const parameters = one?.spec.arguments?.parameters ?? [];
  const valueOf = (parameter: Parameter) => values.value[parameter.name] ?? valueText(parameter.value ?? parameter.default);
  const work = async () => {
    let answer: Workflow | undefined;
    const options = { memoized: memoized.value, restartSuccessful: restart.value, nodeFieldSelector: selector.value, parameters: override.value ? Object.fromEntries(parameters.map((parameter) => [parameter.name, valueOf(parameter)])) : undefined };
    const refused: string[] = [];
    for (const workflow of workflows) {
      const { name = '', uid = '' } = workflow.metadata;
      if (done.current.has(uid)) continue;
      const request = actionRequest(workflow, action.verb, options);
      try {
        if (request.method === 'DELETE') await remove(request.path, request.query);
        else answer = await call(Workflow, 'PUT', request.path, request.body ?? {});
        if (action.verb === 'delete' && inArchive.value && isArchived(workflow) && isInCluster(workflow)) {
          const { path, query } = archiveDeletion(workflow);
          await remove(path, query);
        }
        done.current.add(uid);
      } catch (reason) {
        if (one !== undefined) throw reason;
        refused.push(`${name}: ${reason instanceof Error ? reason.message : String(reason)}`);
      }
    }
    if (refused.length > 0) throw new Error(`${refused.length} of ${workflows.length} could not be done: ${refused.join('; ')}`);
    if (one === undefined) notify(`Performed “${action.title}” on the selected workflows.`);
    onDone(answer);
  };
  const check = (label: string, state: { value: boolean }, hint?: string) => (
    <label class="check-row">
      <input type="checkbox" checked={state.value} onChange={(event) => (state.value = event.currentTarget.checked)} />
      <span>
        {label}
        {hint !== undefined && <small class="quiet"> {hint}</small>}
      </span>
    </label>
  );
  const { name = '', namespace = '' } = one?.metadata ?? {};
  const again = action.verb === 'resubmit' || action.verb === 'retry';
  return (
    <Dialog title={one === undefined ? `${action.title} ${workflows.length} workflows` : again ? `${action.title} Workflow` : `${action.title} ${name}`} confirmLabel={action.title} onConfirm={work} onClose={onClose}>
      {one === undefined ? (
        <p>
          Are you sure you want to {action.verb} all selected workflows? These are {workflows.map((workflow) => workflow.metadata.name ?? '').join(', ')}.
        </p>
      ) : again ? (
        <p class="quiet">
          {namespace}/{name}
        </p>
      ) : (
        <p>
          Are you sure you want to {action.question} {namespace}/{name}?
        </p>
      )}
      {again && one !== undefined && check('Override Parameters', override)}
      {override.value && parameters.length === 0 && <p class="quiet">No parameters</p>}
      {override.value && <ParameterFields parameters={parameters} valueOf={valueOf} onChange={(key, value) => (values.value = { ...values.value, [key]: value })} />}
      {action.verb === 'resubmit' && check('Memoized', memoized, 'steps that succeeded are not run again')}
      {action.verb === 'resubmit' && memoized.value && override.value && (
        <p>
          <Icon name="warning" /> Overriding parameters on memoized submitted workflows may have unexpected results.
        </p>
      )}
      {action.verb === 'retry' && check('Restart Successful', restart, 'successful nodes that match the selector run again too')}
      {action.verb === 'retry' && restart.value && (
        <>
          <label class="field">
            <span>Node Field Selector to restart nodes</span>
            <textarea rows={2} placeholder="displayName=step-1" value={selector.value} onInput={(event) => (selector.value = event.currentTarget.value)} />
          </label>
          <p>
            <a href={`${DOCUMENTATION}node-field-selector/`} target="_blank" rel="noreferrer">
              See document
            </a>
          </p>
        </>
      )}
      {action.verb === 'delete' && workflows.some((workflow) => isArchived(workflow) && isInCluster(workflow)) && check('Delete in database', inArchive, 'the archive forgets it too')}
    </Dialog>
  );
}

/** Runs one node of a finished workflow and what came after it once more. */
export function RetryNodeDialog({ workflow, node, onDone, onClose }: { workflow: Workflow; node: NodeStatus; onDone(): void; onClose(): void }): JSX.Element {
  const override = useSignal(false);
  const restart = useSignal(false);
  const values = useSignal<Record<string, string>>({});
  const parameters = workflow.spec.arguments?.parameters ?? [];
  const valueOf = (parameter: Parameter) => values.value[parameter.name] ?? valueText(parameter.value ?? parameter.default);
  const work = async () => {
    const chosen = override.value ? Object.fromEntries(parameters.map((parameter) => [parameter.name, valueOf(parameter)])) : undefined;
    const { path, body } = actionRequest(workflow, 'retry', { memoized: false, restartSuccessful: restart.value, nodeFieldSelector: '', parameters: chosen });
    await call(Workflow, 'PUT', path, { ...body, nodeFieldSelector: `id=${node.id}` });
    onDone();
  };
  return (
    <Dialog title="Retry Node" confirmLabel="Retry" onConfirm={work} onClose={onClose}>
      <p class="quiet">
        {workflow.metadata.namespace}/{node.id}
      </p>
      <p>Note: Retrying this node will re-execute this node and all downstream nodes.</p>
      <label class="check-row">
        <input type="checkbox" checked={override.value} onChange={(event) => (override.value = event.currentTarget.checked)} /> Override Parameters
      </label>
      {override.value && parameters.length === 0 && <p class="quiet">No parameters</p>}
      {override.value && <ParameterFields parameters={parameters} valueOf={valueOf} onChange={(key, value) => (values.value = { ...values.value, [key]: value })} />}
      <label class="check-row">
        <input type="checkbox" checked={restart.value} onChange={(event) => (restart.value = event.currentTarget.checked)} />
        <span>
          Restart Successful <small class="quiet">unchecked, nodes that have run successfully before are not run again</small>
        </span>
      </label>
    </Dialog>
  );
}

/** Lets one suspended node go on, with the values that it waits for. */
export function ResumeNodeDialog({ workflow, node, onDone, onClose }: { workflow: Workflow; node: NodeStatus; onDone(): void; onClose(): void }): JSX.Element {
  const values = useSignal<Record<string, string>>({});
  const { name = '', namespace = '' } = workflow.metadata;
  const supplied = (node.outputs?.parameters ?? []).map((parameter) => ({ ...(node.inputs?.parameters ?? []).find((input) => input.name === parameter.name), ...parameter }));
  const valueOf = (parameter: Parameter) => values.value[parameter.name] ?? valueText(parameter.value ?? parameter.default ?? parameter.enum?.[0]);
  const work = async () => {
    const path = `workflows/${namespace}/${name}`;
    const nodeFieldSelector = `id=${node.id}`;
    if (supplied.length > 0) await call(Workflow, 'PUT', `${path}/set`, { name, namespace, nodeFieldSelector, outputParameters: JSON.stringify(Object.fromEntries(supplied.map((parameter) => [parameter.name, valueOf(parameter)]))) });
    await call(Workflow, 'PUT', `${path}/resume`, { name, namespace, nodeFieldSelector });
    onDone();
  };
  return (
    <Dialog title={`Resume ${node.displayName ?? node.name}`} confirmLabel="Resume" onConfirm={work} onClose={onClose}>
      {supplied.length > 0 && <h3>Modify parameters</h3>}
      <ParameterFields parameters={supplied} valueOf={valueOf} onChange={(key, value) => (values.value = { ...values.value, [key]: value })} />
      <p>Are you sure you want to resume node {node.id}?</p>
    </Dialog>
  );
}
