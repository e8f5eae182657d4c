import type { Manifest } from '@cdktf/provider-kubernetes/lib/manifest';
import type { ServiceAccountV1 } from '@cdktf/provider-kubernetes/lib/service-account-v1';
import { Token } from 'cdktf';
import { Construct } from 'constructs';
import { kubernetes } from '../terraform/bindings/kubernetes.js';
import { stateRequirements } from '../terraform/requirements.js';
import type { ModelWorkloadProps } from './model-workload-props.js';
import { inferenceService, KSERVE_CONTAINER } from './private/kserve.js';
import { KUBERNETES_PROVIDER } from './private/provider.js';
import { rolloutTimeouts } from './private/rollout-time.js';
import { validateInferenceService } from './private/validation.js';

/**
 * Model served by KServe in an existing cluster. The `InferenceService` runs the same pod as {@link ModelWorkload}, and
 * KServe scales and exposes it. It uses KServe's `Standard` mode (`RawDeployment` before 0.16), which needs no Knative
 * and keeps at least one pod running. The cluster and its custom resource definitions must exist when Terraform plans.
 *
 * @throws ValidationError with all invalid props. KServe manages exposure: `exposure`, `callerNamespaces`,
 * `metricsNamespaces`, `egressRanges`, `traceNamespaces` and `canary` are rejected, and `namespace` is required
 */
export class InferenceService extends Construct {
  /** Name of the serving container in metrics and logs. */
  static readonly containerName = KSERVE_CONTAINER;

  /** Kubernetes service account of the pods. */
  readonly serviceAccount: ServiceAccountV1;
  /** The `InferenceService` resource. */
  readonly resource: Manifest;

  constructor(scope: Construct, id: string, props: ModelWorkloadProps) {
    super(scope, id);
    stateRequirements(this, KUBERNETES_PROVIDER);
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
      // KServe adds defaults to these fields, which Terraform would otherwise report as drift.
      computedFields: ['metadata.labels', 'metadata.annotations', 'spec.predictor'],
      timeouts: rolloutTimeouts(props),
      wait: { fields: { 'status.url': '^https?://' } },
      dependsOn: [...(props.clusterReady ?? []), ...(props.dependsOn ?? []), this.serviceAccount],
    });
  }

  /** URL that KServe assigns to the model, without a path. */
  get url(): string {
    return Token.asString(this.resource.interpolationForAttribute('object.status.url'));
  }
}
