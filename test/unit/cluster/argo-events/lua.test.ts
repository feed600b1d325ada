import { describe, expect, it } from 'vitest';
import { scriptTransform, scriptVerdict } from '../../../../server/cluster/argo/events/sensor/lua.ts';
import { systemClock } from '../../../../server/lib/clock.ts';

const data = JSON.stringify({ body: { list: [1, 2, { c: 'x' }], n: 1.5, nothing: null }, yes: true });

describe("a sensor's script", () => {
  it.each([
    ['return event.body.list[3].c == "x"', { passed: true }],
    ['return event.body.n > 2', { passed: false }],
    ['return 1', { passed: false }],
    ['if event.body.nothing == nil and #event.body.list == 3 then return true end return false', { passed: true }],
    ['return unpack({true, false}) and math.pow(2, 3) == 8', { passed: true }],
    ['x = = 1', { passed: false, error: `[string "x = = 1"]:1: unexpected symbol near '='` }],
    ['error("boom")', { passed: false, error: '[string "error("boom")"]:1: boom' }],
    ['return io == nil and require == nil and os.exit == nil and dofile == nil', { passed: true }],
    ['local s = "a" for i = 1, 60 do s = s .. s end return true', { passed: false, error: 'not enough memory' }],
  ])('%s', async (script, verdict) => {
    expect(await scriptVerdict(script, data, systemClock)).toEqual(verdict);
  });

  it.each(['while true do end', 'return string.find(string.rep("a", 30000), string.rep(".-", 20) .. "b")'])('that does not end is ended: %s', async (script) => {
    expect(await scriptVerdict(script, data, systemClock)).toEqual({ passed: false, error: 'the script takes longer than 2 seconds' });
  });

  it('sees only data that is an object', async () => {
    expect(await scriptVerdict('return true', '[1]', systemClock)).toEqual({ passed: false, error: 'json: cannot unmarshal array into Go value of type map[string]interface {}' });
  });

  it('makes new data of a table', async () => {
    expect([await scriptTransform('event.body.n = event.body.n * 2; event.yes = nil; return event', data, systemClock), await scriptTransform('return {1, "b"}', data, systemClock)]).toEqual(['{"body":{"list":[1,2,{"c":"x"}],"n":3}}', '[1,"b"]']);
  });

  it('makes nothing of anything else', async () => {
    await expect(scriptTransform('return "x"', data, systemClock)).rejects.toThrow('transformation script output type is not of lua table');
  });
});
