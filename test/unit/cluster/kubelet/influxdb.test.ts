import { describe, expect, it } from 'vitest';
import { Databases } from '../../../../server/cluster/kubelet/images/influxdb/database.ts';
import { influxdb } from '../../../../server/cluster/kubelet/images/influxdb/index.ts';
import { parsePoints } from '../../../../server/cluster/kubelet/images/influxdb/line-protocol.ts';
import { runQuery } from '../../../../server/cluster/kubelet/images/influxdb/run-query.ts';

const START = Date.parse('2026-11-23T09:00:00Z');
const SECOND = 1_000_000_000n;
const nanos = BigInt(START) * 1_000_000n;
const options = { database: 'mydb', epoch: '', readOnly: false, now: nanos + 60n * SECOND };

/** A server whose database `mydb` has these lines. */
function filled(...lines: string[]): Databases {
  const databases = new Databases();
  databases.create('mydb');
  const { points, errors } = parsePoints(lines.join('\n'), nanos, '');
  expect(errors).toEqual([]);
  expect(databases.write(databases.get('mydb') ?? new Map(), points)).toBeUndefined();
  return databases;
}
const at = (second: number) => String(nanos + BigInt(second) * SECOND);
const LOADS = [`cpu,host=a,region=west load=1,n=3i ${at(0)}`, `cpu,host=b,region=west load=4 ${at(10)}`, `cpu,host=a,region=west load=7 ${at(20)}`];
const ask = (databases: Databases, q: string, more: Partial<typeof options> = {}) => runQuery(databases, q, { ...options, ...more });
const values = (q: string) => ask(filled(...LOADS), q).map(({ series, error }) => error ?? (series ?? []).map((one) => one.values));

describe('the lines of the little InfluxDB', () => {
  it('become points, with escapes, types and units of time', () => {
    const { points, errors } = parsePoints('my\\ cpu,the\\,host=a\\=b load=1.5,n=2i,up=t,text="a \\"b\\", c=d" 5\n# none\n\nmem free=-1e3\n', 7_123_456_789n, 's');
    expect(errors).toEqual([]);
    expect(points).toEqual([
      { measurement: 'my cpu', tags: new Map([['the,host', 'a=b']]), fields: new Map([['load', { type: 'float', value: 1.5 }], ['n', { type: 'integer', value: 2 }], ['up', { type: 'boolean', value: true }], ['text', { type: 'string', value: 'a "b", c=d' }]]), time: 5n * SECOND },
      { measurement: 'mem', tags: new Map(), fields: new Map([['free', { type: 'float', value: -1000 }]]), time: 7n * SECOND },
    ]);
  });

  it.each([
    ['cpu', 'missing fields'],
    [',host=a load=1', 'missing measurement'],
    ['cpu,host load=1', 'missing tag value'],
    ['cpu,=a load=1', 'missing tag key'],
    ['cpu =1', 'missing field key'],
    ['cpu load=', 'missing field value'],
    ['cpu load=much', 'invalid number'],
    ['cpu load=trick', 'invalid boolean'],
    ['cpu load="a', 'unbalanced quotes'],
    ['cpu load=1 soon', 'bad timestamp'],
  ])('are refused: %s', (line, problem) => {
    expect(parsePoints(line, 0n, '')).toEqual({ points: [], errors: [`unable to parse '${line}': ${problem}`] });
  });

  it('keep the type that a field had first', () => {
    const databases = filled('cpu load=1', 'cpu,host=a load=2');
    const { points } = parsePoints('cpu load=1i\ncpu load=3', 1n, '');
    expect(databases.write(databases.get('mydb') ?? new Map(), points)).toBe('partial write: field type conflict: input field "load" on measurement "cpu" is type integer, already exists as type float dropped=1');
    expect(ask(databases, 'SELECT count(load) FROM cpu')[0]?.series?.[0]?.values).toEqual([['1970-01-01T00:00:00Z', 3]]);
  });
});

describe('the queries of the little InfluxDB', () => {
  it('make databases and name them', () => {
    const databases = new Databases();
    expect(ask(databases, 'CREATE DATABASE "my db"; create database b; SHOW DATABASES; DROP DATABASE b; SHOW DATABASES')).toEqual([
      { statement_id: 0 },
      { statement_id: 1 },
      { statement_id: 2, series: [{ name: 'databases', columns: ['name'], values: [['_internal'], ['my db'], ['b']] }] },
      { statement_id: 3 },
      { statement_id: 4, series: [{ name: 'databases', columns: ['name'], values: [['_internal'], ['my db']] }] },
    ]);
    expect(ask(databases, 'CREATE DATABASE c', { readOnly: true })).toEqual([{ statement_id: 0, messages: [{ level: 'warning', text: "deprecated use of 'CREATE DATABASE c' in a read only context, please use a POST request instead" }] }]);
  });

  it('select all fields and tags by name', () => {
    expect(ask(filled(...LOADS), 'SELECT * FROM cpu')).toEqual([
      { statement_id: 0, series: [{ name: 'cpu', columns: ['time', 'host', 'load', 'n', 'region'], values: [['2026-11-23T09:00:00Z', 'a', 1, 3, 'west'], ['2026-11-23T09:00:10Z', 'b', 4, null, 'west'], ['2026-11-23T09:00:20Z', 'a', 7, null, 'west']] }] },
    ]);
    expect(ask(filled(...LOADS), 'SELECT load AS l, host FROM mydb.autogen.cpu WHERE host = \'b\' OR load > 5 ORDER BY time DESC LIMIT 1', { database: '', epoch: 's' })[0]?.series).toEqual([{ name: 'cpu', columns: ['time', 'l', 'host'], values: [[START / 1000 + 20, 7, 'a']] }]);
  });

  it('group by tags and by time', () => {
    expect(ask(filled(...LOADS), 'SELECT mean(load), max(load) FROM cpu GROUP BY host')[0]?.series).toEqual([
      { name: 'cpu', tags: { host: 'a' }, columns: ['time', 'mean', 'max'], values: [['1970-01-01T00:00:00Z', 4, 7]] },
      { name: 'cpu', tags: { host: 'b' }, columns: ['time', 'mean', 'max'], values: [['1970-01-01T00:00:00Z', 4, 4]] },
    ]);
    const grouped = (fill: string) => values(`SELECT sum(load) FROM cpu WHERE time >= '2026-11-23T09:00:00Z' AND time < '2026-11-23 09:00:30' AND host = 'a' GROUP BY time(10s) ${fill}`)[0];
    const rows = (middle: unknown) => [[['2026-11-23T09:00:00Z', 1], ['2026-11-23T09:00:10Z', middle], ['2026-11-23T09:00:20Z', 7]]];
    expect([grouped(''), grouped('fill(0)'), grouped('fill(previous)')]).toEqual([rows(null), rows(0), rows(1)]);
    expect(grouped('fill(none)')).toEqual([[['2026-11-23T09:00:00Z', 1], ['2026-11-23T09:00:20Z', 7]]]);
  });

  it.each([
    ['SELECT last(load) FROM cpu', [[[['2026-11-23T09:00:20Z', 7]]]]],
    ['SELECT median(load), spread(load), count(*) FROM cpu', [[[['1970-01-01T00:00:00Z', 4, 6, 3, 1]]]]],
    ['SELECT distinct(load) FROM cpu WHERE time > now() - 55s', [[[['2026-11-23T09:00:05.000000001Z', 4], ['2026-11-23T09:00:05.000000001Z', 7]]]]],
    ['SELECT host FROM cpu; SELECT * FROM none', [[], []]],
    ['SHOW MEASUREMENTS; SHOW SERIES', [[[['cpu']]], [[['cpu,host=a,region=west'], ['cpu,host=b,region=west']]]]],
    ['SHOW TAG KEYS FROM cpu; SHOW FIELD KEYS', [[[['host'], ['region']]], [[['load', 'float'], ['n', 'integer']]]]],
    ['SHOW TAG VALUES WITH KEY IN (region, host)', [[[['host', 'a'], ['host', 'b'], ['region', 'west']]]]],
    ['SHOW RETENTION POLICIES', [[[['autogen', '0s', '168h0m0s', 1, true]]]]],
    ['DROP MEASUREMENT none; SHOW DATABASES', ['measurement not found: none']],
    ['SELECT * FROM other..cpu', ['database not found: other']],
    ["SELECT count(load) FROM cpu WHERE time > '1990-01-01' GROUP BY time(1s)", ['max-select-buckets limit exceeded: (1164272461/100000)']],
  ])('answer %s', (query, expected) => {
    expect(values(query)).toEqual(expected);
  });

  it.each([
    ['SELEC * FROM cpu', 'found SELEC, expected SELECT, DELETE, SHOW, CREATE, DROP, EXPLAIN, GRANT, REVOKE, ALTER, SET, KILL at line 1, char 1'],
    ['CREATE DATABASE', 'found EOF, expected identifier at line 1, char 16'],
    ['SELECT * FORM cpu', 'found FORM, expected FROM at line 1, char 10'],
    ['SELECT load, mean(load) FROM cpu', 'mixing aggregate and non-aggregate queries is not supported'],
    ['SELECT foo(load) FROM cpu', 'undefined function foo()'],
    ['SELECT load FROM cpu WHERE host =~ /a/', 'the small server that stands for InfluxDB in this cluster compares by no regular expressions'],
  ])('refuse %s', (query, problem) => {
    expect(() => values(query)).toThrow(problem);
  });
});

it('is there in the versions of the HTTP API that it speaks', () => {
  expect([influxdb.tags?.includes('1.2'), influxdb.tags?.includes('1.8.10-alpine'), influxdb.tags?.includes('latest'), influxdb.envOfTag?.('1.2')]).toEqual([true, true, false, { INFLUXDB_VERSION: '1.2.4' }]);
});
