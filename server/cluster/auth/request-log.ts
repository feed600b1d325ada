/** What was asked of the cluster, by whom: what a `request` check decides by. */
export interface RequestRecord {
  /** Milliseconds since the epoch. */
  time: number;
  server: 'kubernetes' | 'argo';
  method: string;
  /** Path and query as sent. */
  url: string;
  /** The authenticated user's name; for the Argo Server the claimed subject; `system:anonymous` without either. */
  user: string;
  userAgent: string;
  status: number;
  /** The request's JSON body, where it was JSON of at most 64 kB. Tokens are never kept. */
  body?: unknown;
}

/** A ring of the newest `limit` records. */
export class RequestLog {
  #records: RequestRecord[] = [];
  constructor(private readonly limit = 10_000) {}

  add(record: RequestRecord): void {
    this.#records.push(record);
    if (this.#records.length > this.limit) this.#records.splice(0, this.#records.length - this.limit);
  }

  all(): readonly RequestRecord[] {
    return this.#records;
  }
}
