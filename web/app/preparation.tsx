import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { SessionView, StageView } from '../../server/protocol/rest.ts';
import { bundlePath } from '../state/api.ts';
import { providerName } from '../state/overview.ts';
import type { ScenarioStore } from '../state/scenario-store.ts';
import { browserTimers } from '../state/timers.ts';
import { Icon, StateMark } from './icons.tsx';
import { navigate } from './navigation.ts';
import { duration, sentence, Text } from './text.tsx';
import { TroubleBox } from './trouble-box.tsx';

/** Over the terminals while the session is made ready, when that failed, and when its cluster or the session is gone. */
export function Preparation({ store }: { store: ScenarioStore }): JSX.Element | null {
  const { session, trouble } = store.model.value;
  if (store.ended.value) {
    return (
      <div class="overlay">
        <div class="overlay-box" role="status">
          <h2>This session has ended</h2>
          <p>Its terminals and its cluster are gone. The steps you have done stay done.</p>
          <button type="button" class="button primary" onClick={() => void store.restart()}>
            Start a new session
          </button>
        </div>
      </div>
    );
  }
  if (session?.state === 'ready') return session.lost === undefined ? null : <Lost key={session.lost.message} store={store} lost={session.lost} />;
  const failed = session?.state === 'failed';
  return (
    <div class="overlay">
      <div class="overlay-box">
        <h2>{failed ? 'The session could not be made ready' : trouble !== undefined ? 'No session' : 'Getting your session ready'}</h2>
        {session === undefined && trouble === undefined && <p class="quiet">Asking the lab for a session …</p>}
        {session === undefined && trouble !== undefined && <TroubleBox trouble={trouble} action={trouble.code === 'conflict' ? 'Resume it' : 'Try again'} onAction={() => void store.restart()} />}
        {session === undefined && trouble?.code === 'cluster-failed' && (
          // The emulated cluster is the one that never refuses.
          <button type="button" class="button primary" onClick={() => void store.restart('embedded')}>
            Run on the embedded cluster
          </button>
        )}
        <ol class="stages" aria-live="polite">
          {session?.stages.map((stage) => (
            <Stage key={stage.id} stage={stage} />
          ))}
        </ol>
        {failed ? <Failed store={store} session={session} /> : <Cancel store={store} text={store.wasReady.value ? 'End the session' : 'Cancel'} />}
      </div>
    </div>
  );
}

function Failed({ store, session }: { store: ScenarioStore; session: SessionView }): JSX.Element {
  return (
    <>
      <p>
        <Text>{sentence(session.error?.message ?? 'A stage failed.')}</Text>
      </p>
      {session.error?.next !== undefined && (
        <p class="failure-next">
          <strong>Next: </strong>
          <Text>{session.error.next}</Text>
        </p>
      )}
      <div class="overlay-buttons">
        <button type="button" class="button primary" onClick={() => void store.reset()}>
          Try again
        </button>
        {session.provider !== 'embedded' && session.provider !== 'none' && (
          <button type="button" class="button" onClick={() => void store.reset('embedded')}>
            Run on the embedded cluster
          </button>
        )}
        {session.bundle === true && (
          <a class="button" href={bundlePath(session.id)} download>
            <Icon name="download" /> Download the logs
          </a>
        )}
        <Cancel store={store} text="Back to the courses" />
      </div>
    </>
  );
}

/** Stops the preparation at any moment: the lab takes back what it has begun. */
function Cancel({ store, text }: { store: ScenarioStore; text: string }): JSX.Element {
  const busy = useSignal(false);
  return (
    <button
      type="button"
      class="button"
      aria-disabled={busy.value}
      onClick={() => {
        if (busy.value) return;
        busy.value = true;
        void store.cancel().then((ended) => {
          busy.value = false;
          if (ended) navigate({ name: 'start' });
        });
      }}
    >
      {busy.value ? 'Stopping …' : text}
    </button>
  );
}

/** The cluster died under a session that was ready: the terminals are still there to look at. */
function Lost({ store, lost }: { store: ScenarioStore; lost: NonNullable<SessionView['lost']> }): JSX.Element | null {
  const hidden = useSignal(false);
  if (hidden.value) return null;
  return (
    <div class="overlay">
      <div class="overlay-box" role="alert">
        <h2>The cluster is gone</h2>
        <p>
          <Text>{sentence(lost.message)}</Text>
        </p>
        {lost.next !== undefined && (
          <p class="failure-next">
            <strong>Next: </strong>
            <Text>{lost.next}</Text>
          </p>
        )}
        <p class="quiet">Your terminals, your files and the steps you have done stay when you go on; what was in the cluster is lost.</p>
        <div class="overlay-buttons">
          {lost.alternatives.map((provider) => (
            <button key={provider} type="button" class="button primary" onClick={() => void store.continueOn(provider)}>
              Go on on {providerName(provider)}
            </button>
          ))}
          <button type="button" class="button" onClick={() => void store.reset()}>
            Start anew
          </button>
          <button type="button" class="button" onClick={() => (hidden.value = true)}>
            Look at the terminals
          </button>
        </div>
      </div>
    </div>
  );
}

function Stage({ stage }: { stage: StageView }): JSX.Element {
  const took = useElapsed(stage);
  const output = stage.output ?? '';
  const text = useRef<HTMLPreElement>(null);
  useEffect(() => {
    // The end of what is being written is what counts.
    if (text.current !== null) text.current.scrollTop = text.current.scrollHeight;
  }, [output]);
  return (
    <li class={`stage stage-${stage.state}`}>
      <p>
        <StateMark state={stage.state === 'running' ? 'busy' : stage.state} />
        <span class="grow">{stage.title}</span>
        {took !== undefined && (
          // A running clock is not read aloud.
          <span class="quiet stage-time" aria-hidden={stage.state === 'running'}>
            {duration(took)}
          </span>
        )}
      </p>
      {stage.state !== 'done' && output !== '' && (
        <pre ref={text} tabIndex={0} role="group" aria-label={`Output of ${stage.title}`}>
          {output}
        </pre>
      )}
    </li>
  );
}

const TICK_MS = 100;

/** Milliseconds a stage took, or runs already; from the moment this page saw it, as the lab says it only at the end. */
function useElapsed(stage: StageView): number | undefined {
  const elapsed = useSignal(0);
  const running = stage.state === 'running';
  useEffect(() => {
    if (!running) return;
    const since = browserTimers.now();
    let cancel = () => {};
    const tick = () => {
      elapsed.value = browserTimers.now() - since;
      cancel = browserTimers.after(TICK_MS, tick);
    };
    tick();
    return () => cancel();
  }, [running]);
  return running ? elapsed.value : stage.took;
}
