import { z } from 'zod';
import { ApiStatus, type KubeClient, type KubeObject, type ResourceType } from '../cluster/vocabulary.ts';

const TokenReview = z.object({ spec: z.object({ token: z.string() }) });
const AccessReview = z.object({ spec: z.looseObject({ resourceAttributes: z.looseObject({ namespace: z.string().min(1) }) }) });
const Self = z.object({ status: z.object({ userInfo: z.looseObject({ username: z.string() }) }) });

/**
 * The same question in a way that needs no rights over the whole cluster: a token is asked itself whose it is, and what
 * somebody may do in a namespace is asked in that namespace, which the role `admin` allows. Undefined where there is none.
 */
export function askedOtherwise(client: KubeClient, type: ResourceType, question: KubeObject): (() => Promise<KubeObject>) | undefined {
  if (type.group === 'authentication.k8s.io' && type.resource === 'tokenreviews') {
    const parsed = TokenReview.safeParse(question);
    return parsed.success ? async () => ({ ...question, status: await whoIs(client, parsed.data.spec.token) }) : undefined;
  }
  if (type.group === 'authorization.k8s.io' && type.resource === 'subjectaccessreviews') {
    const parsed = AccessReview.safeParse(question);
    if (!parsed.success) return undefined;
    const { namespace } = parsed.data.spec.resourceAttributes;
    return () => client.create({ ...type, resource: 'localsubjectaccessreviews' }, namespace, { ...question, kind: 'LocalSubjectAccessReview', metadata: { name: '', namespace } });
  }
  return undefined;
}

async function whoIs(client: KubeClient, token: string): Promise<object> {
  try {
    const answer = await client.as({ bearer: token }).create({ group: 'authentication.k8s.io', version: 'v1', resource: 'selfsubjectreviews' }, undefined, { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview', metadata: { name: '' } });
    return { authenticated: true, user: Self.parse(answer).status.userInfo };
  } catch (error) {
    if (error instanceof ApiStatus && error.code === 401) return { authenticated: false };
    throw error;
  }
}
