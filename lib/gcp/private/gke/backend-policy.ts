import type { ComputeSecurityPolicy } from '@cdktf/provider-google/lib/compute-security-policy';
import { Fn, Token } from 'cdktf';
import { Construct } from 'constructs';
import type { ModelWorkload } from '../../../kubernetes/model-workload.js';
import type { ContainerModelProps } from '../../container-props.js';
import type { WebAcl } from '../../web-acl.js';
import { COMPUTE_NAME_LENGTH } from '../shared/limits.js';
import { generatedName } from '../shared/names.js';
import { makeSecurityPolicy } from '../shared/security-policy.js';
import type { ClusterAccess } from './cluster.js';
import { addServicePolicies } from './service-policies.js';

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
    const { settings: acl } = webAcl;
    if (acl.kind === 'managed') {
      const common = { name: generatedName(scope, COMPUTE_NAME_LENGTH), project: props.project };
      this.securityPolicy = makeSecurityPolicy(this, common, acl.options, props.model);
    }
    const securityPolicy = acl.kind === 'existing' ? lastPart(acl.policyId) : this.securityPolicy!.name;
    // The log names the rule of the security policy that rejected a request.
    const settings = { securityPolicy, logging: { enabled: true, sampleRate: 1_000_000 } };
    addServicePolicies(this, { cluster, workload, kind: 'GCPBackendPolicy', settings });
  }
}

/** Returns the name of a resource from its name, self link or id. */
function lastPart(id: string): string {
  return Token.isUnresolved(id) ? Fn.element(Fn.reverse(Fn.split('/', id)), 0) : id.split('/').at(-1)!;
}
