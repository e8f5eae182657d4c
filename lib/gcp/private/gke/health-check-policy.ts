import { Construct } from 'constructs';
import type { ModelWorkload } from '../../../kubernetes/model-workload.js';
import type { ClusterAccess } from './cluster.js';
import { addServicePolicies } from './service-policies.js';

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
    const settings = {
      checkIntervalSec: SECONDS,
      timeoutSec: SECONDS,
      healthyThreshold: 1,
      unhealthyThreshold: 2,
      config: { type: 'HTTP', httpHealthCheck: { requestPath: readyPath } },
    };
    addServicePolicies(this, { cluster, workload, kind: 'HealthCheckPolicy', settings });
  }
}
