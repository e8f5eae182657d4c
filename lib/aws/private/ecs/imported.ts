import type { Construct } from 'constructs';
import type { ContainerModelAttributes } from '../../imported-endpoint.js';
import { HTTP_STAGE } from '../shared/http-stage.js';
import { grantApi, type ImportedBehavior, type MetricNames, namedMetrics } from '../shared/imported-endpoint.js';

const METRICS: MetricNames = {
  namespace: 'AWS/ApplicationELB',
  requests: 'RequestCount',
  errors: 'HTTPCode_Target_5XX_Count',
  latency: 'TargetResponseTime',
};

/** Returns the behavior of an imported service. */
export function importedService(
  endpoint: Construct,
  { url, loadBalancerFullName, targetGroupFullName, httpApiId }: ContainerModelAttributes,
): ImportedBehavior {
  return {
    url,
    metrics: namedMetrics(endpoint, METRICS, {
      LoadBalancer: loadBalancerFullName,
      ...(targetGroupFullName === undefined ? {} : { TargetGroup: targetGroupFullName }),
    }),
    grant: (grantee) => {
      if (httpApiId !== undefined) return grantApi(endpoint, grantee, httpApiId, HTTP_STAGE);
      throw new Error(
        `${endpoint.node.path}: grantInvoke() needs the attribute \`httpApiId\`, because IAM authorizes callers of the API ` +
          'only. Without the API the security groups of the load balancer allow callers',
      );
    },
  };
}
