import { Construct } from 'constructs';
import { azurerm } from '../../../terraform/bindings/azurerm.js';
import type { AzureResourceGroup, AzureServingProps } from '../../props.js';
import { groupName } from './names.js';
import { adviseProvider, hasFeature, requireAzurerm } from './provider.js';

/**
 * Maximum length of a resource group name:
 * https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules
 */
const RESOURCE_GROUP_NAME_LENGTH = 90;

/** Resource group, region and tags of an endpoint's resources. */
export class Placement extends Construct {
  /** Given or new resource group. */
  readonly resourceGroup: AzureResourceGroup;
  readonly location: string;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: AzureServingProps,
  ) {
    super(scope, id);
    requireAzurerm(this);
    this.resourceGroup =
      props.resourceGroup ??
      new azurerm.ResourceGroup(this, 'ResourceGroup', {
        name: groupName(scope, RESOURCE_GROUP_NAME_LENGTH),
        location: props.location!,
        tags: props.tags,
      });
    if (!props.resourceGroup) {
      adviseProvider(this, (provider) =>
        hasFeature(provider, 'applicationInsights', 'disableGeneratedRule', true) ||
        hasFeature(provider, 'resourceGroup', 'preventDeletionIfContainsResources', false)
          ? undefined
          : 'terraform destroy fails at the resource group, because Azure adds an alert rule for Application ' +
            'Insights to it; set ' +
            'features: AZURERM_FEATURES of modelship/azure',
      );
    }
    this.location = props.location ?? this.resourceGroup.location;
  }

  /** Properties that nearly every azurerm resource takes. */
  get common() {
    return { resourceGroupName: this.resourceGroup.name, location: this.location, tags: this.props.tags };
  }
}
