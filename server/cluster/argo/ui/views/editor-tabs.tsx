import type { JSX } from 'preact';
import { valueAt } from '../state/edit.ts';
import type { Path } from '../state/edit.ts';
import { valueText } from '../state/format.ts';
import type { Draft } from './draft.ts';
import { TextEditor } from './editor.tsx';
import { CronForm, LabelsForm, MetadataForm, ParametersForm } from './forms.tsx';
import { PlanView } from './plan-view.tsx';
import { Tabs } from './tabs.tsx';
import type { Tab } from './tabs.tsx';

export type EditedKind = 'Workflow' | 'WorkflowTemplate' | 'ClusterWorkflowTemplate' | 'CronWorkflow' | 'EventSource' | 'Sensor';

/** Where the spec of the workflow stands that comes of it. */
const specPath = (kind: EditedKind): Path => (kind === 'CronWorkflow' ? ['spec', 'workflowSpec'] : ['spec']);

export interface EditorTabsProps {
  kind: EditedKind;
  draft: Draft;
  namespace: string;
  tab: string | undefined;
  onTab(key: string): void;
  /** Shown before all others. */
  before?: readonly Tab[];
}

/** An object as text, and the forms for those parts of it that are changed most. */
export function EditorTabs({ kind, draft, namespace, tab, onTab, before = [] }: EditorTabsProps): JSX.Element {
  const form = (key: string, title: string, content: () => JSX.Element): Tab => ({ key, title, content: () => (draft.problem === undefined ? content() : <Broken problem={draft.problem} />) });
  const spec = specPath(kind);
  const where = valueText(valueAt(draft.object, ['metadata', 'namespace'])) || namespace;
  const metadata = form('metadata', 'MetaData', () => <MetadataForm draft={draft} namespaced={kind !== 'ClusterWorkflowTemplate'} />);
  const workflowMetadata = form('workflow-metadata', 'Workflow MetaData', () => <LabelsForm draft={draft} path={['spec', 'workflowMetadata']} />);
  const parameters = (key: string, title: string) => form(key, title, () => <ParametersForm draft={draft} path={spec} />);
  const graph = form('graph', 'Graph', () => <PlanView object={draft.object} path={spec} namespace={where} />);
  const tabs: Record<EditedKind, readonly Tab[]> = {
    Workflow: [parameters('parameters', 'Parameters'), metadata, graph],
    WorkflowTemplate: [parameters('spec', 'Spec'), metadata, workflowMetadata, graph],
    ClusterWorkflowTemplate: [parameters('spec', 'Spec'), metadata, workflowMetadata, graph],
    CronWorkflow: [form('cron', 'Cron', () => <CronForm draft={draft} />), metadata, parameters('workflow', 'Workflow'), workflowMetadata, graph],
    EventSource: [metadata],
    Sensor: [metadata],
  };
  return <Tabs label={kind} selected={tab} onSelect={onTab} tabs={[...before, { key: 'manifest', title: 'Manifest', content: () => <TextEditor label={kind} draft={draft} /> }, ...tabs[kind]]} />;
}

function Broken({ problem }: { problem: string }): JSX.Element {
  return (
    <section class="box">
      <p>The manifest can't be read as it is. Mend it in the tab Manifest first:</p>
      <pre class="editor-problem" role="alert">
        {problem}
      </pre>
    </section>
  );
}
