import { signal, useSignal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';
import { ArgoError, get } from '../api/client.ts';
import { Info, UserInfo, Version } from '../api/shapes.ts';
import { go, href, place } from '../state/router.ts';
import { Icon } from './icons.tsx';
import type { IconName } from './icons.tsx';

/** What the server said of itself and of the caller, once it is known. */
export const info = signal<Info | undefined>(undefined);
export const user = signal<UserInfo | undefined>(undefined);
export const version = signal<string | undefined>(undefined);

/** Where Argo's documentation for this version begins. */
export const DOCUMENTATION = 'https://argo-workflows.readthedocs.io/en/release-3.7/';
const NAMESPACE = 'argo.namespace';
let remembered: string | undefined;

/** The namespace to show where the address names none: managed, last used, the caller's own. */
export function defaultNamespace(): string {
  return info.value?.managedNamespace ?? lastNamespace() ?? user.value?.serviceAccountNamespace ?? 'default';
}

export function rememberNamespace(namespace: string): void {
  if (namespace === '') return;
  remembered = namespace;
  try {
    localStorage.setItem(NAMESPACE, namespace);
  } catch {
    // A frame of another site has no storage: it is remembered while the page lives.
  }
}

function lastNamespace(): string | undefined {
  try {
    return remembered ?? localStorage.getItem(NAMESPACE) ?? undefined;
  } catch {
    return remembered;
  }
}

export function forgetCaller(): void {
  info.value = undefined;
  user.value = undefined;
  version.value = undefined;
}

/** Asks the server for itself and for the caller: at the start, and again after a login. */
export async function loadCaller(): Promise<void> {
  await Promise.all([
    get(Info, 'info').then((value) => (info.value = value)),
    get(Version, 'version').then((value) => (version.value = value.version)),
    get(UserInfo, 'userinfo').then((value) => (user.value = value)),
  ]);
}

export interface ToolButton {
  title: string;
  icon: IconName;
  action(): void;
  disabled?: boolean;
  /** Of a button that switches something on and off. */
  pressed?: boolean;
}

export interface PageProps {
  title: string;
  crumbs: { text: string; path?: string }[];
  tools?: ToolButton[];
  aside?: ComponentChildren;
  children: ComponentChildren;
}

/** Top bar with the way here, a row of buttons, and the content. */
export function Page({ title, crumbs, tools, aside, children }: PageProps): JSX.Element {
  useEffect(() => {
    document.title = `${title} / Argo`;
  }, [title]);
  return (
    <div class="page">
      <header class="top">
        <nav class="crumbs" aria-label="Breadcrumb">
          {crumbs.map((crumb, i) => (
            <span key={i}>{crumb.path === undefined ? crumb.text : <a href={href(crumb.path)}>{crumb.text}</a>}</span>
          ))}
        </nav>
        <h1>{title}</h1>
      </header>
      {(tools !== undefined || aside !== undefined) && (
        <section class="tools" aria-label="Actions">
          {tools?.map((tool) => (
            <button key={tool.title} type="button" class={tool.pressed === false ? 'pill' : 'pill solid'} aria-pressed={tool.pressed} disabled={tool.disabled} onClick={tool.action}>
              <Icon name={tool.icon} /> {tool.title}
            </button>
          ))}
          {aside}
        </section>
      )}
      <main class="content" tabIndex={-1}>{children}</main>
    </div>
  );
}

/** An error of the server, as it said it. 401 leads to the login page, as a token may have ended. */
export function ErrorNotice({ error, onRetry }: { error: unknown; onRetry?: () => void }): JSX.Element | null {
  useEffect(() => {
    if (error instanceof ArgoError && error.status === 401) go('login', { redirect: location.pathname + location.search });
  }, [error]);
  if (error === undefined) return null;
  const status = error instanceof ArgoError ? `${error.status}: ` : '';
  return (
    <div class="error" role="alert">
      <Icon name="cross" />
      <span>
        {status}
        {error instanceof Error ? error.message : String(error)}
      </span>
      {onRetry !== undefined && (
        <button type="button" class="pill" onClick={onRetry}>
          Reload
        </button>
      )}
    </div>
  );
}

/** A remark below a page; `learnMore` is a page of Argo's documentation. */
export function Note({ learnMore, children }: { learnMore?: string; children: ComponentChildren }): JSX.Element {
  return (
    <p class="note">
      <Icon name="info" /> {children}
      {learnMore !== undefined && (
        <>
          {' '}
          <a href={`${DOCUMENTATION}${learnMore}/`} target="_blank" rel="noreferrer">
            Learn more
          </a>
          .
        </>
      )}
    </p>
  );
}

/** A panel that slides over the page from the right; Escape and the cross close it. */
export function SlidingPanel({ label, onClose, narrow, children }: { label: string; onClose(): void; narrow?: boolean; children: ComponentChildren }): JSX.Element {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    ref.current?.showModal();
  }, []);
  return (
    <dialog
      ref={ref}
      class={narrow === true ? 'sliding narrow' : 'sliding'}
      aria-label={label}
      onClose={onClose}
      onClick={(event) => {
        if (event.target === ref.current) ref.current?.close();
      }}
    >
      <div class="sliding-body">
        <button type="button" class="sliding-close" aria-label="Close" onClick={() => ref.current?.close()}>
          <Icon name="cross" />
        </button>
        {children}
      </div>
    </dialog>
  );
}

/** The same page for another namespace; for all of them where there is no name. */
export function goToNamespace(path: string, namespace: string): void {
  if (namespace === '') go(path, { allNamespaces: 'true' });
  else go(`${path}/${namespace}`);
}

/** The namespace filter: takes effect when it is left or Enter is pressed. */
export function NamespaceFilter({ value, onChange }: { value: string; onChange(namespace: string): void }): JSX.Element {
  return <FilterField label="Namespace" value={value} onChange={onChange} disabled={info.value?.managedNamespace !== undefined} />;
}

/** A text that filters: it counts when it is left or Enter is pressed, or once a suggestion is chosen. */
export function FilterField({ label, value, onChange, disabled, suggestions = [] }: { label: string; value: string; onChange(value: string): void; disabled?: boolean; suggestions?: readonly string[] }): JSX.Element {
  const id = useId();
  const text = useSignal(value);
  useEffect(() => {
    text.value = value;
  }, [value]);
  const commit = () => {
    if (text.value.trim() !== value) onChange(text.value.trim());
  };
  return (
    <label class="filter">
      <span>{label}</span>
      <input
        type="text"
        value={text.value}
        disabled={disabled}
        autocomplete="off"
        spellcheck={false}
        list={suggestions.length === 0 ? undefined : id}
        onInput={(event) => {
          text.value = event.currentTarget.value;
          if (suggestions.includes(text.value)) commit();
        }}
        onBlur={commit}
        onKeyDown={(event) => {
          if (event.key === 'Enter') commit();
        }}
      />
      {suggestions.length > 0 && (
        <datalist id={id}>
          {suggestions.map((suggestion) => (
            <option key={suggestion} value={suggestion} />
          ))}
        </datalist>
      )}
    </label>
  );
}

/** Loads when what it depends on changes; a late answer to an old question is dropped. */
export function useLoad<T>(load: () => Promise<T>, deps: readonly unknown[]): { data: T | undefined; error: unknown; reload(): void } {
  const data = useSignal<T | undefined>(undefined);
  const error = useSignal<unknown>(undefined);
  const turn = useSignal(0);
  useEffect(() => {
    let old = false;
    load().then(
      (value) => {
        if (old) return;
        data.value = value;
        error.value = undefined;
      },
      (reason: unknown) => {
        if (!old) error.value = reason;
      },
    );
    return () => {
      old = true;
    };
  }, [...deps, turn.value]);
  return { data: data.value, error: error.value, reload: () => (turn.value += 1) };
}

/** Reads `?sidePanel=…` and changes it. */
export function sidePanel(): string | undefined {
  return place.value.query.get('sidePanel') ?? undefined;
}
