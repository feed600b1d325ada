/**
 * The OpenAPI v2 document as a protobuf message, which is the only form that kubectl asks for.
 * Field numbers after gnostic-models openapiv2/OpenAPIv2.proto
 */
import { isRecord, type JsonRecord } from '../patch/json-values.ts';

type Leaf = 'string' | 'bool' | 'any';
type Plain = 'Document' | 'Info' | 'PathItem' | 'Operation' | 'BodyParameter' | 'QueryParameter' | 'Response' | 'Schema';
/** What these hold depends on the value: maps, and messages that are one of several. */
type Special = 'Paths' | 'Definitions' | 'Properties' | 'Responses' | 'ParametersItem' | 'SchemaItem' | 'AdditionalProperties' | 'TypeItem' | 'ItemsItem';
interface FieldSpec {
  number: number;
  type: Leaf | Plain | Special;
  /** Repeated. */
  many?: boolean;
}
interface MessageSpec {
  fields: Record<string, FieldSpec>;
  /** Where fields that begin with `x-` go. */
  extensions?: number;
}

const s = (number: number): FieldSpec => ({ number, type: 'string' });
const ss = (number: number): FieldSpec => ({ number, type: 'string', many: true });
const b = (number: number): FieldSpec => ({ number, type: 'bool' });
const m = (number: number, type: FieldSpec['type'], many = false): FieldSpec => ({ number, type, many });

const MESSAGES: Record<Plain, MessageSpec> = {
  Document: { fields: { swagger: s(1), info: m(2, 'Info'), paths: m(8, 'Paths'), definitions: m(9, 'Definitions') }, extensions: 16 },
  Info: { fields: { title: s(1), version: s(2) }, extensions: 7 },
  PathItem: { fields: { get: m(2, 'Operation'), put: m(3, 'Operation'), post: m(4, 'Operation'), delete: m(5, 'Operation'), patch: m(8, 'Operation') }, extensions: 10 },
  Operation: { fields: { description: s(3), operationId: s(5), parameters: m(8, 'ParametersItem', true), responses: m(9, 'Responses') }, extensions: 13 },
  BodyParameter: { fields: { name: s(2), in: s(3), required: b(4), schema: m(5, 'Schema') } },
  QueryParameter: { fields: { required: b(1), in: s(2), name: s(4), type: s(6), uniqueItems: b(20) } },
  Response: { fields: { description: s(1), schema: m(2, 'SchemaItem') } },
  Schema: {
    fields: { $ref: s(1), format: s(2), description: s(4), default: m(5, 'any'), uniqueItems: b(16), required: ss(19), enum: m(20, 'any', true), additionalProperties: m(21, 'AdditionalProperties'), type: m(22, 'TypeItem'), items: m(23, 'ItemsItem'), properties: m(25, 'Properties') },
    extensions: 31,
  },
};

/** The content type of the answer, as the API server writes it. */
export const V2_PROTOBUF = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

export function encodeOpenApiV2(document: JsonRecord): Uint8Array {
  return Buffer.concat(encode('Document', document));
}

function encode(type: Plain | Special, value: unknown): Buffer[] {
  switch (type) {
    case 'Paths':
      return pairs(value, 2, 'PathItem');
    case 'Definitions':
    case 'Properties':
      return pairs(value, 1, 'Schema');
    case 'Responses':
      // ResponseValue is either a response (1) or a reference.
      return entries(value).map(([name, response]) => bytes(1, [text(1, name), bytes(2, [bytes(1, encode('Response', response))])])).flat();
    case 'ParametersItem': {
      const inBody = isRecord(value) && value.in === 'body';
      const own = inBody ? bytes(1, encode('BodyParameter', value)) : bytes(2, [bytes(3, encode('QueryParameter', value))]);
      return [bytes(1, [own])];
    }
    case 'SchemaItem':
    case 'ItemsItem':
      return [bytes(1, encode('Schema', value))];
    case 'AdditionalProperties':
      return typeof value === 'boolean' ? [flag(2, value)] : [bytes(1, encode('Schema', value))];
    case 'TypeItem':
      return [text(1, String(value))];
    default:
      return encodeFields(MESSAGES[type], value);
  }
}

function encodeFields(spec: MessageSpec, value: unknown): Buffer[] {
  const parts: Buffer[] = [];
  for (const [name, inner] of entries(value)) {
    const field = spec.fields[name];
    if (field !== undefined) for (const item of field.many === true && Array.isArray(inner) ? inner : [inner]) parts.push(encodeField(field, item));
    else if (name.startsWith('x-') && spec.extensions !== undefined) parts.push(bytes(spec.extensions, [text(1, name), bytes(2, [text(2, yaml(inner))])]));
  }
  return parts;
}

function encodeField({ number, type }: FieldSpec, value: unknown): Buffer {
  switch (type) {
    case 'string':
      return text(number, String(value));
    case 'bool':
      return flag(number, value === true);
    case 'any':
      return bytes(number, [text(2, yaml(value))]);
    default:
      return bytes(number, encode(type, value));
  }
}

const yaml = (value: unknown): string => `${JSON.stringify(value)}\n`;
const entries = (value: unknown): [string, unknown][] => (isRecord(value) ? Object.entries(value) : []);

function pairs(value: unknown, number: number, type: Plain): Buffer[] {
  return entries(value).map(([name, item]) => bytes(number, [text(1, name), bytes(2, encode(type, item))]));
}

function bytes(number: number, parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([varint((number << 3) | 2), varint(body.length), body]);
}

function text(number: number, value: string): Buffer {
  return bytes(number, [Buffer.from(value)]);
}

function flag(number: number, value: boolean): Buffer {
  return Buffer.concat([varint(number << 3), varint(value ? 1 : 0)]);
}

function varint(value: number): Buffer {
  const out: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    out.push((rest & 0x7f) | 0x80);
    rest = Math.floor(rest / 128);
  }
  out.push(rest);
  return Buffer.from(out);
}
