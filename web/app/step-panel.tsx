import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { PageView } from '../../server/protocol/rest.ts';
import { PageHtml } from '../markdown/page-html.tsx';
import type { PageActions } from '../markdown/page-html.tsx';
import type { QuizOffer } from '../markdown/quiz.tsx';
import type { ScenarioStore } from '../state/scenario-store.ts';
import { FINISH } from '../state/steps.ts';
import { announce } from './announcer.tsx';
import { StepFindings } from './author-bar.tsx';
import { CheckPanel, Hints } from './check-panel.tsx';
import { FinishPanel } from './finish-panel.tsx';
import { Icon } from './icons.tsx';
import { Jump } from './jump.tsx';
import { PortDialog } from './port-dialog.tsx';
import { TroubleBox } from './trouble-box.tsx';
import type { LabApi } from '../state/api.ts';

export interface StepPanelProps {
  store: ScenarioStore;
  api: LabApi;
  go(page: string): void;
}

/** The left half: the text of the step, its checks, and the way on. */
export function StepPanel({ store, api, go }: StepPanelProps): JSX.Element {
  const model = store.model.value;
  const pages = store.pages.value;
  const page = pages.find((candidate) => candidate.id === store.page.value);
  const item = store.steps.value.find((step) => step.current);
  const scroller = useRef<HTMLDivElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const shown = useRef<string | undefined>(undefined);
  const choosing = useSignal(false);
  useEffect(() => {
    if (page === undefined) return;
    if (shown.current !== undefined && shown.current !== page.id) {
      scroller.current?.scrollTo({ top: 0 });
      // On a phone the whole page scrolls, not the text alone.
      scrollTo(0, 0);
      heading.current?.focus({ preventScroll: true });
    }
    shown.current = page.id;
    document.title = `${page.title} · ${model.scenario?.title ?? ''} · argo-lab`;
  }, [page?.id]);

  if (page === undefined || item === undefined) {
    return (
      <section class="step" id="step" aria-label="Step">
        <div class="step-scroll">
          <h1 class={model.trouble === undefined ? 'sr-only' : ''}>{model.trouble === undefined ? 'Loading' : 'This scenario can’t be shown'}</h1>
          {model.trouble === undefined ? (
            <div class="skeleton" role="status">
              <span class="sr-only">Loading the scenario …</span>
            </div>
          ) : (
            <TroubleBox trouble={model.trouble} action="Try again" onAction={() => void store.restart()} />
          )}
        </div>
      </section>
    );
  }

  const actions: PageActions = {
    run: (block) => void store.terminals.runBlock(block),
    copy: (code) => copyText(store.fillIn(code)),
    openPort: (port, path) => {
      store.preview(port, path);
      showWorkspace();
    },
    choosePort: () => (choosing.value = true),
    openFile: (path) => {
      store.arrange({ editor: true });
      showWorkspace();
      void store.editor.open(path);
    },
    putBlock: (file, target, code, marker) => {
      store.arrange({ editor: true });
      return store.editor.putBlock(file, target, code, marker);
    },
    fillIn: (text) => store.fillIn(text),
  };
  const quizzes: QuizOffer | undefined =
    page.quizzes === undefined || page.quizzes.length === 0 ? undefined : { quizzes: page.quizzes, verdict: (quiz) => store.verdicts.value[`${page.id}/${quiz}`], answer: (quiz, answers) => store.answer(quiz, answers) };
  const addresses = model.session === undefined ? '' : `${model.session.portUrl} ${model.session.home ?? ''}`;
  const report = model.reports[page.id];
  return (
    <section class="step" id="step" aria-label="Step">
      <div class="step-scroll" ref={scroller} tabIndex={0} role="group" aria-label="Step text">
        <article data-page={page.id} lang={page.language === 'und' ? undefined : page.language}>
          <p class="step-label">{item.label}</p>
          <h1 ref={heading} tabIndex={-1}>
            {page.title}
          </h1>
          {store.isAuthor.value && <StepFindings store={store} page={page.id} />}
          <PageHtml key={page.id} html={withoutTitle(page)} actions={actions} addresses={addresses} quizzes={quizzes} />
          {page.hints.length > 0 && <Hints hints={page.hints} />}
          {page.solutionHtml !== undefined && (
            <details class="disclosure solution" key={`solution-${page.id}`}>
              <summary>Solution</summary>
              <PageHtml html={page.solutionHtml} actions={actions} addresses={addresses} />
            </details>
          )}
          {page.answerHtml !== undefined && (
            <details class="disclosure solution" key={`answer-${page.id}`}>
              <summary>Answer</summary>
              <PageHtml html={page.answerHtml} actions={actions} addresses={addresses} />
            </details>
          )}
          {page.checkable && <CheckPanel page={page} report={report} busy={model.checking === page.id} />}
          {page.id === FINISH && <FinishPanel store={store} api={api} go={go} />}
          {page.creditsHtml !== undefined && (
            <div class="credits">
              <PageHtml html={page.creditsHtml} actions={actions} addresses={addresses} />
            </div>
          )}
        </article>
      </div>
      {choosing.value && <PortDialog store={store} onClose={() => (choosing.value = false)} />}
      <StepFooter store={store} page={page} go={go} />
    </section>
  );
}

function StepFooter({ store, page, go }: { store: ScenarioStore; page: PageView; go(page: string): void }): JSX.Element {
  const model = store.model.value;
  const { previous, next } = store.around.value;
  const passed = !page.checkable || (model.session?.done.includes(page.id) ?? false) || model.reports[page.id]?.passed === true;
  const busy = model.checking === page.id;
  const onCheck = () => {
    void store.check().then(() => document.getElementById('checks')?.scrollIntoView({ block: 'nearest', behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth' }));
  };
  return (
    <nav class="step-footer" aria-label="Steps">
      <button type="button" class="button" aria-label="Previous" disabled={previous === undefined} onClick={() => previous !== undefined && go(previous)}>
        <Icon name="left" /> <span class="button-text">Previous</span>
      </button>
      <span class="grow" />
      <Jump to="workspace">Terminal</Jump>
      {page.checkable && (
        <button type="button" class={passed ? 'button' : 'button primary'} aria-disabled={busy || model.session?.state !== 'ready'} onClick={onCheck}>
          <Icon name="check" /> {busy ? 'Checking …' : 'Check'}
        </button>
      )}
      {next === undefined && page.id !== FINISH && (
        <a class={passed ? 'button primary' : 'button'} href="/" data-route>
          All courses <Icon name="right" />
        </a>
      )}
      {next !== undefined && (
        <button type="button" class={passed ? 'button primary' : 'button'} onClick={() => go(next)}>
          {next === FINISH ? 'Finish' : page.id === 'intro' ? 'Begin' : 'Next'} <Icon name="right" />
        </button>
      )}
    </nav>
  );
}

/** Where there is no room beside the text, terminals, editor and previews are below it. */
function showWorkspace(): void {
  if (!matchMedia('(min-width: 821px)').matches) document.getElementById('workspace')?.scrollIntoView();
}

/** The page's own first heading repeats its title where the author wrote one. */
function withoutTitle(page: PageView): string {
  const match = /^\s*<h1[^>]*>([\s\S]*?)<\/h1>/.exec(page.html);
  if (match === null) return page.html;
  const text = (match[1] ?? '').replace(/<[^>]*>/g, '').trim();
  return text === page.title.trim() ? page.html.slice(match[0].length) : page.html;
}

async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    announce('Copied.');
    return true;
  } catch {
    announce('The browser did not let the page copy.');
    return false;
  }
}
