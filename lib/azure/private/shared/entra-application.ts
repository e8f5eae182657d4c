import { ENVIRONMENT } from '@modelship/runtime/contract';
import { Construct } from 'constructs';
import { GenericResource } from '../../../terraform/generic.js';
import { azuread } from './azapi.js';
import { clientConfig, groupName, stableUuid } from './names.js';
import { requireCloudIdentity, requirePrincipal } from './principal.js';

const DISPLAY_NAME_LENGTH = 120;
/** Application id of the Azure CLI, the same in every tenant. */
const AZURE_CLI = '04b07795-8ddb-461a-bbee-02f9e1bf7b46';

/**
 * Allows a principal to invoke the model of `endpoint`.
 *
 * @throws Error if there is no application, because the endpoint's access is not `Access.cloudIdentity()`
 */
export function grantInvoke(
  endpoint: Construct,
  application: EntraApplication | undefined,
  id: string,
  principalId: string,
): GenericResource {
  requireCloudIdentity(endpoint, application !== undefined);
  return application!.grantInvoke(endpoint, `Invoke-${id}`, requirePrincipal(endpoint, principalId));
}

/**
 * Microsoft Entra ID application that represents the model. Only principals assigned to its one role can get a token
 * for it.
 */
export class EntraApplication extends Construct {
  readonly application: GenericResource;
  readonly servicePrincipal: GenericResource;
  private readonly roleId: string;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.roleId = stableUuid(`${this.node.path}/invoke`);
    const scopeId = stableUuid(`${this.node.path}/scope`);
    this.application = new GenericResource(this, 'Application', {
      type: 'azuread_application',
      provider: azuread(this),
      attributes: {
        display_name: groupName(scope, DISPLAY_NAME_LENGTH),
        sign_in_audience: 'AzureADMyOrg',
        api: [
          {
            requested_access_token_version: 2,
            oauth2_permission_scope: [
              {
                id: scopeId,
                type: 'Admin',
                value: 'invoke',
                admin_consent_display_name: 'Invoke',
                admin_consent_description: 'Invoke the model on behalf of an authorized user',
                enabled: true,
              },
            ],
          },
        ],
        app_role: [
          {
            id: this.roleId,
            allowed_member_types: ['Application', 'User'],
            display_name: 'Invoke',
            description: 'Ask the model',
            value: 'Model.Invoke',
            enabled: true,
          },
        ],
      },
    });
    // Pre-authorizes the Azure CLI, so that users with the role can run `az account get-access-token`. Services get a
    // token with their managed identity.
    new GenericResource(this, 'AzureCli', {
      type: 'azuread_application_pre_authorized',
      provider: azuread(this),
      attributes: { application_id: this.application.id, authorized_client_id: AZURE_CLI, permission_ids: [scopeId] },
    });
    this.servicePrincipal = new GenericResource(this, 'ServicePrincipal', {
      type: 'azuread_service_principal',
      provider: azuread(this),
      attributes: { client_id: this.clientId, app_role_assignment_required: true },
    });
  }

  get clientId(): string {
    return this.application.getStringAttribute('client_id');
  }

  /** Issuer of the tokens, in the tenant of the identity that deploys. */
  get issuer(): string {
    return `https://login.microsoftonline.com/${clientConfig(this).tenantId}/v2.0`;
  }

  /** Environment variables that make the runtime verify the callers' tokens itself. */
  get variables(): { [name: string]: string } {
    return { [ENVIRONMENT.jwtIssuer]: this.issuer, [ENVIRONMENT.jwtAudience]: this.clientId };
  }

  /** Allows a user, group or service principal, given by its object id, to get tokens for the model. */
  grantInvoke(scope: Construct, id: string, principalId: string): GenericResource {
    return new GenericResource(scope, id, {
      type: 'azuread_app_role_assignment',
      provider: azuread(this),
      attributes: {
        app_role_id: this.roleId,
        principal_object_id: principalId,
        resource_object_id: this.servicePrincipal.getStringAttribute('object_id'),
      },
    });
  }
}
