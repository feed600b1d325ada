import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { clearToken, storeToken, tidyToken } from '../api/token.ts';
import { href, place } from '../state/router.ts';
import { Page } from './common.tsx';
import { Icon } from './icons.tsx';

/** The page that takes a token. Logging in and out load the interface anew, so that nothing of the old caller stays. */
export function LoginPage(): JSX.Element {
  const token = useSignal('');
  const problem = useSignal<string | undefined>(undefined);
  const onLogin = (event: Event) => {
    event.preventDefault();
    const tidy = tidyToken(token.value);
    if (tidy === '') {
      problem.value = 'Paste a token first: it starts with “Bearer ”.';
      return;
    }
    storeToken(tidy);
    location.assign(redirectTarget(place.value.query.get('redirect')));
  };
  return (
    <Page title="Login" crumbs={[{ text: 'Login' }]}>
      <section class="box">
        <h2>
          <Icon name="shield" /> Login
        </h2>
        <p>It may not be necessary to be logged in to use Argo Workflows, it depends on how it is configured.</p>
      </section>
      <div class="login-columns">
        <section>
          <p>
            If your organisation has configured <strong>single sign-on</strong>:
          </p>
          <button type="button" class="pill" disabled title="Single sign-on is not configured">
            <Icon name="login" /> Login
          </button>
        </section>
        <form onSubmit={onLogin}>
          <p>
            If your organisation has configured <strong>client authentication</strong>, get your token with <code>argo auth token</code>, or as your lesson says, and paste in this box:
          </p>
          <textarea aria-label="Token" name="token" rows={6} spellcheck={false} autocomplete="off" value={token.value} onInput={(event) => (token.value = event.currentTarget.value)} />
          {problem.value !== undefined && (
            <p class="field-problem" role="alert">
              {problem.value}
            </p>
          )}
          <button type="submit" class="pill">
            <Icon name="login" /> Login
          </button>
        </form>
        <section>
          <p>Something wrong? Try logging out and logging back in:</p>
          <button
            type="button"
            class="pill"
            onClick={() => {
              clearToken();
              location.assign(href('login'));
            }}
          >
            <Icon name="login" /> Logout
          </button>
        </section>
      </div>
    </Page>
  );
}

/** Only addresses of this interface: never another site. */
function redirectTarget(wanted: string | null): string {
  if (wanted === null) return href('');
  const url = new URL(wanted, document.baseURI);
  return url.origin === location.origin && !url.pathname.endsWith('/login') ? url.pathname + url.search : href('');
}
