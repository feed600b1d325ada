import type { JSX } from 'preact';
import { get } from '../api/client.ts';
import { Definition, listOf } from '../api/shapes.ts';
import { FilterField, useLoad } from './common.tsx';

/** One box a value, such as a phase; the chosen ones come back as the address has them: `Running,Failed`. */
export function ChecksField({ legend, values, chosen, onChange }: { legend: string; values: readonly string[]; chosen: readonly string[]; onChange(chosen: string): void }): JSX.Element {
  return (
    <fieldset class="filter">
      <legend>{legend}</legend>
      {values.map((value) => (
        <label key={value} class="check-row">
          <input type="checkbox" checked={chosen.includes(value)} onChange={(event) => onChange((event.currentTarget.checked ? [...chosen, value] : chosen.filter((other) => other !== value)).join(','))} />
          {value}
        </label>
      ))}
    </fieldset>
  );
}

/** A filter with the names that there are; where they can't be listed, any can be typed. */
export function ChoiceField({ label, path, value, onChange }: { label: string; path: string; value: string; onChange(value: string): void }): JSX.Element {
  const list = useLoad(() => get(listOf(Definition), path), [path]);
  const names = (list.data?.items ?? []).map((item) => item.metadata.name ?? '').sort();
  if (list.data === undefined) return <FilterField label={label} value={value} onChange={onChange} />;
  return (
    <label class="filter">
      <span>{label}</span>
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        <option value="">Any</option>
        {(names.includes(value) || value === '' ? names : [value, ...names]).map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </label>
  );
}
