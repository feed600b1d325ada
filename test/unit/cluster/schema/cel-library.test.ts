import { expect, test } from 'vitest';
import { kubernetesCel } from '../../../../server/cluster/api/schema/cel.ts';
import { ruleProblem } from '../../../../server/cluster/api/schema/cel-compile.ts';

const environment = kubernetesCel();

/** What a Kubernetes 1.32.2 said of the same expressions, by messageExpression. */
test.each<[string, unknown, unknown]>([
  ['quantity(self).asInteger()', '1Gi', 1073741824n],
  ['quantity(self).asApproximateFloat()', '1.5', 1.5],
  ['quantity(self).isInteger()', '1.5k', true],
  ["quantity(self).compareTo(quantity('1024Mi'))", '1Gi', 0n],
  ["quantity(self).add(quantity('1Mi')).asInteger()", '1Gi', 1074790400n],
  ["quantity(self).sub(1).isLessThan(quantity('1Gi'))", '1Gi', true],
  ['ip(self).family()', '192.168.0.1', 4n],
  ['ip(self).isLoopback()', '::1', true],
  ['ip(self).isLinkLocalMulticast()', '224.0.0.1', true],
  ['isIP(self)', '::ffff:1.2.3.4', false],
  ['ip.isCanonical(self)', '2001:DB8::1', false],
  ["cidr(self).containsIP('192.168.0.5')", '192.168.0.0/24', true],
  ['cidr(self).prefixLength()', '192.168.0.0/24', 24n],
  ['string(cidr(self).masked())', '192.168.0.5/24', '192.168.0.0/24'],
  ['string(cidr(self).ip())', '192.168.0.0/24', '192.168.0.0'],
  ["cidr(self).containsCIDR(cidr('192.168.0.0/28'))", '192.168.0.0/24', true],
  ['isCIDR(self)', 'x', false],
  ["url(self).getQuery()['x'][1]", 'https://h.com/?x=1&x=2', '2'],
  ['url(self).getEscapedPath()', '/a/b', '/a/b'],
  ["self.findAll('[0-9]+', 2).size()", 'a1b22c3', 2n],
  ["sets.contains(self, ['a'])", ['a', 'b'], true],
  ["sets.equivalent(self, ['b', 'a'])", ['a', 'b'], true],
  ["sets.intersects(self, ['z'])", ['a', 'b'], false],
  ["'%s'.format([['a', 'b']])", '', '["a", "b"]'],
  ["'%s has %d, %.2f'.format([self, 5, 1.5])", 'x', 'x has 5, 1.50'],
  ["'%s'.format([duration('90s')])", '', '90s'],
  ["self.replace('l', 'L', 1)", 'hello', 'heLlo'],
  ['string(duration(self))', '1h30m', '5400s'],
  ['format.dns1123Label().validate(self).hasValue()', 'my-name', false],
  ["format.named('dns1123Label').hasValue()", '', true],
])('%s', (expression, self, expected) => {
  expect(environment.evaluate(expression, { self })).toEqual(expected);
});

test('what Kubernetes 1.32 has not is not declared', () => {
  expect(ruleProblem({ type: 'string' }, "self.reverse() == 'x'")).toBe("ERROR: <input>:1:13: undeclared reference to 'reverse' (in container '')\n | self.reverse() == 'x'\n | ............^");
  expect(ruleProblem({ type: 'string' }, 'isSemver(self)')).toBe("ERROR: <input>:1:9: undeclared reference to 'isSemver' (in container '')\n | isSemver(self)\n | ........^");
});
