import type { ContainerAppEnvironment } from '@cdktf/provider-azurerm/lib/container-app-environment';
import { Construct } from 'constructs';
import { azurerm } from '../../../terraform/bindings/azurerm.js';
import { GenericResource } from '../../../terraform/generic.js';
import type { ContainerAppsOptions } from '../../host.js';
import { azapi } from '../shared/azapi.js';
import type { Placement } from '../shared/placement.js';
import type { Telemetry } from '../shared/telemetry.js';

/** The workload profile of apps without a GPU, and its type. */
export const CONSUMPTION = 'Consumption';
/** The workload profile of apps with one. */
export const GPU_PROFILE = 'gpu';

const INSIGHTS = 'appInsights';

/** Where container apps run: a network, workload profiles, and an agent that passes their traces on. */
export class AppEnvironment extends Construct {
  readonly resource: ContainerAppEnvironment;
  /** Turns the agent on. What starts before it does not learn where the agent is. */
  readonly agent: GenericResource;

  constructor(
    scope: Construct,
    id: string,
    name: string,
    placement: Placement,
    telemetry: Telemetry,
    options: ContainerAppsOptions,
  ) {
    super(scope, id);
    this.resource = new azurerm.ContainerAppEnvironment(this, 'Resource', {
      ...placement.common,
      name,
      // By a diagnostic setting, which needs no key of the workspace as the other way does.
      logsDestination: 'azure-monitor',
      infrastructureSubnetId: options.subnet?.id,
      internalLoadBalancerEnabled: options.subnet ? (options.internal ?? false) : undefined,
      // Azure names the group of an environment in a subnet, and a change of the name would replace the environment:
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
    // azurerm knows the environment without its agent.
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
