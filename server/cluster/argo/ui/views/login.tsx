import { useSignal } from '@preact/signals';
import type { JSX } from 'preact';
import { ArgoError, failure, reach } from '../api/client.ts';
import { clearToken, storeToken, tidyToken } from '../api/token.ts';
import { go, href, place } from '../state/router.ts';
import { DOCUMENTATION, forgetCaller, loadCaller, Page } from './common.tsx';
import { Icon } from './icons.tsx';

/** The page that takes a token. It goes on without loading anew: in a frame, the token may live in this page only. */
export function LoginPage(): JSX.Element {
  const token = useSignal('');
  const problem = useSignal<string | undefined>(undefined);
  const refused = useSignal<string | undefined>(undefined);
  const signOn = href('oauth2/redirect', { redirect: redirectTarget(place.value.query.get('redirect')) });
  // The server leads on to who knows the users. Where nobody does, it has nothing but a number to say.
  const onSignOn = async (event: Event) => {
    event.preventDefault();
    try {
      const answer = await reach(signOn, { redirect: 'manual', credentials: 'same-origin' });
      if (answer.type === 'opaqueredirect') location.assign(signOn);
      else refused.value = answer.status === 501 ? 'Single sign-on is not configured on this server (501 Not Implemented): its auth mode “sso” is not set. Paste a token instead.' : (await failure(answer)).message;
    } catch (reason) {
      refused.value = reason instanceof Error ? reason.message : String(reason);
    }
  };
  const onLogin = (event: Event) => {
    event.preventDefault();
    const tidy = tidyToken(token.value);
    if (tidy === '') {
      problem.value = 'Paste a token first: it starts with “Bearer ”.';
      return;
    }
    storeToken(tidy);
    forgetCaller();
    const on = () => go(redirectTarget(place.value.query.get('redirect')));
    loadCaller().then(on, (error: unknown) => {
      // Only a refused token stays here; what else went wrong, the next page says.
      if (error instanceof ArgoError && error.status === 401) problem.value = error.message;
      else on();
    });
  };
  return (
    <Page title="Login" crumbs={[{ text: 'Login' }]}>
      <section class="box">
        <h2>
          <Icon name="shield" /> Login
        </h2>
        <p>It may not be necessary to be logged in to use Argo Workflows, it depends on how it is configured.</p>
        <p>
          <a href={`${DOCUMENTATION}argo-server-auth-mode/`} target="_blank" rel="noreferrer">
            Learn more
          </a>
          .
        </p>
      </section>
      <div class="login-columns">
        <section>
          <p>
            If your organisation has configured <strong>single sign-on</strong>:
          </p>
          <a class="pill" data-plain href={signOn} onClick={(event) => void onSignOn(event)}>
            <Icon name="login" /> Login
          </a>
          {refused.value !== undefined && (
            <p class="field-problem" role="alert">
              {refused.value}
            </p>
          )}
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
              forgetCaller();
              token.value = '';
              go('login');
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
