import type { Manifest } from '@cdktf/provider-kubernetes/lib/manifest';
import type { ServiceAccountV1 } from '@cdktf/provider-kubernetes/lib/service-account-v1';
import { Token } from 'cdktf';
import { Construct } from 'constructs';
import { kubernetes } from '../terraform/bindings/kubernetes.js';
import type { ModelWorkloadProps } from './model-workload-props.js';
import { inferenceService, KSERVE_CONTAINER } from './private/kserve.js';
import { rolloutTimeouts } from './private/rollout-time.js';
import { validateInferenceService } from './private/validation.js';

/**
 * A model in a cluster that runs KServe: an `InferenceService` with the same pod as {@link ModelWorkload}, which KServe
 * scales and exposes. It runs in KServe's mode `Standard` (`RawDeployment` before 0.16), which needs no Knative and keeps
 * at least one pod. The cluster and its resource definitions must exist when Terraform plans.
 *
 * @throws ValidationError with every prop that is wrong; KServe owns exposure, so that `exposure`,
 * `callerNamespaces`, `metricsNamespaces`, `egressRanges`, `traceNamespaces` and `canary` are refused, and `namespace`
 * is required
 */
export class InferenceService extends Construct {
  /** The name of the container that serves, for metrics and logs. */
  static readonly containerName = KSERVE_CONTAINER;

  readonly serviceAccount: ServiceAccountV1;
  readonly resource: Manifest;

  constructor(scope: Construct, id: string, props: ModelWorkloadProps) {
    super(scope, id);
    validateInferenceService(this, props);
    const namespace = props.namespace!;
    this.serviceAccount = new kubernetes.ServiceAccountV1(this, 'ServiceAccount', {
      provider: props.provider,
      dependsOn: props.clusterReady,
      metadata: { name: props.name, namespace, annotations: props.serviceAccountAnnotations },
      automountServiceAccountToken: false,
    });
    this.resource = new kubernetes.Manifest(this, 'Resource', {
      provider: props.provider,
      manifest: inferenceService(props, namespace, this.serviceAccount.metadata.name),
      // KServe fills in defaults and writes the status.
      computedFields: ['metadata.labels', 'metadata.annotations', 'spec.predictor'],
      timeouts: rolloutTimeouts(props),
      wait: { fields: { 'status.url': '^https?://' } },
      dependsOn: [...(props.clusterReady ?? []), ...(props.dependsOn ?? []), this.serviceAccount],
    });
  }

  /** Where KServe lets the model answer, without a path. */
  get url(): string {
    return Token.asString(this.resource.interpolationForAttribute('object.status.url'));
  }
}
