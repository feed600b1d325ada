import { signal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { ago } from '../state/format.ts';
import { href } from '../state/router.ts';
import { now } from '../state/time.ts';
import { Icon } from './icons.tsx';
import type { IconName } from './icons.tsx';
import { MarkdownText } from './markdown.tsx';

/** Whether times are shown as they are, instead of how long ago they were; for all tables at once. */
const exact = signal(false);

export function Time({ value }: { value: string | null | undefined }): JSX.Element {
  return <span title={value ?? ''}>{exact.value ? (value ?? '-') : ago(value, now.value)}</span>;
}

/** The headings of columns, each with this title. */
export function Headings({ titles }: { titles: readonly string[] }): JSX.Element {
  return (
    <>
      {titles.map((title) => (
        <th key={title} scope="col">
          {title}
        </th>
      ))}
    </>
  );
}

/** The heading of a column of times, with the switch between both ways to write them. */
export function TimeHeading({ title }: { title: string }): JSX.Element {
  return (
    <th scope="col">
      {title}{' '}
      <button type="button" class="time-switch" aria-label={`${title}: show exact times`} title={exact.value ? 'Show how long ago' : 'Show exact times'} aria-pressed={exact.value} onClick={() => (exact.value = !exact.value)}>
        <Icon name="clock" />
      </button>
    </th>
  );
}

interface Named {
  metadata: { uid?: string | undefined; name?: string | undefined; namespace?: string | undefined; creationTimestamp?: string | null | undefined; annotations?: Readonly<Record<string, string>> | null | undefined };
}

/** A table of objects: sign, name, namespace, what else is given, and since when there are. */
export function ObjectTable<T extends Named>({ items, icon, path, namespaced, columns = [] }: { items: readonly T[]; icon(item: T): IconName; path(item: T): string; namespaced: boolean; columns?: readonly { title: string; cell(item: T): ComponentChildren }[] }): JSX.Element {
  return (
    <table class="rows">
      <thead>
        <tr>
          <th scope="col">
            <span class="sr-only">Kind</span>
          </th>
          <Headings titles={['Name', ...(namespaced ? ['Namespace'] : []), ...columns.map(({ title }) => title)]} />
          <TimeHeading title="Created" />
        </tr>
      </thead>
      <tbody>
        {items.map((item) => {
          const { uid, name, namespace, creationTimestamp, annotations } = item.metadata;
          const description = annotations?.['workflows.argoproj.io/description'];
          return (
            <tr key={uid}>
              <td>
                <Icon name={icon(item)} />
              </td>
              <td>
                <a href={href(path(item))}>
                  <MarkdownText inline links={false} text={annotations?.['workflows.argoproj.io/title'] ?? name ?? ''} />
                </a>
                {description !== undefined && (
                  <p class="row-description">
                    <MarkdownText inline text={description.split('\n')[0] ?? ''} />
                  </p>
                )}
              </td>
              {namespaced && <td>{namespace}</td>}
              {columns.map(({ title, cell }) => (
                <td key={title}>{cell(item)}</td>
              ))}
              <td>
                <Time value={creationTimestamp} />
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

const LIMITS = [5, 10, 20, 50, 100, 500];

export interface PagingProps {
  /** Whether this is the first page. */
  first: boolean;
  /** Undefined where there is no way back but to the first. */
  onPrevious?: (() => void) | undefined;
  /** Undefined on the last page. */
  onNext: (() => void) | undefined;
  onFirst(): void;
  limit: number;
  onLimit(limit: string): void;
}

/** The buttons below a table of which a page is shown. */
export function Paging({ first, onPrevious, onNext, onFirst, limit, onLimit }: PagingProps): JSX.Element {
  return (
    <div class="paging">
      <button type="button" class="pill" disabled={first} onClick={onFirst}>
        First page
      </button>
      {onPrevious !== undefined && (
        <button type="button" class="pill" onClick={onPrevious}>
          Previous page
        </button>
      )}
      <button type="button" class="pill" disabled={onNext === undefined} onClick={onNext}>
        Next page <Icon name="right" />
      </button>
      <label>
        <select value={limit} onChange={(event) => onLimit(event.currentTarget.value)}>
          {(LIMITS.includes(limit) ? LIMITS : [limit, ...LIMITS]).map((value) => (
            <option key={value} value={value}>
              {value}
            </option>
          ))}
        </select>{' '}
        results per page
      </label>
    </div>
  );
}
