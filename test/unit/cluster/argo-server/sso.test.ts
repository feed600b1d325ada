import { expect, it } from 'vitest';
import { ssoProblem } from '../../../../server/cluster/argo/server/sso.ts';
import { testApi } from '../../../harness/cluster.ts';
import { startServer } from './fixture.ts';

const CONFIG_MAPS = { group: '', version: 'v1', resource: 'configmaps' };
const SECRETS = { group: '', version: 'v1', resource: 'secrets' };
const DISCOVERY = 'Get "https://id.example.com/.well-known/openid-configuration": single sign-on needs a provider of identities outside, which this cluster does not ask';

it('ends a server that is to sign people on where no settings are', async () => {
  const server = await startServer({ argv: ['--auth-mode=sso', '--secure=false'] });
  await server.stop();
  expect(server.log().split('\n').at(-2)).toBe('Error: configmaps "workflow-controller-configmap" not found');
});

it.each([
  ['', 'issuer empty'],
  ['issuer: https://id.example.com', 'clientID empty'],
  ['{issuer: https://id.example.com, clientId: {name: sso, key: id}}', 'clientSecret empty'],
  ['{issuer: https://id.example.com, clientId: {name: sso, key: id}, clientSecret: {name: gone, key: secret}}', 'secrets "gone" not found'],
  ['{issuer: https://id.example.com/, clientId: {name: sso, key: id}, clientSecret: {name: sso, key: secret}}', DISCOVERY],
])('tells what settings of single sign-on lack: %j', async (sso, problem) => {
  const { client } = testApi();
  await client.create(CONFIG_MAPS, 'argo', { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'workflow-controller-configmap', namespace: 'argo' }, data: { sso } });
  await client.create(SECRETS, 'argo', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'sso', namespace: 'argo' }, data: {} });
  expect(await ssoProblem(client, 'argo')).toBe(problem);
});
