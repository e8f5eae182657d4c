import type { Construct } from 'constructs';
import { type Replicas, replicasOf } from '../../../serving/replicas.js';
import type { ReplicaSchedule } from '../../../serving/schedule.js';
import type { EndpointMode } from '../../mode.js';
import type { EndpointMetrics } from './endpoint-metrics.js';
import { isFixed } from './instances.js';
import { Scaling, type ScalingProps } from './scaling.js';
import { MAIN_VARIANT } from './variants.js';

const DEFAULT_CONCURRENCY = 8;
const DEFAULT_BACKLOG = 5;
/** Share of the provisioned concurrency in use above which scaling provisions more. */
const PROVISIONED_UTILIZATION = 0.7;

export interface ScaledEndpoint {
  readonly endpointName: string;
  readonly metrics: EndpointMetrics;
  readonly schedule?: readonly ReplicaSchedule[];
  /** Construct that must be deployed before the endpoint can be scaled. */
  readonly scaled: Construct;
}

/**
 * Creates the scaling of an endpoint, by requests in flight or by backlog. A fixed number of replicas without a
 * schedule has no scaling.
 */
export function endpointScaling(
  scope: Construct,
  { settings }: EndpointMode,
  range: Replicas,
  { endpointName, metrics, schedule, scaled }: ScaledEndpoint,
): Scaling[] {
  const make = (id: string, props: Omit<ScalingProps, 'schedule' | 'replicas'>, replicas = replicasOf(props)) => {
    if (isFixed(props) && !schedule) return [];
    const scaling = new Scaling(scope, id, { ...props, schedule, replicas });
    scaling.target.node.addDependency(scaled);
    return [scaling];
  };
  const resourceId = `endpoint/${endpointName}/variant/${MAIN_VARIANT}`;
  switch (settings.kind) {
    case 'realTime':
      return [MAIN_VARIANT, ...(settings.options.variants ?? []).map(({ name }) => name)].flatMap((name) =>
        make(name === MAIN_VARIANT ? 'Scaling' : `Scaling-${name}`, {
          ...range,
          resourceId: `endpoint/${endpointName}/variant/${name}`,
          dimension: 'sagemaker:variant:DesiredInstanceCount',
          predefinedMetric: 'SageMakerVariantConcurrentRequestsPerModelHighResolution',
          target: settings.options.targetConcurrency ?? DEFAULT_CONCURRENCY,
        }),
      );
    case 'serverless': {
      const { maxProvisionedConcurrency: max } = settings.options;
      return make(
        'Scaling',
        {
          min: range.min,
          max: max ?? range.min,
          resourceId,
          dimension: 'sagemaker:variant:DesiredProvisionedConcurrency',
          predefinedMetric: 'SageMakerVariantProvisionedConcurrencyUtilization',
          target: PROVISIONED_UTILIZATION,
        },
        ({ minReplicas: min = range.min }) => ({ min, max: Math.max(min, max ?? min) }),
      );
    }
    case 'asynchronous':
      return make('Scaling', {
        ...range,
        resourceId,
        dimension: 'sagemaker:variant:DesiredInstanceCount',
        customMetric: {
          namespace: 'AWS/SageMaker',
          metricName: 'ApproximateBacklogSizePerInstance',
          dimensions: [{ name: 'EndpointName', value: endpointName }],
          statistic: 'Average',
        },
        target: settings.options.backlogPerInstance ?? DEFAULT_BACKLOG,
        wakeMetric: metrics.queueMetric('HasBacklogWithoutCapacity'),
      });
    case 'inferenceComponents':
      return make('Scaling', {
        ...range,
        resourceId: `inference-component/${endpointName}`,
        dimension: 'sagemaker:inference-component:DesiredCopyCount',
        predefinedMetric: 'SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution',
        target: settings.options.targetConcurrency ?? DEFAULT_CONCURRENCY,
        wakeMetric: metrics.metric('NoCapacityInvocationFailures', { statistic: 'Maximum' }),
      });
  }
}
