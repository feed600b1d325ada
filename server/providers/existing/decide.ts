import type { ClusterFacts } from './facts.ts';
import type { Mention, ScenarioNeeds } from './needs.ts';

/** One line of what was looked at before a session starts. */
export interface Finding {
  ok: boolean;
  /** What was found, as a whole sentence or a name. */
  message: string;
  /** What to do about it, when it is not ok. */
  next?: string;
}

export type Arrangement =
  /** A namespace of the session's own. `alone`: it has the very name that the scenario writes, so only one session can have it. */
  | { mode: 'namespace'; namespace: string; alone: boolean; argo: 'none' | 'server' | 'all'; installCrds: boolean; store: boolean }
  | { mode: 'vcluster'; namespace: string };

export interface Decision {
  findings: Finding[];
  /** Undefined when something is in the way. */
  arrangement?: Arrangement;
}

const ELSEWHERE = 'Run this scenario on the emulated cluster or on kind.';
const VCLUSTER = `Install vcluster (https://www.vcluster.com/install), so that each session gets a whole cluster inside this one. Or: ${ELSEWHERE.charAt(0).toLowerCase()}${ELSEWHERE.slice(1)}`;

/** Pure: how a scenario fits into a cluster. `own` is the name for a namespace that nobody else has. */
export function decide(needs: ScenarioNeeds, facts: ClusterFacts, own: string): Decision {
  const findings: Finding[] = [{ ok: true, message: `Kubernetes ${facts.version}` }];
  const good = (message: string) => findings.push({ ok: true, message });
  const bad = (message: string, next: string) => findings.push({ ok: false, message, next });

  if (facts.missing.length > 0) bad(`You may not ${listed(facts.missing)}.`, facts.missing.includes('create namespaces') ? 'Each session gets a namespace of its own. Ask for a user that may make namespaces, and name its kubeconfig with --kubeconfig.' : 'Ask the administrator of the cluster for these rights.');
  else good('You may make namespaces and what belongs into them');

  const others = needs.namespaces.filter(({ name }) => name !== needs.namespace);
  const named = needs.namespaces.find(({ name }) => name === needs.namespace);
  const wide = [...needs.clusterScope, ...others.map((mention) => ({ ...mention, name: `namespace ${mention.name}` }))];
  if (facts.vcluster && (wide.length > 0 || named !== undefined)) {
    good('vcluster is installed: the session gets a whole cluster inside this one');
    return { findings, ...(findings.every(({ ok }) => ok) ? { arrangement: { mode: 'vcluster', namespace: own } } : {}) };
  }
  if (facts.ungrantable.length > 0) bad(`You may not hand on rights that you do not have yourself: ${listed(facts.ungrantable)}.`, 'Ask for the verbs escalate and bind on roles, or for cluster-admin.');

  if (wide.length > 0) bad(`The scenario needs more than one namespace: ${wide.slice(0, 5).map(mentioned).join('; ')}${wide.length > 5 ? `; and ${wide.length - 5} more` : ''}.`, VCLUSTER);

  let namespace = own;
  if (named !== undefined) {
    const where = mentioned({ ...named, name: `namespace ${named.name}` });
    if (facts.taken === undefined || facts.taken.by === 'this-session') {
      namespace = needs.namespace;
      good(`The scenario names its namespace (${where}), and the cluster has none of that name: the session gets it for itself`);
    } else if (facts.taken.by === 'another-session' && facts.taken.terminating) {
      namespace = needs.namespace;
      good(`The scenario names its namespace (${where}), and another session of this lab is just giving it back: the session waits for it`);
    } else if (facts.taken.by === 'another-session') bad(`The scenario names its namespace (${where}), and another session of this lab has it.`, `End that session first. For several at once: ${VCLUSTER}`);
    else bad(`The scenario names its namespace (${where}), and the cluster has one of that name that is not ours.`, VCLUSTER);
  }

  let argo: 'none' | 'server' | 'all' = 'none';
  let installCrds = false;
  if (needs.argo) {
    const lacking = ['workflows', 'workflowtemplates', 'cronworkflows', 'workfloweventbindings', 'workflowtaskresults'].filter((name) => !facts.argoResources.includes(name));
    argo = facts.clusterController === undefined ? 'all' : 'server';
    installCrds = lacking.length > 0 && facts.mayInstallCrds;
    if (lacking.length > 0 && !facts.mayInstallCrds) bad(`The cluster does not know Argo's ${listed(lacking)}, and you may not install resource types.`, 'Ask the administrator of the cluster to install the CRDs of Argo Workflows v3.7.6.');
    else if (installCrds) good("Argo's resource types are not there: they are installed for the time of the session");
    else good(facts.clusterController === undefined ? "Argo's resource types are there: server and controller come into the session's namespace" : `The workflow controller ${facts.clusterController} looks after all namespaces: only a server comes into the session's own`);
  }
  const store = argo !== 'none' && needs.artifacts;
  if (store) good("Workflows keep artifacts: an object store comes into the session's namespace");
  return { findings, ...(findings.every(({ ok }) => ok) ? { arrangement: { mode: 'namespace', namespace, alone: namespace === needs.namespace, argo, installCrds, store } } : {}) };
}

/** The findings as a list for people. */
export function report(findings: readonly Finding[]): string {
  return findings.map(({ ok, message, next }) => `${ok ? '✓' : '✗'} ${message}${next === undefined ? '' : `\n  → ${next}`}`).join('\n');
}

function mentioned({ name, at, line }: Mention): string {
  return `${name} in ${at}${line === '' ? '' : `: ${line}`}`;
}

function listed(items: readonly string[]): string {
  const shown = items.slice(0, 8);
  const more = items.length - shown.length;
  return `${shown.slice(0, -1).join(', ')}${shown.length > 1 ? (more > 0 ? ', ' : ' or ') : ''}${shown.at(-1) ?? ''}${more > 0 ? ` and ${more} more` : ''}`;
}
