import type { ConfigMap, Container, Pod, Secret, Service } from '../controllers/runtime/kinds.ts';
import { podField, resourceField } from './fields.ts';

/** A container cannot be made because of what its spec refers to: CreateContainerConfigError. */
export class ContainerConfigError extends Error {
  override readonly name = 'ContainerConfigError';
}

/** Reads the objects that a pod refers to; undefined when there is none. */
export interface ConfigSource {
  configMap(namespace: string, name: string): ConfigMap | undefined;
  secret(namespace: string, name: string): Secret | undefined;
  services(namespace: string): Service[];
}

/**
 * Expands `$(VAR)`; `$$` is a literal `$`, an unknown variable stays as it is.
 * After kubernetes 1.32 third_party/forked/golang/expansion/expand.go
 */
export function expand(text: string, env: Readonly<Record<string, string>>): string {
  let out = '';
  for (let i = 0; i < text.length; i++) {
    const c = text.charAt(i);
    if (c !== '$' || i + 1 >= text.length) {
      out += c;
      continue;
    }
    const next = text.charAt(i + 1);
    if (next === '$') {
      out += '$';
      i += 1;
    } else if (next === '(') {
      const end = text.indexOf(')', i + 2);
      if (end < 0) {
        out += '$(';
        i += 1;
      } else {
        const name = text.slice(i + 2, end);
        out += env[name] ?? `$(${name})`;
        i = end;
      }
    } else {
      out += `$${next}`;
      i += 1;
    }
  }
  return out;
}

/** The variables that name each Service of the namespace, and the API's Service. */
export function serviceEnvironment(services: readonly Service[], namespace: string, links: boolean): Record<string, string> {
  const env: Record<string, string> = {};
  for (const service of services) {
    const { name } = service.metadata;
    const own = service.metadata.namespace === namespace;
    const api = service.metadata.namespace === 'default' && name === 'kubernetes';
    if (!api && !(own && links)) continue;
    const { clusterIP, ports = [] } = service.spec;
    if (clusterIP === undefined || clusterIP === '' || clusterIP === 'None') continue;
    const prefix = name.toUpperCase().replaceAll('-', '_');
    env[`${prefix}_SERVICE_HOST`] = clusterIP;
    ports.forEach((port, index) => {
      if (index === 0) env[`${prefix}_SERVICE_PORT`] = String(port.port);
      if (port.name !== undefined && port.name !== '') env[`${prefix}_SERVICE_PORT_${port.name.toUpperCase().replaceAll('-', '_')}`] = String(port.port);
      const protocol = (port.protocol ?? 'TCP').toLowerCase();
      const url = `${protocol}://${clusterIP}:${port.port}`;
      if (index === 0) env[`${prefix}_PORT`] = url;
      const each = `${prefix}_PORT_${port.port}_${protocol.toUpperCase()}`;
      env[each] = url;
      env[`${each}_PROTO`] = protocol;
      env[`${each}_PORT`] = String(port.port);
      env[`${each}_ADDR`] = clusterIP;
    });
  }
  return env;
}

const NAME = /^[-._a-zA-Z][-._a-zA-Z0-9]*$/;

/**
 * The environment that the pod's spec gives a container, in the kubelet's order: Services, `envFrom`, `env`; a later
 * one wins. Throws ContainerConfigError with the kubelet's words when something referred to is missing.
 */
export function containerEnvironment(pod: Pod, container: Container, source: ConfigSource, podIP: string | undefined): Record<string, string> {
  const namespace = pod.metadata.namespace ?? 'default';
  const services = serviceEnvironment(source.services(namespace), namespace, pod.spec.enableServiceLinks !== false);
  const own: Record<string, string> = {};

  for (const from of container.envFrom ?? []) {
    const reference = from.configMapRef ?? from.secretRef;
    if (reference === undefined) continue;
    const kind = from.configMapRef !== undefined ? 'configmap' : 'secret';
    const data = kind === 'configmap' ? configMapData(source.configMap(namespace, reference.name ?? '')) : secretData(source.secret(namespace, reference.name ?? ''));
    if (data === undefined) {
      if (reference.optional === true) continue;
      throw new ContainerConfigError(`${kind} "${reference.name}" not found`);
    }
    for (const [key, value] of Object.entries(data)) {
      const name = `${from.prefix ?? ''}${key}`;
      if (NAME.test(name)) own[name] = value;
    }
  }

  for (const variable of container.env ?? []) {
    const value = variable.valueFrom === undefined ? expand(variable.value ?? '', { ...services, ...own }) : valueFrom(pod, container, variable.valueFrom, source, podIP);
    if (value !== undefined) own[variable.name] = value;
  }
  return { ...services, ...own };
}

type ValueFrom = NonNullable<NonNullable<Container['env']>[number]['valueFrom']>;

function valueFrom(pod: Pod, container: Container, from: ValueFrom, source: ConfigSource, podIP: string | undefined): string | undefined {
  const namespace = pod.metadata.namespace ?? 'default';
  if (from.fieldRef !== undefined) {
    const value = podField(pod, from.fieldRef.fieldPath, podIP);
    if (value === undefined) throw new ContainerConfigError(`unsupported fieldPath: ${from.fieldRef.fieldPath}`);
    return value;
  }
  if (from.resourceFieldRef !== undefined) {
    const { containerName, resource, divisor } = from.resourceFieldRef;
    const target = containerName === undefined || containerName === '' ? container : pod.spec.containers.find((c) => c.name === containerName);
    if (target === undefined) throw new ContainerConfigError(`container ${containerName} not found`);
    return resourceField(target, resource, divisor === undefined ? undefined : String(divisor));
  }
  if (from.configMapKeyRef !== undefined) {
    const { name = '', key, optional } = from.configMapKeyRef;
    const map = configMapData(source.configMap(namespace, name));
    if (map === undefined && optional !== true) throw new ContainerConfigError(`configmap "${name}" not found`);
    const value = map?.[key];
    if (value === undefined && optional !== true) throw new ContainerConfigError(`couldn't find key ${key} in ConfigMap ${namespace}/${name}`);
    return value;
  }
  if (from.secretKeyRef !== undefined) {
    const { name = '', key, optional } = from.secretKeyRef;
    const secret = secretData(source.secret(namespace, name));
    if (secret === undefined && optional !== true) throw new ContainerConfigError(`secret "${name}" not found`);
    const value = secret?.[key];
    if (value === undefined && optional !== true) throw new ContainerConfigError(`couldn't find key ${key} in Secret ${namespace}/${name}`);
    return value;
  }
  return undefined;
}

function configMapData(map: ConfigMap | undefined): Record<string, string> | undefined {
  return map === undefined ? undefined : (map.data ?? {});
}

function secretData(secret: Secret | undefined): Record<string, string> | undefined {
  if (secret === undefined) return undefined;
  return Object.fromEntries(Object.entries(secret.data ?? {}).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]));
}
