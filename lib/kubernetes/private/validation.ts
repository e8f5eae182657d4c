import type { Construct } from 'constructs';
import { serverOf } from '../../serving/servers/model-server.js';
import type { Validator } from '../../serving/validation/validator.js';
import { validatorFor } from '../../terraform/validator.js';
import type { ModelWorkloadProps } from '../model-workload-props.js';

/** Maximum length of a name. It leaves room for `-canary` and for the hashes that Kubernetes adds to pod names. */
export const NAME_LENGTH = 52;

/** Names of namespaces: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/#dns-label-names */
export const NAMESPACE = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** @throws ValidationError with all faults in the props of a {@link ModelWorkload} */
export function validateWorkload(scope: Construct, props: ModelWorkloadProps): void {
  const validator = validatorFor(scope, 'ModelWorkload');
  checkPod(validator, props);
  validator.number('minReplicas', props.minReplicas, {
    min: 1,
    max: 1000,
    source: 'a HorizontalPodAutoscaler (for none at all, use a ServerlessModel)',
  });
  validator.number('canary.percent', props.canary?.percent, { min: 0, max: 99, unit: 'percent', source: 'a canary' });
  validator.check(
    props.canary === undefined || props.exposure?.kind === 'gateway',
    'canary',
    'NO_GATEWAY',
    'only a Gateway splits traffic by share; set exposure: Exposure.gateway(…), or remove the canary',
  );
  for (const cidr of [...(props.exposure?.sourceRanges ?? []), ...(props.egressRanges ?? [])]) {
    const prop = props.egressRanges?.includes(cidr) ? 'egressRanges' : 'exposure.sourceRanges';
    validator.text(prop, cidr, /^[0-9a-fA-F.:]+\/\d{1,3}$/, 'must be CIDR blocks, such as `10.0.0.0/8`');
  }
  validator.throwIfAny();
}

/** @throws ValidationError with all faults in the props of an {@link InferenceService} */
export function validateInferenceService(scope: Construct, props: ModelWorkloadProps): void {
  const validator = validatorFor(scope, 'InferenceService');
  checkPod(validator, props);
  validator.number('minReplicas', props.minReplicas, {
    min: 1,
    max: 1000,
    source: 'KServe without Knative (for none at all, use a ServerlessModel)',
  });
  validator.check(
    props.namespace !== undefined,
    'namespace',
    'MISSING',
    'KServe serves only in namespaces that are set up for it; name one',
  );
  for (const prop of [
    'exposure',
    'callerNamespaces',
    'metricsNamespaces',
    'egressRanges',
    'traceNamespaces',
    'canary',
    'scalingMetric',
    'autoscaling',
  ] as const) {
    validator.check(
      props[prop] === undefined,
      prop,
      'UNSUPPORTED',
      'KServe controls exposure, traffic and scaling; remove it, or use a ModelWorkload',
    );
  }
  validator.throwIfAny();
}

function checkPod(validator: Validator, props: ModelWorkloadProps): void {
  const rule = `Kubernetes allows at most ${NAME_LENGTH} lower-case letters, digits and hyphens here, starting with a letter`;
  validator.text('name', props.name, new RegExp(`^(?=.{1,${NAME_LENGTH}}$)[a-z](?:[a-z0-9-]*[a-z0-9])?$`), rule);
  validator.text('namespace', props.namespace, NAMESPACE, 'a namespace is a DNS label');
  validator.number('cpu', props.cpu, { min: 0.05, max: 256, fraction: true, unit: 'CPUs', source: 'a node' });
  validator.number('memoryMib', props.memoryMib, { min: 128, max: 4_194_304, unit: 'MiB', source: 'a node' });
  validator.number('diskGib', props.diskGib, { min: 1, max: 65_536, unit: 'GiB', source: 'a node' });
  validator.number('startupSeconds', props.startupSeconds, { min: 1, max: 86_400, unit: 'seconds', source: 'a probe' });
  validator.check(
    !props.server?.spec.needsGpu || Boolean(props.gpuCount),
    'gpuCount',
    'NO_GPU',
    `${props.server?.spec.name} needs a GPU; give each pod at least one, and a nodeSelector for GPU nodes`,
  );
  validator.check(
    props.metricsNamespaces === undefined || serverOf(props).isModelship,
    'metricsNamespaces',
    'UNSUPPORTED',
    `only Modelship's runtime has a separate metrics port; allow those namespaces to call ` +
      `${props.server?.spec.name} with callerNamespaces, or remove it`,
  );
  validator.number('gpuCount', props.gpuCount, { min: 0, max: 16, source: 'a node' });
  validator.number('maxReplicas', props.maxReplicas, { min: 1, max: 1000, source: 'an autoscaler' });
  validator.number('scalingMetric.targetAverage', props.scalingMetric?.targetAverage, {
    min: 1,
    max: 10_000,
    source: 'a HorizontalPodAutoscaler',
  });
  validator.number('targetCpuPercent', props.targetCpuPercent, {
    min: 1,
    max: 100,
    unit: 'percent',
    source: 'a HorizontalPodAutoscaler',
  });
}
