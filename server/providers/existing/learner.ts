import { stringify } from 'yaml';
import { z } from 'zod';
import type { KubeClient } from '../../cluster/vocabulary.ts';
import type { Clock } from '../../lib/clock.ts';
import { LabError, messageOf } from '../../lib/errors.ts';
import type { Log } from '../../lib/log.ts';
import { runToEnd } from '../../sandbox/run.ts';
import type { Place } from '../../sandbox/sandbox.ts';
import { SERVICE_ACCOUNTS } from './objects.ts';

/** How long a token is asked for; a cluster may give less. */
const LIFETIME_S = 24 * 3600;
/** Where the newest token lies, relative to the home. */
const TOKEN_FILE = '.kube/argo-lab-token';

const TokenRequest = z.object({ status: z.object({ token: z.string(), expirationTimestamp: z.string() }) });

export interface LearnerToken {
  token: string;
  /** Milliseconds since the epoch. */
  expires: number;
}

export async function requestToken(client: KubeClient, namespace: string, account: string): Promise<LearnerToken> {
  const answer = TokenRequest.parse(await client.createSubresource(SERVICE_ACCOUNTS, namespace, account, 'token', { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: LIFETIME_S } }));
  return { token: answer.status.token, expires: Date.parse(answer.status.expirationTimestamp) };
}

/** The learner's kubeconfig: one cluster behind the gateway, one account, one namespace. */
export function learnerKubeconfig(options: { port: number; certificate: string; token: string; namespace: string; homeInside: string }): string {
  return stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'kubernetes', cluster: { server: `https://127.0.0.1:${options.port}`, 'certificate-authority-data': Buffer.from(options.certificate).toString('base64') } }],
      // The file wins where it is understood; the token is for clients that know no files.
      users: [{ name: 'learner', user: { token: options.token, tokenFile: `${options.homeInside}/${TOKEN_FILE}` } }],
      contexts: [{ name: 'learner@kubernetes', context: { cluster: 'kubernetes', user: 'learner', namespace: options.namespace } }],
      'current-context': 'learner@kubernetes',
    },
    { lineWidth: 0 },
  );
}

/** Writes the token from inside the place, where a path can't lead out of it. */
export async function placeToken(place: Place, token: string): Promise<void> {
  if (await place.seed(TOKEN_FILE, Buffer.from(token), 0o600)) return;
  const script = 'umask 077; mkdir -p "${1%/*}" && cat >"$1.new" && mv -f "$1.new" "$1"';
  const result = await runToEnd(place.command(['/bin/sh', '-c', script, 'argo-lab', `${place.homeInside}/${TOKEN_FILE}`]), { stdin: token, timeoutMs: 15_000 });
  if (result.code !== 0) throw new LabError('internal', `the token could not be written: ${result.stderr.trim()}`);
}

/** Keeps the token in the place good: a new one after two thirds of its life, again soon when that fails. */
export function keepTokenFresh(options: { first: LearnerToken; renew(): Promise<LearnerToken>; place: Place; clock: Clock; log: Log; signal: AbortSignal }): void {
  const { clock, place, log, signal } = options;
  const plan = (ms: number) => {
    const cancel = clock.after(ms, () => void renew());
    signal.addEventListener('abort', cancel, { once: true });
  };
  const next = ({ expires }: LearnerToken) => plan(Math.max(60_000, ((expires - clock.now()) * 2) / 3));
  const renew = async (): Promise<void> => {
    if (signal.aborted) return;
    try {
      const token = await options.renew();
      await placeToken(place, token.token);
      next(token);
    } catch (error) {
      log.warn({ error: messageOf(error) }, "a learner's token could not be renewed");
      if (!signal.aborted) plan(60_000);
    }
  };
  next(options.first);
}
