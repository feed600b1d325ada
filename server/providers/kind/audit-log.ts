import { z } from 'zod';
import type { RequestRecord } from '../../cluster/vocabulary.ts';
import { parseJson } from '../../lib/json.ts';

const Entry = z.object({
  kind: z.literal('Event'),
  stage: z.string(),
  requestURI: z.string(),
  verb: z.string(),
  user: z.object({ username: z.string().default('') }).default({ username: '' }),
  impersonatedUser: z.object({ username: z.string() }).optional(),
  userAgent: z.string().default(''),
  responseStatus: z.object({ code: z.number().default(0) }).optional(),
  requestObject: z.unknown().optional(),
  requestReceivedTimestamp: z.string(),
});

const METHODS: Record<string, string> = { get: 'GET', list: 'GET', watch: 'GET', create: 'POST', update: 'PUT', patch: 'PATCH', delete: 'DELETE', deletecollection: 'DELETE' };

/** Requests of the lab's own, which are nobody's deed. */
const OWN_AGENT = /^argo-lab/;

/** One line of an API server's audit log as what `request` checks look at; undefined where it is nobody's request. */
export function recordOf(line: string): RequestRecord | undefined {
  const parsed = Entry.safeParse(parseJson(line));
  if (!parsed.success || (parsed.data.stage !== 'ResponseComplete' && parsed.data.stage !== 'Panic')) return undefined;
  const { requestURI, verb, user, impersonatedUser, userAgent, responseStatus, requestObject, requestReceivedTimestamp } = parsed.data;
  if (OWN_AGENT.test(userAgent)) return undefined;
  const time = Date.parse(requestReceivedTimestamp);
  if (Number.isNaN(time)) return undefined;
  return {
    time,
    server: 'kubernetes',
    // Requests that are for no resource have the method as their verb.
    method: METHODS[verb] ?? verb.toUpperCase(),
    url: requestURI,
    user: impersonatedUser?.username ?? user.username,
    userAgent,
    status: responseStatus?.code ?? 0,
    ...(requestObject === undefined ? {} : { body: requestObject }),
  };
}

/** A growing audit log's records since a moment: the newest `limit`. */
export class AuditLog {
  #rest = '';
  #records: RequestRecord[] = [];

  constructor(
    private readonly since = 0,
    private readonly limit = 10_000,
  ) {}

  feed(chunk: string): void {
    const lines = (this.#rest + chunk).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) {
      const record = recordOf(line);
      if (record !== undefined && record.time >= this.since) this.#records.push(record);
    }
    if (this.#records.length > this.limit) this.#records.splice(0, this.#records.length - this.limit);
  }

  all(): readonly RequestRecord[] {
    return this.#records;
  }
}
