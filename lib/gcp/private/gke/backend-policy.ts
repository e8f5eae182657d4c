import type { ComputeSecurityPolicy } from '@cdktf/provider-google/lib/compute-security-policy';
import { Fn, Token } from 'cdktf';
import { Construct } from 'constructs';
import type { ModelWorkload } from '../../../kubernetes/model-workload.js';
import { kubernetes } from '../../../terraform/bindings/kubernetes.js';
import type { ContainerModelProps } from '../../container-props.js';
import type { WebAcl } from '../../web-acl.js';
import { generatedName } from '../shared/names.js';
import { makeSecurityPolicy } from '../shared/security-policy.js';
import type { ClusterAccess } from './cluster.js';

/** Maximum length of a name in Compute Engine. */
const NAME_LENGTH = 63;

interface BackendPoliciesProps {
  readonly cluster: ClusterAccess;
  readonly workload: ModelWorkload;
  readonly webAcl: WebAcl;
  readonly props: ContainerModelProps;
}

/**
 * Web firewall of the load balancer that GKE's Gateway controller creates:
 * https://cloud.google.com/kubernetes-engine/docs/how-to/configure-gateway-resources#configure_cloud_armor
 */
export class BackendPolicies extends Construct {
  /** Security policy that checks requests. Set with `WebAcl.managed()`. */
  readonly securityPolicy?: ComputeSecurityPolicy;

  constructor(scope: Construct, id: string, { cluster, workload, webAcl, props }: BackendPoliciesProps) {
    super(scope, id);
    const { settings } = webAcl;
    if (settings.kind === 'managed') {
      const common = { name: generatedName(scope, NAME_LENGTH), project: props.project };
      this.securityPolicy = makeSecurityPolicy(this, common, settings.options, props.model);
    }
    const securityPolicy = settings.kind === 'existing' ? lastPart(settings.policyId) : this.securityPolicy!.name;
    for (const [track, service] of Object.entries(workload.services)) {
      new kubernetes.Manifest(this, track, {
        provider: cluster.provider,
        manifest: {
          apiVersion: 'networking.gke.io/v1',
          kind: 'GCPBackendPolicy',
          metadata: { name: service.metadata.name, namespace: workload.namespaceName },
          spec: {
            // The log names the rule of the security policy that rejected a request.
            default: { securityPolicy, logging: { enabled: true, sampleRate: 1_000_000 } },
            targetRef: { group: '', kind: 'Service', name: service.metadata.name },
          },
        },
      });
    }
  }
}

/** Returns the name of a resource from its name, self link or id. */
function lastPart(id: string): string {
  return Token.isUnresolved(id) ? Fn.element(Fn.reverse(Fn.split('/', id)), 0) : id.split('/').at(-1)!;
}
