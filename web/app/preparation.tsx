import type { JSX } from 'preact';
import type { StageView } from '../../server/protocol/rest.ts';
import type { ScenarioStore } from '../state/scenario-store.ts';
import { StateMark } from './icons.tsx';
import { duration, Text } from './text.tsx';
import { TroubleBox } from './trouble-box.tsx';

/** Over the terminals while the session is made ready: each stage with its time, and its output when it failed. */
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
  if (session?.state === 'ready') return null;
  const failed = session?.state === 'failed';
  return (
    <div class="overlay">
      <div class="overlay-box">
        <h2>{failed ? 'The session could not be made ready' : trouble !== undefined ? 'No session' : 'Getting your session ready'}</h2>
        {session === undefined && trouble === undefined && <p class="quiet">Asking the lab for a session …</p>}
        {session === undefined && trouble !== undefined && <TroubleBox trouble={trouble} action="Try again" onAction={() => void store.restart()} />}
        <ol class="stages" aria-live="polite">
          {session?.stages.map((stage) => (
            <Stage key={stage.id} stage={stage} />
          ))}
        </ol>
        {failed && (
          <>
            <p>
              <Text>{session.error?.message ?? 'A stage failed.'}</Text>
            </p>
            {session.error?.next !== undefined && (
              <p class="quiet">
                <Text>{session.error.next}</Text>
              </p>
            )}
            <button type="button" class="button primary" onClick={() => void store.reset()}>
              Try again
            </button>
          </>
        )}
      </div>
    </div>
  );
}

function Stage({ stage }: { stage: StageView }): JSX.Element {
  return (
    <li class={`stage stage-${stage.state}`}>
      <p>
        <StateMark state={stage.state === 'running' ? 'busy' : stage.state} />
        <span class="grow">{stage.title}</span>
        {stage.took !== undefined && <span class="quiet">{duration(stage.took)}</span>}
      </p>
      {stage.state === 'failed' && stage.output !== undefined && stage.output !== '' && (
        <pre tabIndex={0} role="group" aria-label={`Output of ${stage.title}`}>
          {stage.output}
        </pre>
      )}
    </li>
  );
}
