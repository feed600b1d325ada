import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { get } from '../api/client.ts';
import { EventBinding, listOf, UserInfo } from '../api/shapes.ts';
import { currentToken } from '../api/token.ts';
import { shallowSpec, Spec } from '../state/api-docs.ts';
import { href } from '../state/router.ts';
import { defaultNamespace, DOCUMENTATION, ErrorNotice, goToNamespace, NamespaceFilter, Note, Page, rememberNamespace, SlidingPanel, useLoad } from './common.tsx';
import { CopyButton } from './copy.tsx';
import { ObjectText } from './editor.tsx';
import { Icon } from './icons.tsx';
import { Facts } from './node-panel.tsx';
import { withoutManagedFields } from './workflow-detail.tsx';

/** Which event starts which template. */
export function EventBindingsPage({ namespace }: { namespace: string }): JSX.Element {
  const list = useLoad(async () => {
    const found = await get(listOf(EventBinding), `workflow-event-bindings/${namespace}`);
    rememberNamespace(namespace);
    return found;
  }, [namespace]);
  const open = useSignal<EventBinding | undefined>(undefined);
  const wanted = useSignal('');
  const all = list.data?.items ?? [];
  const words = ({ metadata, spec }: EventBinding) => [metadata.name, spec.event.selector, spec.submit?.workflowTemplateRef?.name].join(' ').toLowerCase();
  const items = all.filter((binding) => words(binding).includes(wanted.value.toLowerCase()));
  return (
    <Page title="Workflow Event Bindings" crumbs={[{ text: 'Workflow Event Bindings', path: 'workflow-event-bindings' }, ...(namespace === '' ? [] : [{ text: namespace }])]} tools={[]} aside={<NamespaceFilter value={namespace} onChange={(to) => goToNamespace('workflow-event-bindings', to)} />}>
      <ErrorNotice error={list.error} onRetry={list.reload} />
      {list.data !== undefined && all.length === 0 && (
        <div class="box">
          <h2>No workflow event bindings</h2>
          <p>Create one with kubectl: an event's selector and the template to submit.</p>
        </div>
      )}
      {all.length > 0 && (
        <div class="graph-tools" role="group" aria-label="Graph tools">
          <input type="search" placeholder="Search" aria-label="Search bindings" onInput={(event) => (wanted.value = event.currentTarget.value)} />
          <span role="status">{items.length === 1 ? '1 binding' : `${items.length} bindings`}</span>
        </div>
      )}
      <ul class="bindings">
        {items.map((binding) => {
          const template = binding.spec.submit?.workflowTemplateRef;
          return (
            <li key={binding.metadata.uid}>
              <button type="button" class="binding" title={binding.metadata.name} onClick={() => (open.value = binding)}>
                <span class="binding-box">
                  <Icon name="cloud" />
                  <small>event</small>
                </span>
                <code>{binding.spec.event.selector}</code>
              </button>
              <svg class="binding-arrow" viewBox="0 0 60 20" aria-hidden="true">
                <path class="edge" d="M0 10H48" />
                <path class="arrow" d="M46 3L60 10L46 17z" />
              </svg>
              {template?.name === undefined ? (
                <span class="quiet">submits nothing</span>
              ) : (
                <a class="binding" href={href(template.clusterScope === true ? `cluster-workflow-templates/${template.name}` : `workflow-templates/${namespace}/${template.name}`)}>
                  <span class="binding-box">
                    <Icon name="template" />
                    <small>template</small>
                  </span>
                  <span>{template.name}</span>
                </a>
              )}
            </li>
          );
        })}
      </ul>
      <Note learnMore="events">Workflow event bindings allow you to trigger workflows when a webhook event is received. For example, start a build on a Git commit, or start a machine learning pipeline from a remote system.</Note>
      {open.value !== undefined && (
        <SlidingPanel label="Workflow event binding" onClose={() => (open.value = undefined)}>
          <section class="box">
            <h2>{open.value.metadata.name}</h2>
            <ObjectText label="WorkflowEventBinding" value={withoutManagedFields(open.value)} />
          </section>
        </SlidingPanel>
      )}
    </Page>
  );
}

/** Who the server takes the caller for, and how to use the same token in a shell. */
export function UserInfoPage(): JSX.Element {
  const loaded = useLoad(() => get(UserInfo, 'userinfo'), []);
  const who = loaded.data;
  const secure = location.protocol === 'https:';
  const base = new URL(document.baseURI).pathname.replace(/^\/|\/$/g, '');
  const shell = [
    `export ARGO_SERVER='${location.host}'`,
    'export ARGO_HTTP1=true',
    `export ARGO_SECURE=${secure}`,
    `export ARGO_BASE_HREF=${base}`,
    "export ARGO_TOKEN='[REDACTED]'",
    `export ARGO_NAMESPACE=${defaultNamespace()} ;# or whatever your namespace is`,
    'export KUBECONFIG=/dev/null ;# recommended',
    '',
    '# check it works:',
    'argo list',
  ].join('\n');
  return (
    <Page title="User Info" crumbs={[{ text: 'User Info' }]}>
      <section class="box">
        <h2>
          <Icon name="user" /> User Info
        </h2>
        <ErrorNotice error={loaded.error} onRetry={loaded.reload} />
        {who !== undefined && (
          <Facts
            rows={[
              ['Issuer', who.issuer ?? '-'],
              ['Subject', who.subject ?? '-'],
              ['Name', who.name],
              ['Email', who.email],
              ['Groups', who.groups?.join(', ')],
              ['Service Account', who.serviceAccountName],
              ['Service Account Namespace', who.serviceAccountNamespace],
            ]}
          />
        )}
        <a class="pill" href={href('login')}>
          <Icon name="shield" /> Login / Logout
        </a>
      </section>
      <section class="box">
        <h2>Using Your Login With The CLI</h2>
        <p>In a shell that reaches this address:</p>
        <pre class="shell" tabIndex={0}>
          {shell}
        </pre>
        <CopyButton text={() => shell.replace('[REDACTED]', currentToken() ?? '')} />
      </section>
    </Page>
  );
}

/** The API's documentation with a live "Try it out": requests go to this server, with the caller's token. */
export function ApiDocsPage(): JSX.Element {
  const host = useRef<HTMLDivElement>(null);
  const error = useSignal<unknown>(undefined);
  const loading = useSignal(true);
  const url = new URL('assets/openapi-spec/swagger.json', document.baseURI);
  useEffect(() => {
    const show = async () => {
      const [{ default: SwaggerUI }, response] = await Promise.all([import('swagger-ui-dist/swagger-ui-es-bundle.js'), fetch(url), import('swagger-ui-dist/swagger-ui.css')]);
      if (!response.ok) throw new Error(`${url.pathname} answered ${response.status}`);
      const spec = shallowSpec(Spec.parse(await response.json()));
      SwaggerUI({
        // The document names the host it was written for; requests must go where this page came from.
        spec: { ...spec, host: location.host, schemes: [location.protocol.replace(':', '')], basePath: new URL(document.baseURI).pathname.replace(/\/$/, '') || '/' },
        domNode: host.current,
        docExpansion: 'list',
        defaultModelsExpandDepth: -1,
        defaultModelRendering: 'example',
        displayRequestDuration: true,
        filter: true,
        validatorUrl: null,
        requestInterceptor: (request: { headers: Record<string, string> }) => {
          const token = currentToken();
          const has = Object.keys(request.headers).some((name) => name.toLowerCase() === 'authorization');
          if (token !== undefined && !has) request.headers['Authorization'] = token;
          return request;
        },
      });
      loading.value = false;
    };
    show().catch((reason: unknown) => {
      loading.value = false;
      error.value = reason;
    });
  }, []);
  return (
    <Page title="Swagger" crumbs={[{ text: 'Swagger' }]}>
      <section class="box">
        <h2>Swagger</h2>
        <p>
          Download the{' '}
          <a href={url.href} data-plain>
            Open API / Swagger spec
          </a>
          .
        </p>
        <p>
          {currentToken() === undefined ? (
            <>
              You are not logged in: requests are sent without a token. <a href={href('login', { redirect: href('apidocs') })}>Log in</a> first.
            </>
          ) : (
            'You are logged in: each request below is sent with your token.'
          )}
        </p>
      </section>
      <ErrorNotice error={error.value} />
      {loading.value && <p role="status">Loading...</p>}
      <div ref={host} class="swagger" />
    </Page>
  );
}

const HELP = [
  {
    title: 'Documentation',
    icon: 'help',
    links: [
      ['Online Help', DOCUMENTATION],
      ['API Docs', `${DOCUMENTATION}swagger/`],
    ],
  },
  { title: 'Contact', icon: 'user', links: [['Slack', 'https://argoproj.github.io/community/join-slack/']] },
  { title: 'Argo CLI', icon: 'code', links: [['Releases', 'https://github.com/argoproj/argo-workflows/releases/tag/v3.7.6']] },
] as const;

export function HelpPage(): JSX.Element {
  return (
    <Page title="Help" crumbs={[{ text: 'Help' }]}>
      <div class="help">
        {HELP.map(({ title, icon, links }) => (
          <section key={title} class="box">
            <h2>
              <Icon name={icon} /> {title}
            </h2>
            {links.map(([name, address]) => (
              <p key={name}>
                <a href={address} target="_blank" rel="noreferrer">
                  {name}
                </a>
              </p>
            ))}
          </section>
        ))}
      </div>
      <Note>
        The API of this server, to try out: <a href={href('apidocs')}>API docs</a>. This interface belongs to the lab: it stands where Argo's own stands and does what the lessons need; the links above lead out of the lab.
      </Note>
    </Page>
  );
}

/** Executor plugins: how to list them, and what happens here without any. */
export function PluginsPage(): JSX.Element {
  return (
    <Page title="Plugins" crumbs={[{ text: 'Plugins' }]}>
      <section class="box">
        <h2>
          <Icon name="plugin" /> Plugins
        </h2>
        <p>Plugins extend Argo Workflows with template types of your own, which a sidecar of the workflow's agent runs.</p>
        <p>To list plugins:</p>
        <pre class="shell" tabIndex={0}>
          kubectl get cm -l workflows.argoproj.io/configmap-type=ExecutorPlugin
        </pre>
        <p>
          This cluster's controller runs without plugins, as Argo does unless <code>ARGO_EXECUTOR_PLUGINS=true</code> is set: a template with <code>plugin:</code> ends in an error that says so.
        </p>
        <p>
          <a href={`${DOCUMENTATION}plugins/`} target="_blank" rel="noreferrer">
            Learn more
          </a>
          .
        </p>
      </section>
    </Page>
  );
}
