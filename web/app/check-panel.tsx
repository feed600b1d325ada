import type { JSX } from 'preact';
import type { CheckReport, CheckResultView, PageView } from '../../server/protocol/rest.ts';
import { StateMark } from './icons.tsx';
import { Text } from './text.tsx';

/** The checks of a step, each with its state, and for one that failed: what was expected, what is, why, and what next. */
export function CheckPanel({ page, report, busy }: { page: PageView; report: CheckReport | undefined; busy: boolean }): JSX.Element {
  const results = new Map(report?.results.map((result) => [result.id, result]));
  const known = page.checks.map((check) => ({ ...check, result: results.get(check.id) }));
  const extra = report?.results.filter((result) => !page.checks.some((check) => check.id === result.id)).map((result) => ({ id: result.id, title: result.title, live: false, result })) ?? [];
  const items = [...known, ...extra];
  return (
    <section class={`checks ${report?.passed === true ? 'passed' : ''}`} aria-labelledby="checks-title" id="checks">
      <h2 id="checks-title">{report?.passed === true ? 'Done' : 'Is it done?'}</h2>
      {items.length === 0 && <p class="quiet">Press Check when you have done what this step asks for.</p>}
      <ul>
        {items.map((item) => (
          <li key={item.id} class={item.result === undefined ? 'check' : item.result.passed ? 'check check-passed' : 'check check-failed'}>
            <p class="check-title">
              <StateMark state={item.result === undefined ? (busy ? 'busy' : 'open') : item.result.passed ? 'done' : 'failed'} />
              <span>
                <Text>{item.title}</Text>
              </span>
              {item.live && (
                <span class="badge live" title="Looked at again while you work">
                  live
                </span>
              )}
            </p>
            {item.result !== undefined && !item.result.passed && <Failure result={item.result} />}
          </li>
        ))}
      </ul>
    </section>
  );
}

function Failure({ result }: { result: CheckResultView }): JSX.Element {
  const rows = [
    ['Expected', result.expected],
    ['Observed', result.observed],
    ['Why', result.why],
  ].filter(([, value]) => value !== '');
  return (
    <div class="failure">
      {result.next !== '' && (
        <p class="failure-next">
          <strong>Next: </strong>
          <Text>{result.next}</Text>
        </p>
      )}
      <dl>
        {rows.map(([name = '', value = '']) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <Text>{value}</Text>
            </dd>
          </div>
        ))}
      </dl>
      {result.hints.length > 0 && <Hints hints={result.hints} />}
    </div>
  );
}

export function Hints({ hints }: { hints: readonly string[] }): JSX.Element {
  return (
    <details class="disclosure hint">
      <summary>{hints.length === 1 ? 'Hint' : `Hints (${hints.length})`}</summary>
      <ul>
        {hints.map((hint, i) => (
          <li key={i}>
            <Text>{hint}</Text>
          </li>
        ))}
      </ul>
    </details>
  );
}
