import { readFile } from 'node:fs/promises';
import { execa } from 'execa';
import { z } from 'zod';
import type { Clock } from '../../lib/clock.ts';
import { LabError, messageOf } from '../../lib/errors.ts';
import { parseJson } from '../../lib/json.ts';
import type { Bearer, ExecPlugin, KubeAccess } from './kubeconfig.ts';

/** What a request is sent with. */
export interface Credential {
  /** `authorization` and impersonation. */
  headers: Record<string, string | string[]>;
  client?: { certificate: Buffer; key: Buffer };
}

export interface Credentials {
  get(): Promise<Credential>;
  /** The server refused what `get` gave; true when asking again may give something else. */
  refused(): boolean;
}

/** A token file is read again after this time, as client-go does it. */
const FILE_MS = 60_000;
/** A plugin may open a browser or ask a cloud. */
const PLUGIN_MS = 60_000;
/** Renewed so long before the end. */
const EARLY_MS = 30_000;

const ExecCredential = z.object({
  kind: z.literal('ExecCredential'),
  status: z.object({ token: z.string().optional(), expirationTimestamp: z.string().nullish(), clientCertificateData: z.string().optional(), clientKeyData: z.string().optional() }),
});

/** Credentials of a kubeconfig's user, kept as long as they are good. */
export function createCredentials(access: KubeAccess, clock: Clock): Credentials {
  let kept: { value: Credential; until: number } | undefined;
  let asking: Promise<Credential> | undefined;
  const renewable = access.bearer.kind === 'file' || access.bearer.kind === 'exec';
  const ask = async (): Promise<Credential> => {
    const { value, until } = await fetchCredential(access, clock);
    kept = { value: { ...value, headers: { ...value.headers, ...impersonation(access) } }, until };
    return kept.value;
  };
  return {
    get() {
      if (kept !== undefined && clock.now() < kept.until) return Promise.resolve(kept.value);
      asking ??= ask().finally(() => {
        asking = undefined;
      });
      return asking;
    },
    refused() {
      const asked = kept !== undefined;
      if (renewable) kept = undefined;
      return renewable && asked;
    },
  };
}

async function fetchCredential(access: KubeAccess, clock: Clock): Promise<{ value: Credential; until: number }> {
  const client = access.client === undefined ? {} : { client: access.client };
  const { bearer } = access;
  const always = Number.POSITIVE_INFINITY;
  switch (bearer.kind) {
    case 'none':
      return { value: { headers: {}, ...client }, until: always };
    case 'token':
      return { value: { headers: { authorization: `Bearer ${bearer.token}` }, ...client }, until: always };
    case 'basic':
      return { value: { headers: { authorization: `Basic ${Buffer.from(`${bearer.username}:${bearer.password}`).toString('base64')}` }, ...client }, until: always };
    case 'file':
      return { value: { headers: { authorization: `Bearer ${await tokenIn(access, bearer)}` }, ...client }, until: clock.now() + FILE_MS };
    case 'exec': {
      const { status } = await runPlugin(access, bearer.plugin);
      const given = status.clientCertificateData === undefined || status.clientKeyData === undefined ? client : { client: { certificate: Buffer.from(status.clientCertificateData), key: Buffer.from(status.clientKeyData) } };
      const end = Date.parse(status.expirationTimestamp ?? '');
      return { value: { headers: status.token === undefined ? {} : { authorization: `Bearer ${status.token}` }, ...given }, until: Number.isNaN(end) ? always : end - EARLY_MS };
    }
  }
}

async function tokenIn(access: KubeAccess, bearer: Extract<Bearer, { kind: 'file' }>): Promise<string> {
  const token = await readFile(bearer.path, 'utf8').catch((error: unknown) => {
    throw new LabError('cluster-failed', `kubeconfig ${access.file}: tokenFile of user ${access.user}: ${messageOf(error)}`, 'Put a token there, or use another user.');
  });
  if (token.trim() === '') throw new LabError('cluster-failed', `kubeconfig ${access.file}: tokenFile of user ${access.user}: ${bearer.path} is empty`);
  return token.trim();
}

// After client-go plugin/pkg/client/auth/exec: what the plugin is told, and what it answers.
async function runPlugin(access: KubeAccess, plugin: ExecPlugin): Promise<z.infer<typeof ExecCredential>> {
  const cluster = { server: access.server.href.replace(/\/$/, ''), 'insecure-skip-tls-verify': access.insecure, ...(access.serverName === undefined ? {} : { 'tls-server-name': access.serverName }), ...(access.ca === undefined ? {} : { 'certificate-authority-data': access.ca.toString('base64') }) };
  const info = { apiVersion: plugin.apiVersion, kind: 'ExecCredential', spec: { interactive: false, ...(plugin.provideClusterInfo ? { cluster } : {}) } };
  const where = `kubeconfig ${access.file}: exec of user ${access.user}`;
  const result = await execa(plugin.command, plugin.args, { env: { ...plugin.env, KUBERNETES_EXEC_INFO: JSON.stringify(info) }, stdin: 'ignore', reject: false, timeout: PLUGIN_MS });
  if (result.code === 'ENOENT') throw new LabError('missing-tool', `${where}: the command ${plugin.command} is not there`, plugin.installHint?.trim() ?? `Install ${plugin.command}, or put it on the PATH of the lab.`);
  if (result.timedOut) throw new LabError('timeout', `${where}: ${plugin.command} did not answer within a minute`, 'It may be waiting for somebody to log in: run it once by hand.');
  if (result.failed) throw new LabError('cluster-failed', `${where}: ${plugin.command} ended with ${result.exitCode ?? result.signal ?? result.shortMessage}: ${result.stderr.trim().slice(-500)}`, 'Run it once by hand; you may have to log in again.');
  const parsed = ExecCredential.safeParse(parseJson(result.stdout));
  if (!parsed.success) throw new LabError('cluster-failed', `${where}: ${plugin.command} printed no ExecCredential`, 'Look at what it prints; it may be of another version than the kubeconfig.');
  return parsed.data;
}

function impersonation({ impersonate }: KubeAccess): Credential['headers'] {
  if (impersonate === undefined) return {};
  return { 'impersonate-user': impersonate.user, ...(impersonate.groups.length === 0 ? {} : { 'impersonate-group': impersonate.groups }), ...(impersonate.uid === undefined ? {} : { 'impersonate-uid': impersonate.uid }) };
}
