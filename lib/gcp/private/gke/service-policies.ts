import type { Construct } from 'constructs';
import type { ModelWorkload } from '../../../kubernetes/model-workload.js';
import { kubernetes } from '../../../terraform/bindings/kubernetes.js';
import type { ClusterAccess } from './cluster.js';

/** Options of {@link addServicePolicies}. */
export interface ServicePoliciesOptions {
  /** Cluster that runs the workload. */
  readonly cluster: ClusterAccess;
  /** Workload whose services the policies are for. */
  readonly workload: ModelWorkload;
  /** Kind of the policy, such as `HealthCheckPolicy`. */
  readonly kind: string;
  /** Settings of the policy. */
  readonly settings: { readonly [name: string]: unknown };
}

/**
 * Adds a policy of GKE's Gateway controller for each service of a workload:
 * https://cloud.google.com/kubernetes-engine/docs/how-to/configure-gateway-resources
 */
export function addServicePolicies(
  scope: Construct,
  { cluster, workload, kind, settings }: ServicePoliciesOptions,
): void {
  for (const [track, service] of Object.entries(workload.services)) {
    new kubernetes.Manifest(scope, track, {
      provider: cluster.provider,
      manifest: {
        apiVersion: 'networking.gke.io/v1',
        kind,
        metadata: { name: service.metadata.name, namespace: workload.namespaceName },
        spec: {
          default: settings,
          targetRef: { group: '', kind: 'Service', name: service.metadata.name },
        },
      },
    });
  }
}
