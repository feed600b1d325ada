import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';
import { call, get, remove } from '../api/client.ts';
import { CronParts, Definition, Workflow } from '../api/shapes.ts';
import { cronSchedules } from '../state/cron.ts';
import { withValue } from '../state/edit.ts';
import type { Fields } from '../state/edit.ts';
import { duration } from '../state/format.ts';
import { apiPath } from '../state/kinds.ts';
import type { DefinitionKind } from '../state/kinds.ts';
import { go, href, place, setQuery } from '../state/router.ts';
import { now } from '../state/time.ts';
import { Dialog } from './action-dialog.tsx';
import { defaultNamespace, ErrorNotice, Page, sidePanel, SlidingPanel, useLoad } from './common.tsx';
import type { ToolButton } from './common.tsx';
import { useCheck } from './create-manifest.tsx';
import { useDraft } from './draft.ts';
import { EditorTabs } from './editor-tabs.tsx';
import { ScheduleWords } from './forms.tsx';
import { Facts } from './node-panel.tsx';
import { notify } from './notice.tsx';
import { SharePanel } from './share.tsx';
import { SubmitForm } from './submit-panel.tsx';
import { Time } from './tables.tsx';
import { withoutManagedFields } from './workflow-detail.tsx';
import { RecentWorkflows } from './workflow-table.tsx';

/** One template or cron workflow: to read, change and submit, with the workflows that came from it. */
export function DefinitionDetailPage({ kind, namespace, name }: { kind: DefinitionKind; namespace: string; name: string }): JSX.Element {
  const path = apiPath(kind, namespace, name);
  const isCron = kind.kind === 'CronWorkflow';
  const loaded = useLoad(() => get(Definition, path), [path]);
  const draft = useDraft(undefined);
  const deleting = useSignal(false);
  const check = useCheck((object) => call(Definition, 'POST', `${apiPath(kind, namespace)}/lint`, { [kind.bodyKey]: object }));
  const definition = loaded.data;
  useEffect(() => {
    if (definition !== undefined) draft.take(withoutManagedFields(definition));
  }, [definition]);
  useEffect(check.forget, [draft.version]);
  const perform = async (words: string, work: () => Promise<unknown>) => {
    try {
      await work();
      check.clear();
      loaded.reload();
      notify(words);
    } catch (reason) {
      check.fail(reason);
    }
  };
  const update = async () => {
    const object: Fields = draft.read();
    // A cron workflow's status changes all the time: what was written here goes over the latest, as in Argo's own interface.
    const latest = isCron ? await get(Definition, path) : undefined;
    const whole = latest === undefined ? object : withValue({ ...latest, ...object, status: latest.status }, ['metadata', 'resourceVersion'], latest.metadata.resourceVersion);
    await call(Definition, 'PUT', path, { [kind.bodyKey]: whole });
  };
  const suspended = definition?.spec.suspend === true;
  const suspend = suspended ? 'resume' : 'suspend';
  const workflowNamespace = kind.namespaced ? namespace : defaultNamespace();
  // Argo's own interface asks nothing before it submits a cron workflow.
  const submitCron = () =>
    void call(Workflow, 'POST', `workflows/${namespace}/submit`, { namespace, resourceKind: 'cronwf', resourceName: name }).then((made) => go(`workflows/${made.metadata.namespace ?? namespace}/${made.metadata.name ?? ''}`), check.fail);
  const close = (panel: string) => () => sidePanel() === panel && setQuery({ sidePanel: undefined });
  const list = kind.namespaced ? `${kind.path}/${namespace}` : kind.path;
  const absent = definition === undefined;
  const ref = isCron && !absent ? CronParts.safeParse(definition).data?.spec.workflowSpec?.workflowTemplateRef : undefined;
  const tools: ToolButton[] = [
    { title: 'Submit', icon: 'plus', disabled: draft.edited || absent, action: isCron ? submitCron : () => setQuery({ sidePanel: 'submit' }) },
    { title: 'Update', icon: 'save', disabled: !draft.edited || draft.problem !== undefined, action: () => void perform('Updated', update) },
    { title: 'Validate', icon: 'check', disabled: absent || draft.problem !== undefined, action: () => check.run(draft.read) },
    ...(isCron ? [{ title: suspended ? 'Resume' : 'Suspend', icon: suspended ? 'play' : 'pause', disabled: draft.edited || absent, action: () => void perform(suspended ? 'Resumed' : 'Suspended', () => call(Definition, 'PUT', `${path}/${suspend}`, { name, namespace })) } as const] : []),
    { title: 'Delete', icon: 'trash', disabled: absent || (isCron && draft.edited), action: () => (deleting.value = true) },
    { title: 'Share', icon: 'share', action: () => setQuery({ sidePanel: 'share' }) },
    ...(ref?.name === undefined ? [] : [{ title: 'Open Workflow Template', icon: ref.clusterScope === true ? 'templates' : 'template', action: () => go(ref.clusterScope === true ? `cluster-workflow-templates/${ref.name ?? ''}` : `workflow-templates/${namespace}/${ref.name ?? ''}`) } as const]),
  ];
  return (
    <Page title={`${kind.title.replace(/s$/, '')} Details`} crumbs={[{ text: kind.title, path: kind.path }, ...(kind.namespaced ? [{ text: namespace, path: list }] : []), { text: name }]} tools={tools} aside={<span role="status">{check.fine && 'The server finds nothing wrong with it.'}</span>}>
      <ErrorNotice error={loaded.error} onRetry={loaded.reload} />
      <ErrorNotice error={check.error} />
      {absent && loaded.error === undefined && <p role="status">Loading...</p>}
      {definition !== undefined && (
        <EditorTabs
          kind={kind.kind}
          draft={draft}
          namespace={workflowNamespace}
          tab={place.value.query.get('tab') ?? undefined}
          onTab={(tab) => setQuery({ tab })}
          before={isCron ? [{ key: 'status', title: 'Status', content: () => <CronStatus definition={definition} /> }] : []}
        />
      )}
      {definition !== undefined && <RecentWorkflows namespace={workflowNamespace} label={`${kind.label}=${name}`} />}
      {definition !== undefined && !isCron && sidePanel() === 'submit' && (
        <SlidingPanel label="Submit" onClose={close('submit')}>
          <SubmitForm definition={definition} resourceKind={kind.kind} namespace={workflowNamespace} />
        </SlidingPanel>
      )}
      {sidePanel() === 'share' && (
        <SlidingPanel label="Share" onClose={close('share')}>
          <SharePanel namespace={workflowNamespace} query={{ label: `${kind.label}=${name}` }} />
        </SlidingPanel>
      )}
      {deleting.value && (
        <Dialog
          title={`Delete ${name}`}
          confirmLabel="Delete"
          onConfirm={async () => {
            await remove(path);
            go(list);
          }}
          onClose={() => (deleting.value = false)}
        >
          <p>
            Are you sure you want to delete the {kind.noun} {kind.namespaced ? `${namespace}/${name}` : name}?
          </p>
        </Dialog>
      )}
    </Page>
  );
}

/** How a cron workflow has fared. */
function CronStatus({ definition }: { definition: Definition }): JSX.Element | null {
  const cron = CronParts.safeParse(definition).data;
  if (cron === undefined) return null;
  const { schedules, next } = cronSchedules(cron, now.value);
  const { active, lastScheduledTime, succeeded, failed, phase, conditions } = cron.status ?? {};
  return (
    <section class="box" aria-label="Status">
      <Facts
        rows={[
          [
            schedules.length === 1 ? 'Schedule' : 'Schedules',
            schedules.map((schedule) => (
              <p key={schedule}>
                <code>{schedule}</code> <ScheduleWords schedule={schedule} timezone={cron.spec.timezone ?? ''} />
              </p>
            )),
          ],
          ['Timezone', cron.spec.timezone],
          ['Phase', phase],
          [
            'Active',
            (active ?? []).length === 0 ? (
              'No Workflows Active'
            ) : (
              <>
                {(active ?? []).map((one) => (
                  <a key={one.name} href={href(`workflows/${one.namespace ?? definition.metadata.namespace ?? ''}/${one.name ?? ''}`)}>
                    {one.name}{' '}
                  </a>
                ))}
              </>
            ),
          ],
          ['Last Scheduled Time', lastScheduledTime === undefined || lastScheduledTime === null ? 'never' : <Time value={lastScheduledTime} />],
          ['Next run', next === undefined ? (cron.spec.suspend === true ? 'none: it is suspended' : undefined) : `in ${duration((next - now.value) / 1000)}`],
          ['Succeeded', succeeded ?? undefined],
          ['Failed', failed ?? undefined],
          ['Conditions', (conditions ?? []).length === 0 ? undefined : conditions?.map(({ type, message }) => `${type}: ${message ?? ''}`).join('; ')],
        ]}
      />
    </section>
  );
}
