import { CfnWebACL, CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';
import { DEFAULT_WEB_ACL_REQUESTS } from '../../../serving/defaults.js';
import type { WebAcl } from '../../serverless-web-acl.js';

export interface FirewallProps {
  readonly webAcl: WebAcl;
  /** ARN of the API stage to protect. */
  readonly resourceArn: string;
  /** Whether requests contain text, which may be HTML, code or URLs. */
  readonly takesText: boolean;
}

/**
 * Rules of the common rule set that detect HTML, paths and URLs in request bodies. Requests to a text model may contain
 * all of these.
 * https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-baseline.html
 */
const TEXT_RULES = ['CrossSiteScripting_BODY', 'EC2MetaDataSSRF_BODY', 'GenericLFI_BODY', 'GenericRFI_BODY'];

/** AWS managed rule groups, each with the rules that only count, because they would block valid requests to a model. */
const MANAGED_RULES: Readonly<Record<string, readonly string[]>> = {
  AWSManagedRulesAmazonIpReputationList: [],
  AWSManagedRulesKnownBadInputsRuleSet: [],
  AWSManagedRulesCommonRuleSet: ['SizeRestrictions_BODY', 'NoUserAgent_HEADER'],
};

/** AWS WAF web ACL in front of an API stage. */
export class Firewall extends Construct {
  /** Set if this construct creates the web ACL. */
  readonly webAcl?: CfnWebACL;
  readonly association: CfnWebACLAssociation;

  constructor(scope: Construct, id: string, { webAcl, resourceArn, takesText }: FirewallProps) {
    super(scope, id);
    const { settings } = webAcl;
    let webAclArn: string;
    if (settings.kind === 'existing') {
      webAclArn = settings.arn;
    } else {
      this.webAcl = new CfnWebACL(this, 'Resource', {
        scope: 'REGIONAL',
        description: 'Protects the API of a model',
        defaultAction: { allow: {} },
        visibilityConfig: visible('WebAcl'),
        rules: rules(settings.options.requestsPerFiveMinutes ?? DEFAULT_WEB_ACL_REQUESTS, takesText),
      });
      webAclArn = this.webAcl.attrArn;
    }
    this.association = new CfnWebACLAssociation(this, 'Association', {
      webAclArn,
      resourceArn,
    });
  }
}

function rules(limit: number, takesText: boolean): CfnWebACL.RuleProperty[] {
  const rate: CfnWebACL.RuleProperty = {
    name: 'RequestsOfOneAddress',
    priority: 0,
    statement: { rateBasedStatement: { limit, aggregateKeyType: 'IP', evaluationWindowSec: 300 } },
    action: { block: { customResponse: { responseCode: 429 } } },
    visibilityConfig: visible('RequestsOfOneAddress'),
  };
  const managed = Object.entries(MANAGED_RULES).map(
    ([name, counted], index): CfnWebACL.RuleProperty => ({
      name,
      priority: index + 1,
      statement: {
        managedRuleGroupStatement: {
          vendorName: 'AWS',
          name,
          ruleActionOverrides: [
            ...counted,
            ...(takesText && name === 'AWSManagedRulesCommonRuleSet' ? TEXT_RULES : []),
          ].map((rule) => ({ name: rule, actionToUse: { count: {} } })),
        },
      },
      overrideAction: { none: {} },
      visibilityConfig: visible(name),
    }),
  );
  return [rate, ...managed];
}

/** Enables metrics but no sampled requests: samples contain the headers, and so credentials. */
function visible(metricName: string): CfnWebACL.VisibilityConfigProperty {
  return { metricName, cloudWatchMetricsEnabled: true, sampledRequestsEnabled: false };
}
