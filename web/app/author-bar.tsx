import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import type { FindingView } from '../../server/protocol/rest.ts';
import type { ScenarioStore } from '../state/scenario-store.ts';
import { Icon } from './icons.tsx';
import { Popup } from './popup.tsx';
import { Said, Text } from './text.tsx';

/** For the author, while the lab runs with --watch: jump, solve, try the near misses, see the findings. */
export function AuthorBar({ store, go }: { store: ScenarioStore; go(page: string): void }): JSX.Element | null {
  const { author } = store;
  const view = author.view.value;
  const target = useSignal<string | undefined>(undefined);
  if (view === undefined) return null;
  const current = store.page.value;
  const here = view.pages.find((page) => page.id === current);
  const steps = store.steps.value.filter((step) => step.id !== 'finish' || view.pages.some((page) => page.id === 'finish'));
  const progress = author.progress.value;
  const busy = progress?.state === 'running' || author.trying.value !== undefined;
  const ready = store.model.value.session?.state === 'ready';
  const jump = (page: string) => void author.jump(page).then(() => go(page));
  return (
    <section class="author-bar" aria-label="For the author">
      <strong class="author-title">
        <Icon name="pencil" /> Author
      </strong>
      <label class="author-jump">
        <span class="sr-only">Step to jump to</span>
        <select value={target.value ?? current} onChange={(event) => (target.value = event.currentTarget.value)}>
          {steps.map((step) => (
            <option key={step.id} value={step.id}>
              {step.label === step.title || step.id === 'finish' ? step.label : `${step.label}: ${step.title}`}
            </option>
          ))}
        </select>
        <button type="button" class="button small" disabled={busy || !ready} title="A clean session in which the steps before it are solved" onClick={() => jump(target.value ?? current)}>
          Jump to its start
        </button>
      </label>
      <button type="button" class="button small" disabled={busy || !ready || here?.solution !== true} title={here?.solution === true ? 'Types the solution of this step' : 'This step has no solution'} onClick={() => void author.solve(current)}>
        <Icon name="play" /> Solution
      </button>
      {here !== undefined && here.nearMisses.length > 0 && (
        <Popup label="Near misses of this step" text={`Near misses (${here.nearMisses.length})`} icon="cross">
          {() => <NearMisses store={store} page={current} misses={here.nearMisses} busy={busy || !ready} />}
        </Popup>
      )}
      <Popup label={`Findings: ${counted(view.findings)}`} text={counted(view.findings)} icon="warning">
        {(close) => (
          <Findings
            findings={view.findings}
            onGo={(page) => {
              close();
              go(page);
            }}
          />
        )}
      </Popup>
      {progress !== undefined && (
        <span class={`author-progress author-${progress.state}`} role="status">
          <Text>{progress.message}</Text>
        </span>
      )}
    </section>
  );
}

function NearMisses({ store, page, misses, busy }: { store: ScenarioStore; page: string; misses: readonly { title: string; expect: string }[]; busy: boolean }): JSX.Element {
  const { author } = store;
  const trying = author.trying.value;
  return (
    <ul class="near-misses">
      {misses.map((miss, index) => {
        const verdict = author.verdicts.value[`${page}/${index}`];
        const isTrying = trying?.page === page && trying.index === index;
        return (
          <li key={index}>
            <p class="near-miss-title">
              <span class="grow">
                <Text>{miss.title}</Text>
              </span>
              <button type="button" class="button small" disabled={busy} onClick={() => void author.tryNearMiss(page, index)}>
                {isTrying ? 'Trying …' : 'Try'}
              </button>
            </p>
            {verdict !== undefined && (
              <p class={verdict.asExpected ? 'verdict-good' : 'verdict-bad'}>
                <Icon name={verdict.asExpected ? 'check' : 'cross'} />{' '}
                {verdict.asExpected ? 'Refused with the expected words.' : verdict.report.passed ? 'The checks passed: they should not.' : 'Refused, but with other words.'}
              </p>
            )}
            {verdict !== undefined && !verdict.asExpected && (
              <dl class="near-miss-words">
                <dt>Expected</dt>
                <dd>{verdict.expect}</dd>
                <dt>Said</dt>
                <dd>{verdict.report.results.filter((result) => !result.passed).map((result) => result.why || result.observed).join(' · ') || 'nothing'}</dd>
              </dl>
            )}
          </li>
        );
      })}
    </ul>
  );
}

function Findings({ findings, onGo }: { findings: readonly FindingView[]; onGo(page: string): void }): JSX.Element {
  if (findings.length === 0) return <p class="menu quiet">Nothing to mend.</p>;
  return (
    <ul class="findings">
      {findings.map((finding, i) => (
        <li key={i} class={`finding finding-${finding.severity}`}>
          <Finding finding={finding} />
          {finding.page !== undefined && (
            <button type="button" class="button small" onClick={() => finding.page !== undefined && onGo(finding.page)}>
              Show
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}

export function Finding({ finding }: { finding: FindingView }): JSX.Element {
  return (
    <div class="grow">
      <p>
        <code>{[finding.file, finding.line, finding.column].filter((part) => part !== undefined).join(':')}</code> <span class={`badge severity-${finding.severity}`}>{finding.severity}</span>
        {finding.code !== undefined && <span class="quiet"> {finding.code}</span>}
      </p>
      <Said message={finding.message} next={finding.mend} />
    </div>
  );
}

/** The findings of one page, beside its text. */
export function StepFindings({ store, page }: { store: ScenarioStore; page: string }): JSX.Element | null {
  const findings = store.author.view.value?.findings.filter((finding) => finding.page === page) ?? [];
  if (findings.length === 0) return null;
  return (
    <aside class="step-findings" aria-label="Findings in this step">
      {findings.map((finding, i) => (
        <div key={i} class={`finding finding-${finding.severity}`}>
          <Finding finding={finding} />
        </div>
      ))}
    </aside>
  );
}

function counted(findings: readonly FindingView[]): string {
  if (findings.length === 0) return 'No findings';
  return findings.length === 1 ? '1 finding' : `${findings.length} findings`;
}
