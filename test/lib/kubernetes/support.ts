import { KubernetesProvider } from '@cdktf/provider-kubernetes/lib/provider';
import { TerraformStack, Testing } from 'cdktf';
import type { ModelWorkloadProps } from '../../../lib/kubernetes/model-workload-props.js';

export const minimal: ModelWorkloadProps = {
  name: 'iris',
  image: 'registry.example.com/runtime:1',
  environment: { MODELSHIP_MODEL: 's3://models/iris/' },
};

export function kubernetesStack(): TerraformStack {
  const stack = new TerraformStack(Testing.app(), 'stack');
  new KubernetesProvider(stack, 'kubernetes', {});
  return stack;
}

// biome-ignore lint/suspicious/noExplicitAny: the template is whatever Terraform's JSON syntax allows
export type Json = any;

/** Lists that the provider spells in the singular. */
const PLURALS: Readonly<Record<string, string>> = {
  container: 'containers',
  volume: 'volumes',
  volume_mount: 'volumeMounts',
  toleration: 'tolerations',
  topology_spread_constraint: 'topologySpreadConstraints',
  metric: 'metrics',
  rule: 'rules',
};

/** Maps whose keys are data, not attributes. */
const DATA = ['labels', 'annotations', 'match_labels', 'limits', 'requests', 'selector_map', 'volume_attributes'];

/** The object of the Kubernetes API that the provider makes of a resource in a template. */
export function manifest(kind: string, apiVersion: string, resource: Json): Json {
  const { metadata, spec } = resource;
  return { apiVersion, kind, metadata: convert(metadata), ...(spec ? { spec: convert(spec, kind) } : {}) };
}

function convert(value: Json, kind = ''): Json {
  if (Array.isArray(value)) return value.map((item) => convert(item));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries<Json>(value).map(([key, item]) => {
      if (DATA.includes(key) || (key === 'selector' && kind === 'Service')) return [camel(key), item];
      if (key === 'port' && Array.isArray(item)) return ['ports', convert(item)];
      if (key === 'path' && Array.isArray(item)) return ['paths', convert(item)];
      if ((key === 'pre_stop' || key === 'label_selector') && Array.isArray(item))
        return [camel(key), convert(item[0])];
      if (/^(run_as_user|run_as_group|fs_group)$/.test(key)) return [camel(key), Number(item)];
      if (/^(max_surge|max_unavailable)$/.test(key) && /^\d+$/.test(item)) return [camel(key), Number(item)];
      if (key === 'port' && /^\d+$/.test(item)) return [key, Number(item)];
      return [camel((Array.isArray(item) && PLURALS[key]) || key), convert(item)];
    }),
  );
}

function camel(key: string): string {
  return key.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}

/** What of the pod does not meet the Pod Security Standard "restricted", and what this project asks beyond it. */
export function restrictedFaults(pod: Json): string[] {
  const faults: string[] = [];
  const must = (ok: boolean, fault: string) => ok || faults.push(fault);
  const allowedVolumes = [
    'configMap',
    'csi',
    'downwardAPI',
    'emptyDir',
    'ephemeral',
    'persistentVolumeClaim',
    'projected',
    'secret',
  ];
  must(!pod.hostNetwork && !pod.hostPID && !pod.hostIPC, 'a namespace of the host');
  must(pod.automountServiceAccountToken === false, 'a token of the API');
  must(pod.securityContext?.runAsNonRoot === true && pod.securityContext.runAsUser > 0, 'root in the pod');
  must(['RuntimeDefault', 'Localhost'].includes(pod.securityContext?.seccompProfile?.type), 'seccomp of the pod');
  for (const volume of pod.volumes ?? []) {
    for (const type of Object.keys(volume)) must(type === 'name' || allowedVolumes.includes(type), `a ${type} volume`);
  }
  for (const { name, securityContext: context, resources, ports } of [
    ...pod.containers,
    ...(pod.initContainers ?? []),
  ]) {
    must(context?.allowPrivilegeEscalation === false && !context.privileged, `privileges of ${name}`);
    must(JSON.stringify(context?.capabilities) === '{"drop":["ALL"]}', `capabilities of ${name}`);
    must(context?.runAsNonRoot === true, `root in ${name}`);
    must(context?.readOnlyRootFilesystem === true, `a writable root of ${name}`);
    must(Boolean(resources?.limits?.cpu && resources.limits.memory), `no limits of ${name}`);
    must(!ports?.some((port: Json) => port.hostPort), `a port of the host of ${name}`);
  }
  return faults;
}
