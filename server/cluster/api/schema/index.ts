export { reorderStruct, structOutput } from './canonical.ts';
export { DecodeError, decodeStruct, type Decoded, type DecodeMode } from './decode.ts';
export { defaultObject } from './defaults.ts';
export { compileStructuralSchema, type StructuralSchema } from './structural.ts';
export { kindType, knownKinds, structType, type StructType } from './types.ts';
export { createSchemaHooks } from './hooks.ts';
