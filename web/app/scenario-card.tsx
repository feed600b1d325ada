import type { JSX } from 'preact';
import type { BrokenCard, ProviderView, ScenarioCard } from '../../server/protocol/rest.ts';
import { providerName, providersFor, unmet } from '../state/overview.ts';
import { formatRoute } from '../state/route.ts';
import { Icon } from './icons.tsx';
import { sentence, Text } from './text.tsx';

/** A scenario before it is started: what it is, what it needs, how far the learner is, where it can run. */
export function Scenario({ card, providers, within }: { card: ScenarioCard; providers: readonly ProviderView[]; within?: string | undefined }): JSX.Element {
  const done = Math.min(card.steps, card.done.filter((id) => /^step\d+$/.test(id)).length);
  const verb = card.session !== undefined ? 'Resume' : card.finished ? 'Start again' : 'Start';
  const lacking = unmet(card);
  const others = providersFor(card, providers);
  const facts = [card.difficulty, card.time, `${card.steps} ${card.steps === 1 ? 'step' : 'steps'}`, ...(card.needs ?? []).filter((need) => need.met).map((need) => need.title)];
  return (
    <li class="card">
      <div class="card-text">
        {within !== undefined && <p class="card-within quiet">{within}</p>}
        <h3>
          {card.title}
          {card.finished && (
            <span class="badge done">
              <Icon name="check" /> finished
            </span>
          )}
        </h3>
        {card.description !== '' && <p>{card.description}</p>}
        <p class="card-facts">
          {[...new Set(facts)].filter((fact) => fact !== undefined && fact !== '').map((fact) => (
            <span key={fact}>{fact}</span>
          ))}
        </p>
        {lacking.length > 0 && (
          <ul class="card-needs" aria-label="What this machine can’t give">
            {lacking.map((need) => (
              <li key={need.id}>
                <Icon name="warning" />
                <span>
                  <strong>{need.title}</strong>: <Text>{need.message ?? 'this machine does not have it.'}</Text>
                  {need.next !== undefined && (
                    <span class="quiet">
                      {' '}
                      <Text>{need.next}</Text>
                    </span>
                  )}
                </span>
              </li>
            ))}
          </ul>
        )}
        {card.problems !== undefined && card.problems.length > 0 && (
          <details class="card-more">
            <summary>{card.problems.length === 1 ? '1 warning' : `${card.problems.length} warnings`}</summary>
            <Problems problems={card.problems} />
          </details>
        )}
        {others.filter((provider) => !provider.available).map((provider) => (
          <details class="card-more" key={provider.id}>
            <summary>Not on {providerName(provider.id)} here</summary>
            <p>
              <Text>{sentence(provider.reason ?? `${provider.title} can’t be had on this machine`)}</Text>
              {provider.next !== undefined && (
                <>
                  {' '}
                  <Text>{provider.next}</Text>
                </>
              )}
            </p>
          </details>
        ))}
      </div>
      <div class="card-foot">
        <div class="card-progress">
          <progress max={Math.max(1, card.steps)} value={done} aria-label={`Steps done of ${card.title}`} />
          <span class="quiet">
            {done} / {card.steps}
          </span>
        </div>
        {card.recording === true && (
          <a class="icon-button" data-route href={formatRoute({ name: 'play', id: card.id })} aria-label={`Watch a recording of ${card.title}`} title="Watch a recording">
            <Icon name="film" />
          </a>
        )}
        {others.filter((provider) => provider.available).map((provider) => (
          <a key={provider.id} class="button" data-route href={formatRoute({ name: 'scenario', id: card.id, provider: provider.id })} aria-label={`Run on ${providerName(provider.id)}: ${card.title}`} title={provider.title}>
            Run on {providerName(provider.id)}
          </a>
        ))}
        <a class={card.finished || lacking.length > 0 ? 'button' : 'button primary'} data-route href={formatRoute({ name: 'scenario', id: card.id })} aria-label={`${verb}${lacking.length > 0 && card.session === undefined ? ' anyway' : ''}: ${card.title}`}>
          {verb}
          {lacking.length > 0 && card.session === undefined ? ' anyway' : ''} <Icon name="right" />
        </a>
      </div>
    </li>
  );
}

export function Broken({ card, within }: { card: BrokenCard; within?: string | undefined }): JSX.Element {
  return (
    <li class="card broken">
      {within !== undefined && <p class="card-within quiet">{within}</p>}
      <h3>
        {card.title}
        <span class="badge failed">
          <Icon name="warning" /> can’t be loaded
        </span>
      </h3>
      <Problems problems={card.problems} />
    </li>
  );
}

function Problems({ problems }: { problems: BrokenCard['problems'] }): JSX.Element {
  return (
    <ul class="problems">
      {problems.map((problem, i) => (
        <li key={i}>
          <code>{[problem.file, problem.line, problem.column].filter((part) => part !== undefined).join(':')}</code>
          {problem.field !== undefined && (
            <>
              {' '}
              <code>{problem.field}</code>
            </>
          )}{' '}
          {problem.message}
        </li>
      ))}
    </ul>
  );
}
