"""Lists, watches, creates, patches and deletes as the Python client of Kubernetes does; prints what it saw, one line each."""
import threading

from kubernetes import client, config, utils, watch

config.load_kube_config()
core, apps, custom = client.CoreV1Api(), client.AppsV1Api(), client.CustomObjectsApi()
namespace = 'python'
core.create_namespace(client.V1Namespace(metadata=client.V1ObjectMeta(name=namespace)))
print('version', client.VersionApi().get_code().major)

seen, ready = [], threading.Event()
start = core.list_namespaced_config_map(namespace).metadata.resource_version


def follow():
    stream = watch.Watch()
    ready.set()
    for event in stream.stream(core.list_namespaced_config_map, namespace, resource_version=start, label_selector='own=yes', timeout_seconds=20):
        seen.append(event['type'])
        if event['type'] == 'DELETED':
            stream.stop()


thread = threading.Thread(target=follow)
thread.start()
ready.wait()
core.create_namespaced_config_map(namespace, client.V1ConfigMap(metadata=client.V1ObjectMeta(name='c', labels={'own': 'yes'}), data={'a': '1'}))
core.patch_namespaced_config_map('c', namespace, {'data': {'b': '2'}})
print('data', sorted(core.read_namespaced_config_map('c', namespace).data.items()))
core.delete_namespaced_config_map('c', namespace)
thread.join(20)
print('events', seen)

utils.create_from_dict(client.ApiClient(), {
    'apiVersion': 'apps/v1', 'kind': 'Deployment', 'metadata': {'name': 'd', 'namespace': namespace},
    'spec': {'replicas': 0, 'selector': {'matchLabels': {'a': 'b'}}, 'template': {'metadata': {'labels': {'a': 'b'}}, 'spec': {'containers': [{'name': 'c', 'image': 'busybox'}]}}},
})
apps.patch_namespaced_deployment_scale('d', namespace, {'spec': {'replicas': 0}})
print('replicas', apps.read_namespaced_deployment('d', namespace).spec.replicas)
try:
    core.read_namespaced_secret('nope', namespace)
except client.ApiException as error:
    print('error', error.status, error.reason)
page = client.RbacAuthorizationV1Api().list_cluster_role(limit=5)
print('page', len(page.items), page.metadata._continue is not None)
core.delete_namespace(namespace)
