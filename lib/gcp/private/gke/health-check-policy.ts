import { Construct } from 'constructs';
import type { ModelWorkload } from '../../../kubernetes/model-workload.js';
import { kubernetes } from '../../../terraform/bindings/kubernetes.js';
import type { ClusterAccess } from './cluster.js';

const SECONDS = 5;

/** Options of {@link HealthCheckPolicies}. */
export interface HealthCheckPoliciesOptions {
  /** Cluster that runs the workload. */
  readonly cluster: ClusterAccess;
  /** Workload whose services are probed. */
  readonly workload: ModelWorkload;
  /** Path of the readiness check, which responds with 200 while the server accepts requests. */
  readonly readyPath: string;
}

/**
 * Health checks for GKE's Gateway controller. The controller ignores readiness probes of pods and probes `/` instead.
 * Few servers respond to `/` with 200:
 * https://cloud.google.com/kubernetes-engine/docs/how-to/configure-gateway-resources#configure_health_check
 */
export class HealthCheckPolicies extends Construct {
  constructor(scope: Construct, id: string, { cluster, workload, readyPath }: HealthCheckPoliciesOptions) {
    super(scope, id);
    for (const [track, service] of Object.entries(workload.services)) {
      new kubernetes.Manifest(this, track, {
        provider: cluster.provider,
        manifest: {
          apiVersion: 'networking.gke.io/v1',
          kind: 'HealthCheckPolicy',
          metadata: { name: service.metadata.name, namespace: workload.namespaceName },
          spec: {
            default: {
              checkIntervalSec: SECONDS,
              timeoutSec: SECONDS,
              healthyThreshold: 1,
              unhealthyThreshold: 2,
              config: { type: 'HTTP', httpHealthCheck: { requestPath: readyPath } },
            },
            targetRef: { group: '', kind: 'Service', name: service.metadata.name },
          },
        },
      });
    }
  }
}
