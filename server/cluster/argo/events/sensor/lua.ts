import { Worker } from 'node:worker_threads';
import { z } from 'zod';
import { sleep, type Clock } from '../../../../lib/clock.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../../lib/json.ts';
import { goJsonOf } from '../../expressions/index.ts';
import { unmarshal } from '../../types/go-json.ts';

/** A script has this long, and this much memory; then it is ended. */
const TIME_MS = 2000;
const MEMORY_BYTES = 32 * 1024 * 1024;

/** A table of Lua comes back with this mark, so that it is told apart from plain values. */
export type LuaResult = { kind: 'table'; value: Json } | { kind: 'value'; value: string | number | boolean | null };

const Answer = z.union([z.object({ error: z.string() }), z.object({ kind: z.literal('table'), value: z.json() }), z.object({ kind: z.literal('value'), value: z.union([z.string(), z.number(), z.boolean(), z.null()]) })]);

/**
 * What happens in a thread of its own: a pattern of Lua's may take for ever without Lua ever being asked to stop. Scripts see
 * no files, no processes and no modules, and the names that Lua 5.1 had.
 */
const THREAD = `
const { parentPort, workerData } = require('node:worker_threads');
(async () => {
  const { LuaFactory, LuaLibraries } = await import(workerData.library);
  const lua = await new LuaFactory().createEngine({ openStandardLibs: false, injectObjects: false, enableProxy: false, traceAllocations: true });
  for (const name of ['Base', 'Table', 'String', 'Math', 'OS', 'Coroutine']) lua.global.loadLibrary(LuaLibraries[name]);
  lua.doStringSync(\`
    os = { time = os.time, date = os.date, clock = os.clock, difftime = os.difftime }
    dofile, loadfile, require, collectgarbage = nil, nil, nil, nil
    unpack, loadstring = table.unpack, load
    table.getn = function(t) return #t end
    string.gfind, math.pow, math.mod = string.gmatch, function(a, b) return a ^ b end, math.fmod
  \`);
  lua.global.setMemoryMax(workerData.memory);
  lua.global.set('event', workerData.event);
  let answer;
  try {
    const value = lua.doStringSync(workerData.script);
    answer = value !== null && typeof value === 'object' ? { kind: 'table', value } : { kind: 'value', value: ['string', 'number', 'boolean'].includes(typeof value) ? value : null };
  } catch (error) {
    answer = { error: String(error && error.message || error) };
  }
  parentPort.postMessage(JSON.stringify(answer));
})().catch((error) => parentPort.postMessage(JSON.stringify({ error: String(error) })));
`;

/** What a filter's script says of an event: only `true` lets it pass. */
export async function scriptVerdict(script: string, data: string, clock: Clock, signal?: AbortSignal): Promise<{ passed: boolean; error?: string }> {
  try {
    const result = await runLua(script, objectOf(data), clock, signal);
    return { passed: result.kind === 'value' && result.value === true };
  } catch (error) {
    return { passed: false, error: error instanceof Error ? error.message : String(error) };
  }
}

/** What a transformation's script makes of an event's data. Throws. */
export async function scriptTransform(script: string, data: string, clock: Clock, signal?: AbortSignal): Promise<string> {
  const result = await runLua(script, objectOf(data), clock, signal);
  if (result.kind !== 'table') throw new Error('transformation script output type is not of lua table');
  return goJsonOf(result.value);
}

function objectOf(data: string): JsonObject {
  const value = unmarshal(data);
  if (isJsonObject(value)) return value;
  throw new Error(`json: cannot unmarshal ${Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value} into Go value of type map[string]interface {}`);
}

/** As argo-events hands an event over: what is null is not there. */
function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return value.filter((item) => item !== null && !Array.isArray(item)).map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([key, item]) => (item === null || item === undefined ? [] : [[key, withoutNulls(item)]])));
}

/**
 * Runs a script of a sensor with the event's data as the table `event`; answers with what it returns. Throws an Error with
 * Lua's words. After argo-events v1.9.9 pkg/sensors/dependencies
 */
export async function runLua(script: string, event: JsonObject, clock: Clock, signal?: AbortSignal): Promise<LuaResult> {
  const worker = new Worker(THREAD, {
    eval: true,
    env: {},
    workerData: { library: import.meta.resolve('wasmoon'), script, event: withoutNulls(event), memory: MEMORY_BYTES },
    resourceLimits: { maxOldGenerationSizeMb: 64 },
  });
  const stop = new AbortController();
  try {
    const text = await Promise.race([
      new Promise<unknown>((resolve, reject) => {
        worker.once('message', resolve);
        worker.once('error', reject);
        worker.once('exit', () => reject(new Error('the script ended without an answer')));
      }),
      sleep(clock, TIME_MS, signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal])).then(() => {
        throw new Error(`the script takes longer than ${TIME_MS / 1000} seconds`);
      }),
    ]);
    const answer = Answer.parse(JSON.parse(String(text)));
    if ('error' in answer) throw new Error(answer.error);
    return answer;
  } finally {
    stop.abort();
    await worker.terminate();
  }
}
