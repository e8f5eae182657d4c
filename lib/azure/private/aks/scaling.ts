import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { Chart } from '../../../kubernetes/chart.js';
import type { ModelWorkload } from '../../../kubernetes/model-workload.js';
import type { scaling } from '../../../kubernetes/private/scaling.js';
import { QUEUE_DEPTH } from '../../../kubernetes/workload-metrics.js';
import type { ReplicaSchedule } from '../../../serving/schedule.js';
import { afterRoles } from '../../../terraform/after-roles.js';
import { azurerm } from '../../../terraform/bindings/azurerm.js';
import { cronScaling } from '../shared/cron-triggers.js';
import { groupName } from '../shared/names.js';
import type { Placement } from '../shared/placement.js';
import { assignRole } from '../shared/roles.js';
import type { ManagedCluster } from './cluster.js';
import { federate } from './federation.js';
import { AKS } from './limits.js';
import type { AksMetrics } from './metrics.js';

/** Service account of the KEDA add-on, which requests the metrics. */
const KEDA = 'system:serviceaccount:kube-system:keda-operator';

/** Scaling of a workload by the requests in its pods. */
interface ConcurrencyScaling {
  /** Metrics that the cluster's Prometheus add-on collects. */
  readonly metrics: AksMetrics;
  /** Average number of requests in each pod at which the workload scales out. */
  readonly targetConcurrency: number;
}

interface KedaScalingProps {
  readonly placement: Placement;
  readonly cluster: ManagedCluster;
  readonly workload: ModelWorkload;
  readonly limits: ReturnType<typeof scaling>;
  /** @default - the workload scales on its CPU alone */
  readonly concurrency?: ConcurrencyScaling;
  /** @default - the limits are the same at all times */
  readonly schedule?: readonly ReplicaSchedule[];
}

/** KEDA objects that scale a workload by its CPU, by the requests in its pods, and by time. */
export class KedaScaling extends Construct {
  /** Helm chart with the objects. */
  readonly chart: Chart;

  constructor(scope: Construct, id: string, props: KedaScalingProps) {
    super(scope, id);
    const { cluster, workload, concurrency } = props;
    const reader = concurrency && this.makeReader(props, concurrency.metrics);
    this.chart = new Chart(this, 'Objects', {
      name: 'scaling',
      releaseName: `${workload.name}-scaling`,
      namespace: workload.namespaceName,
      connection: cluster.connection,
      alias: cluster.alias,
      values: reader?.values,
      objects: objects(props),
      dependsOn: [workload.deployment, ...(reader?.ready ?? [])],
    });
  }

  /** Creates the identity that KEDA uses to read the metrics. */
  private makeReader({ placement, cluster }: KedaScalingProps, { workspace }: AksMetrics) {
    const name = groupName(this, AKS.nameLength);
    const identity = new azurerm.UserAssignedIdentity(this, 'Identity', { ...placement.common, name });
    const federation = federate(this, placement, identity, cluster.cluster.oidcIssuerUrl, KEDA);
    const role = assignRole(this, 'Reader', workspace.id, 'Monitoring Data Reader', identity.principalId);
    const ready: ITerraformDependable[] = [federation, afterRoles(this, 'RoleKnown', [role])];
    return { values: { server: workspace.queryEndpoint, identity: identity.clientId }, ready };
  }
}

function objects({ workload, limits, concurrency, schedule }: KedaScalingProps): { [file: string]: object } {
  const { name } = workload;
  const { minReplicas: min, maxReplicas: max, targetCpuPercent } = limits;
  const { minReplicas, triggers } = cronScaling(schedule, { min, max });
  return {
    ...(concurrency
      ? {
          authentication: {
            apiVersion: 'keda.sh/v1alpha1',
            kind: 'TriggerAuthentication',
            metadata: { name },
            spec: { podIdentity: { provider: 'azure-workload', identityId: '{{ .Values.identity }}' } },
          },
        }
      : {}),
    'scaled-object': {
      apiVersion: 'keda.sh/v1alpha1',
      kind: 'ScaledObject',
      metadata: { name },
      spec: {
        scaleTargetRef: { name },
        minReplicaCount: minReplicas,
        maxReplicaCount: max,
        triggers: [
          { type: 'cpu', metricType: 'Utilization', metadata: { value: `${targetCpuPercent}` } },
          ...(concurrency
            ? [
                {
                  type: 'prometheus',
                  metadata: {
                    serverAddress: '{{ .Values.server }}',
                    // The workspace has the metrics of this workload alone. KEDA divides the sum by the number of pods.
                    query: `sum(${QUEUE_DEPTH})`,
                    threshold: `${concurrency.targetConcurrency}`,
                  },
                  authenticationRef: { name },
                },
              ]
            : []),
          ...triggers.map((metadata) => ({ type: 'cron', metadata })),
        ],
      },
    },
  };
}
