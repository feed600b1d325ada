import { existsSync } from 'node:fs';
import { mkdtemp, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cleanPath } from '../../../../server/cluster/argo/executor/clean-path.ts';
import { jqFilter, meets, parseCondition, showRequirement, showSelector, valueAt } from '../../../../server/cluster/argo/executor/conditions.ts';
import { processData } from '../../../../server/cluster/argo/executor/data.ts';
import { printJsonPath } from '../../../../server/cluster/argo/executor/kubectl-jsonpath.ts';
import { quoted } from '../../../../server/cluster/argo/executor/log.ts';
import { decodeTemplate } from '../../../../server/cluster/argo/types/workflow.ts';

const job = { metadata: { name: 'a-job' }, status: { succeeded: 3, active: 0, conditions: [{ type: 'Complete', status: 'True' }, { type: 'Other', status: 'False' }] } };

describe('the path of an artifact', () => {
  it.each([
    ['/tmp/a', '/tmp/a'],
    ['/tmp//a/', '/tmp/a'],
    ['/tmp/safe/../safe/a', '/tmp/safe/a'],
  ])('%s is %s', (path, expected) => {
    expect(cleanPath({ name: 'x', path })).toBe(expected);
  });

  it.each(['/tmp/safe/../../etc/passwd', '/tmp/safe/..', '/tmp/safe/../other'])('%s may not leave its folder', (path) => {
    expect(() => cleanPath({ name: 'x', path })).toThrow("Artifact 'x' attempted to use a path containing '..'. Directory traversal is not permitted");
  });

  it('has to be there', () => {
    expect(() => cleanPath({ name: 'x' })).toThrow("Artifact 'x' did not specify a path");
  });
});

describe('the condition of a resource template', () => {
  it.each([
    ['status.succeeded == 3', true],
    ['status.succeeded > 2', true],
    ['status.succeeded < 3', false],
    ['status.succeeded != 3', false],
    ['status.phase in (Failed, Error)', false],
    ['status.active notin (1, 2)', true],
    ['status.conditions.#(type==Complete).status == True', true],
    ['status.conditions.1.type = Other', true],
    ['status.nothing', false],
    ['!status.nothing', true],
  ])('%s is %s', (condition, expected) => {
    expect(parseCondition(condition).every((requirement) => meets(job, requirement))).toBe(expected);
  });

  it('is shown as Kubernetes shows a selector, sorted by path', () => {
    const requirements = parseCondition('status.phase == Succeeded, a in (y,x)');
    expect(showSelector(requirements)).toBe('a in (x,y),status.phase==Succeeded');
    expect(requirements.map(showRequirement)).toEqual(['{a in [x y]}', '{status.phase == [Succeeded]}']);
  });

  it('that is none is refused', () => {
    expect(() => parseCondition('status.phase is Succeeded')).toThrow("unable to parse requirement: found 'is', expected: in, notin, =, ==, !=, gt, lt");
  });

  it('counts and filters lists', () => {
    expect([valueAt(job, 'status.conditions.#'), valueAt(job, 'status.conditions.#(status!=True)#')]).toEqual([2, [job.status.conditions[1]]]);
  });
});

describe('an output parameter of a resource template', () => {
  it.each([
    ['{.metadata.name}', 'a-job'],
    ['name={.metadata.name}{"\\n"}', 'name=a-job\n'],
    ['{.status.conditions[*].type}', 'Complete Other'],
    ['{.status.conditions[?(@.type=="Complete")].status}', 'True'],
    ['{range .status.conditions[*]}{.type}={.status};{end}', 'Complete=True;Other=False;'],
    ['{.nothing.there}', ''],
    ['{.status.conditions[0]}', '{"type":"Complete","status":"True"}'],
  ])('%s prints %j', (template, expected) => {
    expect(printJsonPath(job, template)).toBe(expected);
  });

  it('may be a plain jq path, without jq', async () => {
    expect(await jqFilter(job, '.status.succeeded')).toBe('3');
  });

  it('may not read modules of this machine', async () => {
    for (const filter of ['import "passwd" as $x; $x', ' # a word\n import # another\n "passwd" as $x {search: "/etc"}; $x', 'include\n"passwd"; .', 'module {a: 1}; import "passwd" as $x; $x']) await expect(jqFilter(job, filter)).rejects.toThrow('cannot load module: "passwd"');
    await expect(jqFilter(job, '"passwd" | modulemeta')).rejects.toThrow('cannot load module');
  });

  it.skipIf(!existsSync('/usr/bin/jq'))('sees nothing of this machine, and takes no more memory than it is given', async () => {
    expect(await jqFilter(job, '[env, .metadata.name, "import \\"x\\""]')).toBe('[{"PATH":"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin","PWD":"/"},"a-job","import \\"x\\""]');
    await expect(jqFilter(job, '[range(1e9)] | length')).rejects.toThrow();
  });
});

describe('a data template', () => {
  const template = (transformation: object[]) => decodeTemplate({ name: 'd', data: { source: { artifactPaths: { name: 'all', s3: { bucket: 'b' } } }, transformation } });
  const paths = () => Promise.resolve(['foo.py', 'bar.pdf', 'goo/foo.py']);

  it('puts the paths through its steps', async () => {
    expect(await processData(template([{ expression: "filter(data, {# endsWith '.py'})" }, { expression: "map(data, {# + '.done'})" }]), paths)).toEqual({ result: '["foo.py.done","goo/foo.py.done"]' });
  });

  it('says which step is wrong', async () => {
    await expect(processData(template([{ expression: 'data' }, { expression: 'nothing(data)' }]), paths)).rejects.toThrow(/^unable to process data template: unable to process data transformation: error processing data step 1: unknown name nothing/);
  });
});

describe('a line of the executor\'s log', () => {
  it.each([
    ['kubectl', 'kubectl'],
    ['sleep-2krgh', 'sleep-2krgh'],
    ['two words', '"two words"'],
    ['', '""'],
  ])('shows %j as %s', (text, expected) => {
    expect(quoted(text)).toBe(expected);
  });
});
