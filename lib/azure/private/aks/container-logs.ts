import type { MonitorDataCollectionRule } from '@cdktf/provider-azurerm/lib/monitor-data-collection-rule';
import type { MonitorDataCollectionRuleAssociation } from '@cdktf/provider-azurerm/lib/monitor-data-collection-rule-association';
import { Construct } from 'constructs';
import { azurerm } from '../../../terraform/bindings/azurerm.js';
import { groupName } from '../shared/names.js';
import type { Placement } from '../shared/placement.js';
import type { Telemetry } from '../shared/telemetry.js';
import type { ManagedCluster } from './cluster.js';

const NAME_LENGTH = 60;
const STREAMS = ['Microsoft-ContainerInsights-Group-Default'];
const DESTINATION = 'logs';

interface ContainerLogsProps {
  readonly placement: Placement;
  readonly telemetry: Telemetry;
  readonly cluster: ManagedCluster;
}

/**
 * Collection of logs and events of a cluster's pods in Log Analytics. The cluster's agent collects nothing without a
 * rule: https://learn.microsoft.com/azure/azure-monitor/containers/kubernetes-monitoring-enable
 */
export class ContainerLogs extends Construct {
  readonly rule: MonitorDataCollectionRule;
  readonly association: MonitorDataCollectionRuleAssociation;

  constructor(scope: Construct, id: string, { placement, telemetry, cluster }: ContainerLogsProps) {
    super(scope, id);
    this.rule = new azurerm.MonitorDataCollectionRule(this, 'Rule', {
      ...placement.common,
      name: groupName(this, NAME_LENGTH),
      kind: 'Linux',
      dataSources: {
        extension: [
          {
            name: 'ContainerInsightsExtension',
            extensionName: 'ContainerInsights',
            streams: STREAMS,
            extensionJson: JSON.stringify({
              dataCollectionSettings: { interval: '1m', namespaceFilteringMode: 'Off', enableContainerLogV2: true },
            }),
          },
        ],
      },
      destinations: { logAnalytics: [{ name: DESTINATION, workspaceResourceId: telemetry.logs.id }] },
      dataFlow: [{ streams: STREAMS, destinations: [DESTINATION] }],
    });
    this.association = new azurerm.MonitorDataCollectionRuleAssociation(this, 'Association', {
      // The agent looks for this name.
      name: 'ContainerInsightsExtension',
      targetResourceId: cluster.cluster.id,
      dataCollectionRuleId: this.rule.id,
    });
  }
}
