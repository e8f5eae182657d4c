import type { ContainerAppEnvironment } from '@cdktf/provider-azurerm/lib/container-app-environment';
import { Construct } from 'constructs';
import { azurerm } from '../../../terraform/bindings/azurerm.js';
import { GenericResource } from '../../../terraform/generic.js';
import type { ContainerAppsOptions } from '../../host-options.js';
import { azapi } from '../shared/azapi.js';
import type { Placement } from '../shared/placement.js';
import type { Telemetry } from '../shared/telemetry.js';

/** Name and type of the workload profile of apps without a GPU. */
export const CONSUMPTION = 'Consumption';
/** Name of the workload profile of apps with a GPU. */
export const GPU_PROFILE = 'gpu';

const INSIGHTS = 'appInsights';

interface AppEnvironmentProps {
  readonly name: string;
  readonly placement: Placement;
  readonly telemetry: Telemetry;
  readonly options: Pick<ContainerAppsOptions, 'subnet' | 'internal' | 'gpu'>;
}

/** Environment of container apps: a network, workload profiles, and an agent that forwards their traces. */
export class AppEnvironment extends Construct {
  readonly resource: ContainerAppEnvironment;
  /** Update that enables the agent. Apps that start earlier do not get the agent's address. */
  readonly agent: GenericResource;

  constructor(scope: Construct, id: string, { name, placement, telemetry, options }: AppEnvironmentProps) {
    super(scope, id);
    this.resource = new azurerm.ContainerAppEnvironment(this, 'Resource', {
      ...placement.common,
      name,
      // Logs use a diagnostic setting, because the other destination needs a key of the workspace.
      logsDestination: 'azure-monitor',
      infrastructureSubnetId: options.subnet?.id,
      internalLoadBalancerEnabled: options.subnet ? (options.internal ?? false) : undefined,
      // Azure names the resource group of an environment in a subnet. A changed name would replace the environment:
      // https://github.com/hashicorp/terraform-provider-azurerm/issues/27481
      lifecycle: { ignoreChanges: ['infrastructure_resource_group_name'] },
      workloadProfile: [
        { name: CONSUMPTION, workloadProfileType: CONSUMPTION },
        ...(options.gpu ? [{ name: GPU_PROFILE, workloadProfileType: options.gpu.profileType }] : []),
      ],
    });
    new azurerm.MonitorDiagnosticSetting(this, 'Logs', {
      name: 'modelship',
      targetResourceId: this.resource.id,
      logAnalyticsWorkspaceId: telemetry.logs.id,
      enabledLog: [{ category: 'ContainerAppConsoleLogs' }, { category: 'ContainerAppSystemLogs' }],
    });
    // azurerm does not support the agent of an environment.
    this.agent = new GenericResource(this, 'Agent', {
      type: 'azapi_update_resource',
      provider: azapi(this),
      attributes: {
        type: 'Microsoft.App/managedEnvironments@2024-10-02-preview',
        resource_id: this.resource.id,
        body: {
          properties: {
            appInsightsConfiguration: { connectionString: telemetry.insights.connectionString },
            openTelemetryConfiguration: { tracesConfiguration: { destinations: [INSIGHTS] } },
          },
        },
      },
    });
  }
}
