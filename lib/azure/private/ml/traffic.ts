import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { Rollout } from '../../../serving/rollout.js';
import { GenericResource } from '../../../terraform/generic.js';
import type { ManagedEndpointModelProps } from '../../managed-endpoint-props.js';
import { azapi } from '../shared/azapi.js';
import { ENDPOINT_TYPE } from './api.js';
import { deploymentName, type MlDeployment } from './deployment.js';

export const FULL = 100;
/**
 * Resource type of the action that removes the traffic on destroy. Keep its version when `ML_API` changes: another type
 * would make azapi recreate the action, which runs it and stops all traffic.
 */
const STOP_TYPE = 'Microsoft.MachineLearningServices/workspaces/onlineEndpoints@2025-06-01';

/** Properties of an online endpoint, except its traffic. */
export interface MlEndpointDefinition {
  readonly location: string;
  readonly tags?: { [name: string]: string };
  readonly identityId: string;
  readonly properties: { readonly authMode: string; readonly publicNetworkAccess: string };
}

/** Returns the share of `model` in percent: the canary's share, 0 while it is mirrored, otherwise 100. */
export function ownPercent({ rollout = Rollout.allAtOnce(), mirrorPercent }: ManagedEndpointModelProps): number {
  if (mirrorPercent !== undefined) return 0;
  return rollout.canaryOptions?.percent ?? FULL;
}

/** Returns the share of each version in `stableModels` in percent. A version without one gets the rest. */
export function stablePercents(props: ManagedEndpointModelProps): number[] {
  return (props.stableModels ?? []).map(({ trafficPercent = FULL - ownPercent(props) }) => trafficPercent);
}

function traffic(props: ManagedEndpointModelProps): { [deployment: string]: number } {
  const percents = stablePercents(props);
  const others = (props.stableModels ?? []).map(({ model, versionSalt }, index) => [
    deploymentName(model, versionSalt),
    percents[index],
  ]);
  return Object.fromEntries([[deploymentName(props.model, props.versionSalt), ownPercent(props)], ...others]);
}

interface MlTrafficProps {
  readonly endpoint: GenericResource;
  readonly definition: MlEndpointDefinition;
  readonly props: ManagedEndpointModelProps;
  readonly deployments: readonly MlDeployment[];
}

/** Traffic split of the endpoint. Traffic moves after the deployments exist, and is removed before their deletion. */
export class MlTraffic extends Construct {
  readonly move: GenericResource;
  readonly stop: GenericResource;

  constructor(scope: Construct, id: string, { endpoint, definition, props, deployments }: MlTrafficProps) {
    super(scope, id);
    const { model, versionSalt, mirrorPercent } = props;
    this.move = this.put('Move', endpoint, definition, {
      when: 'apply',
      traffic: traffic(props),
      mirrorTraffic: mirrorPercent ? { [deploymentName(model, versionSalt)]: mirrorPercent } : {},
      dependsOn: deployments.map(({ resource }) => resource),
    });
    // Azure ML refuses to delete a deployment that has traffic.
    this.stop = this.put('Stop', endpoint, definition, {
      when: 'destroy',
      traffic: {},
      mirrorTraffic: {},
      dependsOn: [this.move],
    });
  }

  /**
   * Sends a PUT of the whole endpoint, because its traffic has no resource of its own. `azapi_update_resource` would
   * merge the new shares with those of deleted versions. `azapi_resource` runs before the deployments exist, so it
   * cannot name them.
   */
  private put(
    id: string,
    endpoint: GenericResource,
    { location, tags, identityId, properties }: MlEndpointDefinition,
    options: {
      readonly when: 'apply' | 'destroy';
      readonly traffic: object;
      readonly mirrorTraffic: object;
      readonly dependsOn: ITerraformDependable[];
    },
  ): GenericResource {
    return new GenericResource(this, id, {
      type: 'azapi_resource_action',
      provider: azapi(this),
      attributes: {
        type: options.when === 'destroy' ? STOP_TYPE : ENDPOINT_TYPE,
        resource_id: endpoint.id,
        method: 'PUT',
        when: options.when,
        body: {
          location,
          tags,
          identity: { type: 'UserAssigned', userAssignedIdentities: { [identityId]: {} } },
          properties: { ...properties, traffic: options.traffic, mirrorTraffic: options.mirrorTraffic },
        },
      },
      dependsOn: options.dependsOn,
    });
  }
}
