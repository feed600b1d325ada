import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { call, get, remove } from '../api/client.ts';
import { CronParts, Definition } from '../api/shapes.ts';
import { cronSchedule } from '../state/cron.ts';
import { duration } from '../state/format.ts';
import { apiPath } from '../state/kinds.ts';
import type { DefinitionKind } from '../state/kinds.ts';
import { go, href, setQuery } from '../state/router.ts';
import { now } from '../state/time.ts';
import { Dialog } from './action-dialog.tsx';
import { defaultNamespace, ErrorNotice, Page, sidePanel, SlidingPanel, useLoad } from './common.tsx';
import { useCheck } from './create-manifest.tsx';
import { ObjectEditor } from './editor.tsx';
import { Facts } from './node-panel.tsx';
import { SharePanel } from './share.tsx';
import { SubmitForm } from './submit-panel.tsx';
import { Time } from './tables.tsx';
import { withoutManagedFields } from './workflow-detail.tsx';
import { RecentWorkflows } from './workflow-table.tsx';

/** One template or cron workflow: to read, change and submit, with the workflows that came from it. */
export function DefinitionDetailPage({ kind, namespace, name }: { kind: DefinitionKind; namespace: string; name: string }): JSX.Element {
  const path = apiPath(kind, namespace, name);
  const loaded = useLoad(() => get(Definition, path), [path]);
  const edited = useSignal<unknown>(undefined);
  const deleting = useSignal(false);
  const check = useCheck((object) => call(Definition, 'POST', `${apiPath(kind, namespace)}/lint`, { [kind.bodyKey]: object }));
  const definition = loaded.data;
  const done = () => {
    edited.value = undefined;
    check.clear();
    loaded.reload();
  };
  const update = () => void call(Definition, 'PUT', path, { [kind.bodyKey]: edited.value }).then(done, check.fail);
  const suspend = (verb: 'suspend' | 'resume') => void call(Definition, 'PUT', `${path}/${verb}`, { name, namespace }).then(done, check.fail);
  const suspended = definition?.spec.suspend === true;
  const workflowNamespace = kind.namespaced ? namespace : defaultNamespace();
  // A cron workflow keeps its workflow's spec one level down; the form looks for it at the top.
  const inner = kind.kind === 'CronWorkflow' ? Definition.safeParse({ metadata: definition?.metadata, spec: definition?.spec['workflowSpec'] }) : undefined;
  const close = (panel: string) => () => sidePanel() === panel && setQuery({ sidePanel: undefined });
  const list = kind.namespaced ? `${kind.path}/${namespace}` : kind.path;
  return (
    <Page
      title={`${kind.title.replace(/s$/, '')} Details`}
      crumbs={[{ text: kind.title, path: kind.path }, ...(kind.namespaced ? [{ text: namespace, path: list }] : []), { text: name }]}
      tools={[
        { title: 'Submit', icon: 'plus', action: () => setQuery({ sidePanel: 'submit' }) },
        { title: 'Update', icon: 'check', action: update, disabled: edited.value === undefined },
        { title: 'Validate', icon: 'check', action: () => check.run(edited.value ?? withoutManagedFields(definition)), disabled: definition === undefined },
        ...(kind.kind === 'CronWorkflow' ? [{ title: suspended ? 'Resume' : 'Suspend', icon: suspended ? ('play' as const) : ('pause' as const), action: () => suspend(suspended ? 'resume' : 'suspend') }] : []),
        { title: 'Delete', icon: 'trash', action: () => (deleting.value = true) },
        { title: 'Share', icon: 'share', action: () => setQuery({ sidePanel: 'share' }) },
      ]}
      aside={<span role="status">{check.fine && 'The server finds nothing wrong with it.'}</span>}
    >
      <ErrorNotice error={loaded.error} onRetry={loaded.reload} />
      <ErrorNotice error={check.error} />
      {definition === undefined && loaded.error === undefined && <p role="status">Loading...</p>}
      {definition !== undefined && kind.kind === 'CronWorkflow' && <CronStatus definition={definition} />}
      {definition !== undefined && (
        <section class="box">
          <ObjectEditor
            key={definition.metadata.resourceVersion}
            label={kind.kind}
            value={withoutManagedFields(definition)}
            onChange={(value, wrong) => {
              check.forget();
              edited.value = wrong === undefined ? value : undefined;
            }}
          />
        </section>
      )}
      {definition !== undefined && <RecentWorkflows namespace={workflowNamespace} label={`${kind.label}=${name}`} />}
      {definition !== undefined && sidePanel() === 'submit' && (
        <SlidingPanel label="Submit" onClose={close('submit')}>
          <section class="box">
            <SubmitForm definition={inner?.success === true ? inner.data : definition} resourceKind={kind.kind} namespace={workflowNamespace} />
          </section>
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
  const { text, next } = cronSchedule(cron, now.value);
  const { active, lastScheduledTime, succeeded, failed, phase, conditions } = cron.status ?? {};
  return (
    <section class="box" aria-label="Status">
      <Facts
        rows={[
          ['Schedule', <code>{text}</code>],
          ['Timezone', cron.spec.timezone],
          ['Phase', phase],
          [
            'Active',
            (active ?? []).length === 0 ? (
              'no workflow'
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
          ['Last scheduled', lastScheduledTime === undefined || lastScheduledTime === null ? 'never' : <Time value={lastScheduledTime} />],
          ['Next run', next === undefined ? (cron.spec.suspend === true ? 'none: it is suspended' : undefined) : `in ${duration((next - now.value) / 1000)}`],
          ['Succeeded', succeeded ?? undefined],
          ['Failed', failed ?? undefined],
          ['Conditions', (conditions ?? []).length === 0 ? undefined : conditions?.map(({ type, message }) => `${type}: ${message ?? ''}`).join('; ')],
        ]}
      />
    </section>
  );
}
