import { isJsonObject, type Json, type JsonObject } from '../../../../lib/json.ts';
import { encodeMessage } from '../../../api/protobuf/encode.ts';
import { seenFields } from '../../../api/protobuf/index.ts';
import { addTypes, structType, type Row } from '../../../api/schema/types.ts';
import { hasStruct } from '../../types/go-types.ts';
import { normalizeRequest } from '../../types/normal-form.ts';
import { Code, GrpcStatus } from '../status.ts';
import generated from './messages.json' with { type: 'json' };

/** What a method takes and answers: references of types, `@workflow.WorkflowGetRequest`; `R` is what is not emulated. */
export interface Method {
  input: string;
  output: string;
  streaming: boolean;
}

type Packages = Record<string, Record<string, Row[]>>;
type Services = Record<string, Record<string, [input: string, output: string, streaming: number]>>;

/** The data is our generator's own: its outline is checked, not each of its rows. */
function isTwoDeep(value: unknown): value is Record<string, Record<string, unknown[]>> {
  return isJsonObject(value) && Object.values(value).every((inner) => isJsonObject(inner) && Object.values(inner).every((item) => Array.isArray(item)));
}

function isPackages(value: unknown): value is Packages {
  return isTwoDeep(value);
}

function isServices(value: unknown): value is Services {
  return isTwoDeep(value);
}

function dataOf(): { packages: Packages; services: Services } {
  const { packages, services }: { packages: unknown; services: unknown } = generated;
  if (!isPackages(packages) || !isServices(services)) throw new Error("the generated messages of Argo's services are not whole");
  return { packages, services };
}

const { packages, services } = dataOf();
for (const [name, types] of Object.entries(packages)) addTypes(name, types);

/** The methods of a service by name; undefined for an unknown service. */
export function methodsOf(service: string): ReadonlyMap<string, Method> | undefined {
  if (!Object.hasOwn(services, service)) return undefined;
  return new Map(Object.entries(services[service] ?? {}).map(([name, [input, output, streaming]]) => [name, { input, output, streaming: streaming === 1 }]));
}

/** Whether both of a method's messages are among the types. */
export function isSpoken(method: Method): boolean {
  return method.input.startsWith('@') && method.output.startsWith('@');
}

/** A request as the services take it: the same JSON that the gateway makes of a REST call. */
export function decodeRequest(method: Method, bytes: Uint8Array): JsonObject {
  const ref = method.input.slice(1);
  let seen: unknown;
  try {
    seen = seenFields(structType(ref), bytes);
  } catch (error) {
    if (error instanceof RangeError || error instanceof SyntaxError) throw new GrpcStatus(Code.Internal, 'grpc: error unmarshalling request: unexpected EOF');
    throw error;
  }
  return hasStruct(ref) ? normalizeRequest(ref, seen) : isJsonObject(seen) ? seen : {};
}

export function encodeAnswer(method: Method, answer: Json): Buffer {
  return encodeMessage(method.output.slice(1), answer);
}
