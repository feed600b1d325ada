import type { Namespace, Node, Pod } from '../controllers/runtime/kinds.ts';
import { matchesSelector } from '../controllers/runtime/selectors.ts';
import type { Misfit } from './fit.ts';

type Affinity = NonNullable<Pod['spec']['affinity']>;
type Term = NonNullable<NonNullable<Affinity['podAffinity']>['requiredDuringSchedulingIgnoredDuringExecution']>[number];
type Spread = NonNullable<Pod['spec']['topologySpreadConstraints']>[number];
type Selector = NonNullable<Term['labelSelector']>;

/** What pods say of one another. `everywhere`: pods that have a node, this one's among them. */
export interface Neighbours {
  here: readonly Pod[];
  everywhere: readonly Pod[];
  namespace(name: string): Namespace | undefined;
}

/** Why pods keep a pod from a node; undefined when they don't. After kubernetes 1.32 pkg/scheduler/framework/plugins/{podtopologyspread,interpodaffinity}/filtering.go */
export function podMisfit(pod: Pod, node: Node, neighbours: Neighbours): Misfit | undefined {
  return spreadMisfit(pod, node, neighbours) ?? affinityMisfit(pod, node, neighbours);
}

function spreadMisfit(pod: Pod, node: Node, { here }: Neighbours): Misfit | undefined {
  const hard = (pod.spec.topologySpreadConstraints ?? []).filter(({ whenUnsatisfiable }) => whenUnsatisfiable === 'DoNotSchedule');
  for (const constraint of hard) {
    if (node.metadata.labels?.[constraint.topologyKey] === undefined) return { reasons: ["node(s) didn't match pod topology spread constraints (missing required label)"], helpful: false };
  }
  for (const constraint of hard) {
    // One node is one domain: it is never behind another. Only a wish for more domains than there are can't be met.
    const { maxSkew, minDomains = 1 } = constraint;
    const matching = here.filter((other) => other.metadata.namespace === pod.metadata.namespace && other.metadata.deletionTimestamp === undefined && matches(spreadSelector(constraint, pod), other)).length;
    const self = matches(spreadSelector(constraint, pod), pod) ? 1 : 0;
    const least = minDomains > 1 ? 0 : matching;
    if (matching + self - least > maxSkew) return { reasons: ["node(s) didn't match pod topology spread constraints"], helpful: true };
  }
  return undefined;
}

function spreadSelector({ labelSelector, matchLabelKeys }: Spread, pod: Pod): Selector | undefined {
  return withKeys(labelSelector, matchLabelKeys, undefined, pod);
}

function affinityMisfit(pod: Pod, node: Node, { here, everywhere, namespace }: Neighbours): Misfit | undefined {
  const required = pod.spec.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  const means = (owner: Pod, term: Term, other: Pod): boolean => inNamespaces(owner, term, other, namespace) && matches(withKeys(term.labelSelector, term.matchLabelKeys, term.mismatchLabelKeys, owner), other);
  const hasKey = ({ topologyKey }: Term): boolean => node.metadata.labels?.[topologyKey] !== undefined;
  const meansAll = (other: Pod): boolean => required.every((term) => means(pod, term, other));
  if (required.length > 0) {
    // The first pod of a group may come: nobody would be there to follow.
    const first = !everywhere.some(meansAll) && meansAll(pod);
    if (!required.every(hasKey) || !(first || here.some(meansAll))) return { reasons: ["node(s) didn't match pod affinity rules"], helpful: false };
  }
  const against = antiTerms(pod).filter(hasKey);
  if (here.some((other) => against.some((term) => means(pod, term, other)))) return { reasons: ["node(s) didn't match pod anti-affinity rules"], helpful: true };
  if (here.some((other) => antiTerms(other).some((term) => hasKey(term) && means(other, term, pod)))) return { reasons: ["node(s) didn't satisfy existing pods anti-affinity rules"], helpful: true };
  return undefined;
}

function antiTerms(pod: Pod): readonly Term[] {
  return pod.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
}

/** Whether a pod's place depends on other pods. */
export function dependsOnPods({ spec }: Pod): boolean {
  return spec.affinity?.podAffinity !== undefined;
}

function inNamespaces(owner: Pod, { namespaces = [], namespaceSelector }: Term, other: Pod, find: Neighbours['namespace']): boolean {
  const where = other.metadata.namespace ?? '';
  if (namespaces.length === 0 && namespaceSelector === undefined) return where === owner.metadata.namespace;
  return namespaces.includes(where) || (namespaceSelector !== undefined && matchesSelector(namespaceSelector, find(where)?.metadata.labels));
}

/** No selector means no pod; an empty one, every pod. */
function matches(selector: Selector | undefined, pod: Pod): boolean {
  return selector !== undefined && matchesSelector(selector, pod.metadata.labels);
}

/** The selector with what the owner's own labels say under the keys. */
function withKeys(selector: Selector | undefined, same: readonly string[] = [], other: readonly string[] = [], owner: Pod): Selector | undefined {
  if (selector === undefined) return undefined;
  const expressions = (keys: readonly string[], operator: string) => keys.flatMap((key) => (owner.metadata.labels?.[key] === undefined ? [] : [{ key, operator, values: [owner.metadata.labels[key]] }]));
  return { ...selector, matchExpressions: [...(selector.matchExpressions ?? []), ...expressions(same, 'In'), ...expressions(other, 'NotIn')] };
}
