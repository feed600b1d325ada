import { callInCluster, type ClusterResponse } from '../../executor/cluster-http.ts';
import { HttpTrigger } from '../types.ts';
import { mountedValue } from '../world.ts';
import type { Json } from '../../../../lib/json.ts';
import { applyParameters, constructPayload, resolveParameter } from './params.ts';
import type { Firing } from './trigger.ts';

const TIMEOUT_S = 60;

/** After argo-events v1.9.9 pkg/sensors/triggers/http/http.go */
export async function fireHttp(firing: Firing): Promise<void> {
  const { context, sensor, trigger, events, notice } = firing;
  const template = trigger.template?.http;
  if (template === undefined) throw new Error('failed to interpret the fetched trigger resource');
  const log = firing.log.with(['triggerType', 'HTTP']);
  const http = template.parameters === undefined ? template : HttpTrigger.parse(applyParameters(JSON.parse(JSON.stringify(template)) as Json, template.parameters, events, notice));
  const method = http.method === '' ? 'POST' : http.method;
  if (['POST', 'PATCH', 'PUT'].includes(method) && http.payload === undefined) log.warn('http/http.go:133', 'payload parameters are not specified. request payload will be an empty string', [['url', http.url]]);
  const headers: Record<string, string> = { ...http.headers };
  for (const { src, dest } of http.dynamicHeaders ?? []) {
    const value = src === undefined ? undefined : resolveParameter(src, events, notice);
    if (value === undefined) throw new Error(`failed to execute trigger, failed to resolve the value for dynamicHeader ${dest}, no value`);
    headers[dest] = value.text;
  }
  const secret = async (work: Promise<string>, what: string): Promise<string> =>
    work.catch((error: unknown) => {
      throw new Error(`failed to execute trigger, failed to retrieve the ${what}, ${error instanceof Error ? error.message : String(error)}`);
    });
  for (const { name, valueFrom } of http.secureHeaders ?? []) headers[name] = await secret(valueFrom?.secretKeyRef === undefined ? mountedValue(context, 'configMap', valueFrom?.configMapKeyRef) : mountedValue(context, 'secret', valueFrom.secretKeyRef), 'value for secureHeader');
  if (http.basicAuth !== undefined) {
    const { username, password } = http.basicAuth;
    const user = username === undefined ? '' : await secret(mountedValue(context, 'secret', username), 'username');
    const word = password === undefined ? '' : await secret(mountedValue(context, 'secret', password), 'password');
    headers['Authorization'] = `Basic ${Buffer.from(`${user}:${word}`).toString('base64')}`;
  }
  if (http.host !== '') headers['host'] = http.host;
  const body = constructPayload(http.payload ?? [], events, notice);
  log.info('http/http.go:208', 'Making a http request...', [['url', http.url]]);
  const timeout = new AbortController();
  const cancel = context.clock.after((http.timeout !== undefined && http.timeout > 0 ? http.timeout : TIMEOUT_S) * 1000, () => timeout.abort());
  let answer: ClusterResponse;
  try {
    answer = await callInCluster(context.network, { method, url: http.url, headers, body: Buffer.from(body), namespace: sensor.namespace, insecureSkipVerify: http.tls?.insecureSkipVerify === true, signal: AbortSignal.any([timeout.signal, context.signal]) });
  } catch (error) {
    throw new Error(`failed to execute trigger, ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  } finally {
    cancel();
  }
  const allowed = trigger.policy?.status?.allow;
  if (allowed !== undefined && !allowed.includes(answer.status)) throw new Error(`policy application resulted in failure. http response status ${answer.status} is not allowed`);
}
