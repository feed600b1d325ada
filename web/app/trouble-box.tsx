import type { JSX } from 'preact';
import type { Trouble } from '../state/session-model.ts';
import { Icon } from './icons.tsx';
import { Said } from './text.tsx';

/** What went wrong and what to do next. */
export function TroubleBox({ trouble, action, onAction }: { trouble: Trouble; action?: string; onAction?: () => void }): JSX.Element {
  return (
    <div class="trouble" role="alert">
      <Icon name="warning" />
      <div>
        <Said message={trouble.message} next={trouble.next} />
      </div>
      {action !== undefined && (
        <button type="button" class="button" onClick={onAction}>
          {action}
        </button>
      )}
    </div>
  );
}
