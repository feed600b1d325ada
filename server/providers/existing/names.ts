/** By which everything that a lab made in somebody's cluster is known, and found again. */
export const MANAGED_BY = 'app.kubernetes.io/managed-by';
export const SESSION = 'argo-lab.dev/session';
/** Which data folder it belongs to: two labs may share one cluster. */
export const OWNER = 'argo-lab.dev/owner';

export interface Ownership {
  session: string;
  owner: string;
}

export function labelsOf({ session, owner }: Ownership): Record<string, string> {
  return { [MANAGED_BY]: 'argo-lab', [SESSION]: session, [OWNER]: owner };
}

/** Selects what one data folder made. */
export function ownedBy(owner: string): string {
  return `${MANAGED_BY}=argo-lab,${OWNER}=${owner}`;
}

/** A namespace for a session: short, and as unique as the session's id. */
export function namespaceOf(session: string): string {
  return `argo-lab-${session.toLowerCase().replace(/[^a-z0-9]/g, '').slice(0, 20)}`;
}
