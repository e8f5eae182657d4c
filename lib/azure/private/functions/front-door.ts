import type { CdnFrontdoorCustomDomain } from '@cdktf/provider-azurerm/lib/cdn-frontdoor-custom-domain';
import type { CdnFrontdoorEndpoint } from '@cdktf/provider-azurerm/lib/cdn-frontdoor-endpoint';
import type { CdnFrontdoorFirewallPolicy } from '@cdktf/provider-azurerm/lib/cdn-frontdoor-firewall-policy';
import type { CdnFrontdoorProfile } from '@cdktf/provider-azurerm/lib/cdn-frontdoor-profile';
import type { CdnFrontdoorSecurityPolicy } from '@cdktf/provider-azurerm/lib/cdn-frontdoor-security-policy';
import { Construct } from 'constructs';
import { takesText } from '../../../model/takes-text.js';
import { DEFAULT_WEB_ACL_REQUESTS } from '../../../serving/defaults.js';
import { azurerm } from '../../../terraform/bindings/azurerm.js';
import { textHash } from '../../../terraform/content-hash.js';
import type { AzureServerlessProps } from '../../props.js';
import type { ManagedWebAclOptions } from '../../web-acl.js';
import { groupName } from '../shared/names.js';
import type { Placement } from '../shared/placement.js';
import { FUNCTIONS } from './limits.js';

const NAME_LENGTH = 46;
const EVERYTHING = ['/*'];

interface FrontDoorProps {
  readonly placement: Placement;
  readonly props: AzureServerlessProps;
  readonly timeoutSeconds: number;
}

/** Azure Front Door in front of a function app. It terminates TLS for a domain, and checks requests by a firewall policy. */
export class FrontDoor extends Construct {
  readonly profile: CdnFrontdoorProfile;
  readonly endpoint: CdnFrontdoorEndpoint;
  /** Domain, whose `validationToken` a TXT record must contain. Set if `domainName` is set. */
  readonly domain?: CdnFrontdoorCustomDomain;
  /** Policy that checks requests. Set with `WebAcl.managed()`. */
  readonly firewall?: CdnFrontdoorFirewallPolicy;

  private readonly name: string;
  /** Name of what belongs to the domain: another domain has another one. */
  private readonly domainPart: string;
  private readonly protection?: CdnFrontdoorSecurityPolicy;

  constructor(
    scope: Construct,
    id: string,
    private readonly options: FrontDoorProps,
  ) {
    super(scope, id);
    const { placement, props, timeoutSeconds } = options;
    const { webAcl, domainName, tags } = props;
    this.name = groupName(scope, NAME_LENGTH);
    this.domainPart = domainName === undefined ? this.name : `${this.name}-${textHash(this, 'DomainHash', domainName)}`;
    this.profile = new azurerm.CdnFrontdoorProfile(this, 'Resource', {
      name: this.name,
      resourceGroupName: placement.resourceGroup.name,
      tags,
      skuName: webAcl ? 'Premium_AzureFrontDoor' : 'Standard_AzureFrontDoor',
      responseTimeoutSeconds: Math.max(timeoutSeconds, FUNCTIONS.frontDoorMinTimeoutSeconds),
    });
    this.endpoint = new azurerm.CdnFrontdoorEndpoint(this, 'Endpoint', {
      name: this.name,
      tags,
      cdnFrontdoorProfileId: this.profile.id,
    });
    if (domainName !== undefined) {
      this.domain = new azurerm.CdnFrontdoorCustomDomain(this, 'Domain', {
        // Under an equal id, the provider would not add the next domain to the route.
        name: this.domainPart,
        cdnFrontdoorProfileId: this.profile.id,
        hostName: domainName,
        tls: { certificateType: 'ManagedCertificate' },
      });
    }
    if (webAcl?.settings.kind === 'managed') this.firewall = this.makeFirewall(webAcl.settings.options);
    if (webAcl) {
      this.protection = this.protect(
        webAcl.settings.kind === 'existing' ? webAcl.settings.policyId : this.firewall!.id,
      );
    }
  }

  /** URL of the endpoint, without a path. */
  get url(): string {
    return `https://${this.options.props.domainName ?? this.endpoint.hostName}`;
  }

  /** Access restrictions of the app that admit only requests through this profile. */
  get restrictions(): object {
    return {
      ipSecurityRestrictionsDefaultAction: 'Deny',
      ipSecurityRestrictions: [
        {
          name: 'FrontDoor',
          priority: 100,
          action: 'Allow',
          tag: 'ServiceTag',
          ipAddress: 'AzureFrontDoor.Backend',
          // All profiles of all customers share the addresses.
          headers: { 'x-azure-fdid': [this.profile.resourceGuid] },
        },
      ],
    };
  }

  /** Sends the requests to the app with this host name. */
  serve(hostName: string): void {
    const { name, domain } = this;
    // Requests arrive only after the firewall checks them, and a domain leaves the route before its firewall is removed.
    const dependsOn = this.protection && [this.protection];
    const group = new azurerm.CdnFrontdoorOriginGroup(this, 'Group', {
      name,
      cdnFrontdoorProfileId: this.profile.id,
      sessionAffinityEnabled: false,
      // There is no health probe, because it would keep an instance running.
      loadBalancing: {},
    });
    const origin = new azurerm.CdnFrontdoorOrigin(this, 'Origin', {
      name,
      cdnFrontdoorOriginGroupId: group.id,
      enabled: true,
      certificateNameCheckEnabled: true,
      hostName,
      originHostHeader: hostName,
    });
    const route = new azurerm.CdnFrontdoorRoute(this, 'Route', {
      name,
      cdnFrontdoorEndpointId: this.endpoint.id,
      cdnFrontdoorOriginGroupId: group.id,
      cdnFrontdoorOriginIds: [origin.id],
      cdnFrontdoorCustomDomainIds: domain && [domain.id],
      supportedProtocols: ['Https'],
      httpsRedirectEnabled: false,
      forwardingProtocol: 'HttpsOnly',
      patternsToMatch: EVERYTHING,
      linkToDefaultDomain: domain === undefined,
      dependsOn,
    });
    if (domain) {
      new azurerm.CdnFrontdoorCustomDomainAssociation(this, 'Association', {
        cdnFrontdoorCustomDomainId: domain.id,
        cdnFrontdoorRouteIds: [route.id],
        dependsOn,
      });
    }
  }

  private makeFirewall({ requestsPerFiveMinutes }: ManagedWebAclOptions): CdnFrontdoorFirewallPolicy {
    const { placement, props } = this.options;
    return new azurerm.CdnFrontdoorFirewallPolicy(this, 'Firewall', {
      name: this.name.replaceAll('-', ''),
      resourceGroupName: placement.resourceGroup.name,
      tags: props.tags,
      skuName: this.profile.skuNameInput!,
      mode: 'Prevention',
      customRule: [
        {
          name: 'RequestsOfOneAddress',
          type: 'RateLimitRule',
          action: 'Block',
          priority: 100,
          enabled: true,
          rateLimitDurationInMinutes: 5,
          rateLimitThreshold: requestsPerFiveMinutes ?? DEFAULT_WEB_ACL_REQUESTS,
          matchCondition: [{ matchVariable: 'RemoteAddr', operator: 'IPMatch', matchValues: ['0.0.0.0/0', '::/0'] }],
        },
      ],
      managedRule: [
        { type: 'Microsoft_DefaultRuleSet', version: '2.1', action: takesText(props.model.manifest) ? 'Log' : 'Block' },
        { type: 'Microsoft_BotManagerRuleSet', version: '1.1', action: 'Block' },
      ],
    });
  }

  private protect(cdnFrontdoorFirewallPolicyId: string): CdnFrontdoorSecurityPolicy {
    const ids = [this.endpoint.id, ...(this.domain ? [this.domain.id] : [])];
    return new azurerm.CdnFrontdoorSecurityPolicy(this, 'Protection', {
      // Azure deletes no domain that a security policy contains, and Terraform deletes a domain before it updates the policy.
      // A name for each domain makes Terraform replace the policy, which it deletes before the domain.
      name: this.domainPart,
      cdnFrontdoorProfileId: this.profile.id,
      securityPolicies: {
        firewall: {
          cdnFrontdoorFirewallPolicyId,
          association: {
            domain: ids.map((cdnFrontdoorDomainId) => ({ cdnFrontdoorDomainId })),
            patternsToMatch: EVERYTHING,
          },
        },
      },
    });
  }
}
