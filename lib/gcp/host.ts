import type { Construct } from 'constructs';
import { InferenceService } from '../kubernetes/inference-service.js';
import { ModelWorkload } from '../kubernetes/model-workload.js';
import type { ModelWorkloadProps } from '../kubernetes/model-workload-props.js';

/** Network rules of the pods, for hosts that do not manage them. */
export type PodNetworkRules = Pick<ModelWorkloadProps, 'egressRanges' | 'metricsNamespaces'>;

/** Kubernetes objects of a host. */
export interface ContainerHostBinding {
  /** URL of the model, without a path. */
  readonly url: string;
  /** Workload that runs the pods. Set for `ContainerHost.deployment()`. */
  readonly workload?: ModelWorkload;
  /** `InferenceService` that runs the pods. Set for `ContainerHost.kserve()`. */
  readonly inferenceService?: InferenceService;
}

/**
 * Kubernetes controller that runs the pods of a `ContainerModel`.
 *
 * @example
 * ```ts
 * import { ContainerHost, ContainerModel, GkeCluster } from 'modelship/gcp';
 *
 * new ContainerModel(stack, 'Iris', {
 *   model,
 *   region: 'europe-west4',
 *   cluster: GkeCluster.existing({ name: 'models', location: 'europe-west4' }),
 *   namespace: 'iris',
 *   host: ContainerHost.kserve(),
 * });
 * ```
 */
export abstract class ContainerHost {
  /** Runs the pods by a Deployment, with a service, a network policy and an autoscaler. The default. */
  static deployment(): ContainerHost {
    return new DeploymentHost();
  }

  /**
   * Runs the pods by an `InferenceService` of KServe, which manages exposure and scaling. It requires an existing
   * cluster with KServe, and the `namespace` of an existing namespace.
   */
  static kserve(): ContainerHost {
    return new KServeHost();
  }

  /** Name of the serving container in metrics and logs. */
  abstract readonly containerName: string;
  /** Whether the cluster must exist, with the definitions of the host's resources, when Terraform plans. */
  abstract readonly needsExistingCluster: boolean;

  /**
   * Creates the Kubernetes objects in `scope`.
   *
   * @internal
   */
  abstract bind(scope: Construct, props: ModelWorkloadProps, rules: PodNetworkRules): ContainerHostBinding;
}

class DeploymentHost extends ContainerHost {
  override readonly containerName = ModelWorkload.containerName;
  override readonly needsExistingCluster = false;

  override bind(scope: Construct, props: ModelWorkloadProps, rules: PodNetworkRules): ContainerHostBinding {
    const workload = new ModelWorkload(scope, 'Workload', { ...props, ...rules });
    return { url: workload.url, workload };
  }
}

class KServeHost extends ContainerHost {
  override readonly containerName = InferenceService.containerName;
  override readonly needsExistingCluster = true;

  override bind(scope: Construct, props: ModelWorkloadProps): ContainerHostBinding {
    const inferenceService = new InferenceService(scope, 'Workload', props);
    return { url: inferenceService.url, inferenceService };
  }
}
