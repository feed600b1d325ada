import type { JSX } from 'preact';
import type { Trouble } from '../state/session-model.ts';
import { Icon } from './icons.tsx';
import { sentence, Text } from './text.tsx';

/** What went wrong and what to do next. */
export function TroubleBox({ trouble, action, onAction }: { trouble: Trouble; action?: string; onAction?: () => void }): JSX.Element {
  return (
    <div class="trouble" role="alert">
      <Icon name="warning" />
      <div>
        <p>
          <Text>{sentence(trouble.message)}</Text>
        </p>
        {trouble.next !== undefined && (
          <p class="quiet">
            <Text>{trouble.next}</Text>
          </p>
        )}
      </div>
      {action !== undefined && (
        <button type="button" class="button" onClick={onAction}>
          {action}
        </button>
      )}
    </div>
  );
}
