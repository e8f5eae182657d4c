import type { ComputeSecurityPolicy } from '@cdktf/provider-google/lib/compute-security-policy';
import type { Construct } from 'constructs';
import type { Model } from '../../../model/model.js';
import { takesText } from '../../../model/takes-text.js';
import { DEFAULT_WEB_ACL_REQUESTS } from '../../../serving/defaults.js';
import { choice, required, STRING } from '../../../serving/validation/prop-types.js';
import type { Range, Validator } from '../../../serving/validation/validator.js';
import { MANAGED_WEB_ACL } from '../../../serving/validation/web-acl.js';
import { google } from '../../../terraform/bindings/google.js';
import type { ManagedWebAclOptions, WebAcl } from '../../web-acl.js';

const LOWEST_PRIORITY = 2_147_483_647;

/**
 * Preconfigured rules, each at the sensitivity with the fewest false positives. Rules against SQL and scripts are left
 * out, because a model server runs neither.
 * https://cloud.google.com/armor/docs/waf-rules
 */
const ATTACKS = ['scannerdetection', 'protocolattack', 'rce', 'lfi'];

/** Rate limit of a rule: https://cloud.google.com/armor/docs/rate-limiting-overview */
const REQUESTS: Range = { min: 1, max: 1_000_000, unit: 'requests', source: 'Cloud Armor' };

/** Type of the prop with a web ACL. */
export const WEB_ACL = choice('WebAcl.managed()', {
  managed: MANAGED_WEB_ACL,
  existing: { policyId: required(STRING) },
});

export function checkWebAcl(validator: Validator, webAcl: WebAcl | undefined): void {
  if (webAcl?.settings.kind !== 'managed') return;
  validator.number('webAcl.requestsPerFiveMinutes', webAcl.settings.options.requestsPerFiveMinutes, REQUESTS);
}

/** Creates the security policy of Cloud Armor for `WebAcl.managed()`. */
export function makeSecurityPolicy(
  scope: Construct,
  common: { readonly name: string; readonly project?: string },
  options: ManagedWebAclOptions,
  model: Model,
): ComputeSecurityPolicy {
  const anyone = { versionedExpr: 'SRC_IPS_V1', config: { srcIpRanges: ['*'] } };
  return new google.ComputeSecurityPolicy(scope, 'SecurityPolicy', {
    ...common,
    rule: [
      ...ATTACKS.map((attack, index) => ({
        priority: 1000 + index,
        action: 'deny(403)',
        preview: takesText(model.manifest),
        description: `Preconfigured rules: ${attack}`,
        match: { expr: { expression: `evaluatePreconfiguredWaf('${attack}-v33-stable', {'sensitivity': 1})` } },
      })),
      {
        priority: 2000,
        action: 'throttle',
        description: 'Requests of one address',
        match: anyone,
        rateLimitOptions: {
          conformAction: 'allow',
          exceedAction: 'deny(429)',
          enforceOnKey: 'IP',
          rateLimitThreshold: { count: options.requestsPerFiveMinutes ?? DEFAULT_WEB_ACL_REQUESTS, intervalSec: 300 },
        },
      },
      { priority: LOWEST_PRIORITY, action: 'allow', description: 'Default', match: anyone },
    ],
  });
}
