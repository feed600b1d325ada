import { useSignal } from '@preact/signals';
import type { ComponentChildren, JSX } from 'preact';
import { valueText } from '../state/format.ts';
import { scheduleWords } from '../state/cron-words.ts';
import { fieldsAt, isFields, listAt, valueAt } from '../state/edit.ts';
import type { Path } from '../state/edit.ts';
import type { Draft } from './draft.ts';
import { Icon } from './icons.tsx';

const HIDDEN = new Set(['kubectl.kubernetes.io/last-applied-configuration']);
const ROWS = 8;

interface Entry {
  key: string;
  text: string;
  set(value: string): void;
  remove(): void;
}

/** Pairs of a name and a value; the last row takes in another. Enter in it adds it. */
function KeyValues({ title, noun, entries, onAdd }: { title: string; noun: string; entries: readonly Entry[]; onAdd(name: string, value: string): void }): JSX.Element {
  const name = useSignal('');
  const value = useSignal('');
  const add = () => {
    if (name.value.trim() === '' || value.value === '') return;
    onAdd(name.value.trim(), value.value);
    name.value = '';
    value.value = '';
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter') return;
    event.preventDefault();
    add();
  };
  return (
    <section class="box small">
      <h2>{title}</h2>
      <div class="pairs">
        {entries.map((entry) => (
          <div key={entry.key} class="pair">
            <span class="pair-name">{entry.key}</span>
            <textarea rows={Math.min(ROWS, entry.text.split('\n').length)} aria-label={`Value of ${noun} ${entry.key}`} value={entry.text} spellcheck={false} onInput={(event) => entry.set(event.currentTarget.value)} />
            <button type="button" class="tool" aria-label={`Remove ${noun} ${entry.key}`} title="Remove" onClick={entry.remove}>
              <Icon name="cross" />
            </button>
          </div>
        ))}
        <div class="pair">
          <input type="text" aria-label={`Name of another ${noun}`} placeholder="Name..." autocomplete="off" spellcheck={false} value={name.value} onInput={(event) => (name.value = event.currentTarget.value)} onKeyDown={onKeyDown} />
          <input type="text" aria-label={`Value of another ${noun}`} placeholder="Value..." autocomplete="off" spellcheck={false} value={value.value} onInput={(event) => (value.value = event.currentTarget.value)} onKeyDown={onKeyDown} />
          <button type="button" class="tool" aria-label={`Add ${noun}`} title="Add" onClick={add}>
            <Icon name="plus" />
          </button>
        </div>
      </div>
    </section>
  );
}

/** The labels and annotations below a path of the object. */
export function LabelsForm({ draft, path }: { draft: Draft; path: Path }): JSX.Element {
  const part = (title: string, field: string, noun: string) => {
    const pairs = Object.entries(fieldsAt(draft.object, [...path, field])).filter(([key]) => !HIDDEN.has(key));
    const entries = pairs.map(([key, value]): Entry => ({ key, text: valueText(value), set: (next) => draft.set([...path, field, key], next), remove: () => draft.set([...path, field, key], undefined) }));
    return <KeyValues title={title} noun={noun} entries={entries} onAdd={(key, value) => draft.set([...path, field, key], value)} />;
  };
  return (
    <>
      {part('Labels', 'labels', 'label')}
      {part('Annotations', 'annotations', 'annotation')}
    </>
  );
}

/** Name, labels and annotations of the object itself; what exists already keeps its name. */
export function MetadataForm({ draft, namespaced = true }: { draft: Draft; namespaced?: boolean }): JSX.Element {
  const exists = valueAt(draft.object, ['metadata', 'creationTimestamp']) !== undefined;
  const fields = [['Name', 'name'], ['Generate Name', 'generateName'], ...(namespaced ? [['Namespace', 'namespace']] : [])];
  return (
    <>
      <section class="box">
        {fields.map(([title = '', field = '']) => (
          <Row key={field} title={title}>
            {(id) => <input id={id} type="text" readOnly={exists} autocomplete="off" spellcheck={false} value={valueText(valueAt(draft.object, ['metadata', field]))} onInput={(event) => draft.set(['metadata', field], event.currentTarget.value || undefined)} />}
          </Row>
        ))}
      </section>
      <LabelsForm draft={draft} path={['metadata']} />
    </>
  );
}

/** The parameters of the workflow spec at a path. Whatever else a parameter has, such as its choices, stays. */
export function ParametersForm({ draft, path }: { draft: Draft; path: Path }): JSX.Element {
  const at = [...path, 'arguments', 'parameters'];
  const parameters = listAt(draft.object, at);
  const entries = parameters.flatMap((parameter, i): Entry[] => {
    if (!isFields(parameter)) return [];
    return [{ key: valueText(parameter['name']), text: valueText(parameter['value']), set: (next) => draft.set([...at, i, 'value'], next), remove: () => draft.set([...at, i], undefined) }];
  });
  const add = (name: string, value: string) => {
    const same = parameters.findIndex((parameter) => isFields(parameter) && parameter['name'] === name);
    if (same >= 0) draft.set([...at, same, 'value'], value);
    else draft.set([...at, parameters.length], { name, value });
  };
  return <KeyValues title="Parameters" noun="parameter" entries={entries} onAdd={add} />;
}

const NUMBERS = [
  ['Starting Deadline Seconds', 'startingDeadlineSeconds'],
  ['Successful Jobs History Limit', 'successfulJobsHistoryLimit'],
  ['Failed Jobs History Limit', 'failedJobsHistoryLimit'],
] as const;

/** When and how a cron workflow runs. */
export function CronForm({ draft }: { draft: Draft }): JSX.Element {
  const spec = fieldsAt(draft.object, ['spec']);
  const timezone = valueText(spec['timezone']);
  const schedules = listAt(spec, ['schedules']).map(valueText);
  return (
    <section class="box">
      {schedules.map((schedule, i) => (
        <Row key={i} title={schedules.length === 1 ? 'Schedule' : `Schedule ${i + 1}`}>
          {(id) => (
            <>
              <span class="with-button">
                <input id={id} type="text" autocomplete="off" spellcheck={false} value={schedule} aria-describedby={`${id}-words`} onInput={(event) => draft.set(['spec', 'schedules', i], event.currentTarget.value)} />
                {schedules.length > 1 && (
                  <button type="button" class="tool" aria-label={`Remove schedule ${i + 1}`} title="Remove" onClick={() => draft.set(['spec', 'schedules', i], undefined)}>
                    <Icon name="cross" />
                  </button>
                )}
              </span>
              <span id={`${id}-words`} class="hint">
                <ScheduleWords schedule={schedule} timezone={timezone} />
              </span>
            </>
          )}
        </Row>
      ))}
      <button type="button" class="link" onClick={() => draft.set(['spec', 'schedules', schedules.length], '0 0 * * *')}>
        <Icon name="plus" /> Add schedule
      </button>
      <Row title="Timezone">{(id) => <input id={id} type="text" autocomplete="off" spellcheck={false} placeholder="UTC" value={timezone} onInput={(event) => draft.set(['spec', 'timezone'], event.currentTarget.value || undefined)} />}</Row>
      <Row title="Concurrency Policy">
        {(id) => (
          <select id={id} value={valueText(spec['concurrencyPolicy'])} onChange={(event) => draft.set(['spec', 'concurrencyPolicy'], event.currentTarget.value || undefined)}>
            <option value="">Select concurrency policy</option>
            {['Allow', 'Forbid', 'Replace'].map((policy) => (
              <option key={policy}>{policy}</option>
            ))}
          </select>
        )}
      </Row>
      {NUMBERS.map(([title, field]) => (
        <Row key={field} title={title}>
          {(id) => <input id={id} type="number" min="0" step="1" value={valueText(spec[field])} onInput={({ currentTarget }) => draft.set(['spec', field], Number.isNaN(currentTarget.valueAsNumber) ? undefined : currentTarget.valueAsNumber)} />}
        </Row>
      ))}
      <Row title="Suspended">{(id) => <input id={id} type="checkbox" checked={spec['suspend'] === true} onChange={(event) => draft.set(['spec', 'suspend'], event.currentTarget.checked || undefined)} />}</Row>
    </section>
  );
}

/** A schedule in words, or that it can't be read. */
export function ScheduleWords({ schedule, timezone }: { schedule: string; timezone: string }): JSX.Element {
  const { words, problem } = scheduleWords(schedule, timezone);
  if (problem === undefined) return <>{words}</>;
  return (
    <span class="field-problem">
      <Icon name="warning" /> Schedule maybe invalid: {problem}
    </span>
  );
}

function Row({ title, children }: { title: string; children(id: string): ComponentChildren }): JSX.Element {
  const id = `field-${title.toLowerCase().replaceAll(' ', '-')}`;
  return (
    <div class="form-row">
      <label for={id}>{title}</label>
      <div>{children(id)}</div>
    </div>
  );
}
