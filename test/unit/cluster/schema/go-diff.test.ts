import { expect, test } from 'vitest';
import { goDiff, internalPodSpec, internalValue } from '../../../../server/cluster/api/schema/go-diff/index.ts';

const spec = {
  containers: [{ name: 'c', image: 'x', env: [{ name: 'A', value: 'b' }], resources: {}, terminationMessagePath: '/dev/termination-log', terminationMessagePolicy: 'File', imagePullPolicy: 'Always' }],
  restartPolicy: 'Always',
  terminationGracePeriodSeconds: 3,
  dnsPolicy: 'ClusterFirst',
  nodeSelector: { a: 'b' },
  serviceAccountName: 'default',
  serviceAccount: 'default',
  automountServiceAccountToken: false,
  securityContext: {},
  schedulerName: 'default-scheduler',
  enableServiceLinks: true,
};
const [container] = spec.containers;

/** What a Kubernetes 1.32.2 said of the same changes; go-cmp's spaces are sometimes ones that don't break. */
test('equal values have no differences', () => {
  expect(goDiff(internalPodSpec(spec), internalPodSpec(structuredClone(spec)))).toBe('');
});

test('a change is shown with two neighbours on each side, and what it is in', () => {
  expect(goDiff(internalPodSpec(spec), internalPodSpec({ ...spec, containers: [{ ...container, env: [{ name: 'A', value: 'z' }] }] }))).toBe(`  core.PodSpec{
  	Volumes:        nil,
  	InitContainers: nil,
  	Containers: []core.Container{
  		{
  			... // 5 identical fields
  			Ports:   nil,
  			EnvFrom: nil,
  			Env: []core.EnvVar{
  				{
  					Name:      "A",
- 					Value:     "b",
+ 					Value:     "z",
  					ValueFrom: nil,
  				},
  			},
  			Resources:    {},
  			ResizePolicy: nil,
  			... // 14 identical fields
  		},
  	},
  	EphemeralContainers: nil,
  	RestartPolicy:       "Always",
  	... // 29 identical fields
  }
`);
});

test('what is new is shown with its types, over as many lines as it needs', () => {
  expect(goDiff(internalPodSpec(spec), internalPodSpec({ ...spec, volumes: [{ name: 'v', emptyDir: {} }] }))).toBe(`  core.PodSpec{
- 	Volumes: nil,
+ 	Volumes: []core.Volume{
+ 		{
+ 			Name:         "v",
+ 			VolumeSource: core.VolumeSource{EmptyDir: &core.EmptyDirVolumeSource{}},
+ 		},
+ 	},
  	InitContainers: nil,
  	Containers:     {{Name: "c", Image: "x", Env: {{Name: "A", Value: "b"}}, TerminationMessagePath: "/dev/termination-log", ...}},
  	... // 31 identical fields
  }
`);
});

test('an element that came in front of the others is the only one that is new', () => {
  const diff = goDiff(internalPodSpec(spec), internalPodSpec({ ...spec, containers: [{ ...container, env: [{ name: 'B', value: 'n' }, { name: 'A', value: 'b' }] }] }));
  expect(diff.split('\n').slice(7, 11)).toEqual(['  			EnvFrom: nil,', '  			Env: []core.EnvVar{', '+ 				{Name: "B", Value: "n"},', '  				{Name: "A", Value: "b"},']);
});

test('sizes show what they are made of, selectors what they say of themselves', () => {
  const claim = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, storageClassName: 's', volumeMode: 'Filesystem' };
  expect(goDiff(internalValue('core.PersistentVolumeClaimSpec', claim), internalValue('core.PersistentVolumeClaimSpec', { ...claim, selector: { matchLabels: { a: 'b' } }, resources: { requests: { storage: '2Gi' } } }))).toBe(`  core.PersistentVolumeClaimSpec{
  	AccessModes: {"ReadWriteOnce"},
- 	Selector:    nil,
+ 	Selector:    s"&LabelSelector{MatchLabels:map[string]string{a: b,},MatchExpressions:[]LabelSelectorRequirement{},}",
  	Resources: core.VolumeResourceRequirements{
  		Limits: nil,
- 		Requests: core.ResourceList{
- 			s"storage": {i: resource.int64Amount{value: 1073741824}, s: "1Gi", Format: "BinarySI"},
- 		},
+ 		Requests: core.ResourceList{
+ 			s"storage": {i: resource.int64Amount{value: 2147483648}, s: "2Gi", Format: "BinarySI"},
+ 		},
  	},
  	VolumeName:       "",
  	StorageClassName: &"s",
  	... // 4 identical fields
  }
`);
});
