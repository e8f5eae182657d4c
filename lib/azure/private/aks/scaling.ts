import { Construct } from 'constructs';
import { Chart } from '../../../kubernetes/chart.js';
import type { ModelWorkload } from '../../../kubernetes/model-workload.js';
import { QUEUE_DEPTH } from '../../../kubernetes/workload-metrics.js';
import { afterRoles } from '../../../terraform/after-roles.js';
import { azurerm } from '../../../terraform/bindings/azurerm.js';
import { groupName } from '../shared/names.js';
import type { Placement } from '../shared/placement.js';
import { assignRole } from '../shared/roles.js';
import type { ManagedCluster } from './cluster.js';
import { federate } from './federation.js';
import { AKS } from './limits.js';
import type { AksMetrics } from './metrics.js';

/** Service account of the KEDA add-on, which requests the metrics. */
const KEDA = 'system:serviceaccount:kube-system:keda-operator';

interface ConcurrencyScalingProps {
  readonly placement: Placement;
  readonly cluster: ManagedCluster;
  readonly metrics: AksMetrics;
  readonly workload: ModelWorkload;
  readonly minReplicas: number;
  readonly maxReplicas: number;
  readonly targetCpuPercent: number;
  /** Average number of requests in each pod at which the workload scales out. */
  readonly targetConcurrency: number;
}

/** KEDA objects that scale a workload by the requests in its pods, which the cluster's Prometheus add-on collects. */
export class ConcurrencyScaling extends Construct {
  /** Helm chart with the objects. */
  readonly chart: Chart;

  constructor(scope: Construct, id: string, props: ConcurrencyScalingProps) {
    super(scope, id);
    const { placement, cluster, metrics, workload } = props;
    const name = groupName(this, AKS.nameLength);
    const identity = new azurerm.UserAssignedIdentity(this, 'Identity', { ...placement.common, name });
    const federation = federate(this, placement, identity, cluster.cluster.oidcIssuerUrl, KEDA);
    const role = assignRole(this, 'Reader', metrics.workspace.id, 'Monitoring Data Reader', identity.principalId);
    this.chart = new Chart(this, 'Objects', {
      name: 'scaling',
      releaseName: `${workload.name}-scaling`,
      namespace: workload.namespaceName,
      connection: cluster.connection,
      alias: cluster.alias,
      values: { server: metrics.workspace.queryEndpoint, identity: identity.clientId },
      objects: objects(props),
      dependsOn: [workload.deployment, federation, afterRoles(this, 'RoleKnown', [role])],
    });
  }
}

function objects({ workload, minReplicas, maxReplicas, targetCpuPercent, targetConcurrency }: ConcurrencyScalingProps) {
  const { name } = workload;
  return {
    authentication: {
      apiVersion: 'keda.sh/v1alpha1',
      kind: 'TriggerAuthentication',
      metadata: { name },
      spec: { podIdentity: { provider: 'azure-workload', identityId: '{{ .Values.identity }}' } },
    },
    'scaled-object': {
      apiVersion: 'keda.sh/v1alpha1',
      kind: 'ScaledObject',
      metadata: { name },
      spec: {
        scaleTargetRef: { name },
        minReplicaCount: minReplicas,
        maxReplicaCount: maxReplicas,
        triggers: [
          { type: 'cpu', metricType: 'Utilization', metadata: { value: `${targetCpuPercent}` } },
          {
            type: 'prometheus',
            metadata: {
              serverAddress: '{{ .Values.server }}',
              // The workspace has the metrics of this workload alone. KEDA divides the sum by the number of pods.
              query: `sum(${QUEUE_DEPTH})`,
              threshold: `${targetConcurrency}`,
            },
            authenticationRef: { name },
          },
        ],
      },
    },
  };
}
