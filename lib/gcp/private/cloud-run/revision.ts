import type {
  CloudRunV2ServiceTemplate,
  CloudRunV2ServiceTraffic,
} from '@cdktf/provider-google/lib/cloud-run-v2-service';
import { Fn, Lazy, Token } from 'cdktf';
import type { Construct } from 'constructs';
import { contentHash } from '../../../terraform/content-hash.js';
import { shortHash } from '../../../terraform/names.js';
import type { ServerlessModelProps } from '../../serverless-props.js';

const SUFFIX_LENGTH = 12;

/**
 * Returns a revision name that changes with the template, because Cloud Run rejects changes to an existing revision.
 * A name known in advance can be used in the traffic split. Reading it from the service would be a cycle in Terraform.
 *
 * @param inputs user-supplied values that may be known only at apply. Their resolved values are part of the hash.
 */
export function revisionName(
  scope: Construct,
  service: string,
  template: CloudRunV2ServiceTemplate,
  inputs: readonly string[],
): string {
  // The hash is lazy because references in the template get their final names only at synthesis.
  const hash = Lazy.stringValue({
    produce: (context) => shortHash(JSON.stringify(context.resolve(template)), SUFFIX_LENGTH),
  });
  const late = inputs.filter((input) => Token.isUnresolved(input));
  const suffix = late.length === 0 ? hash : contentHash(scope, 'RevisionHash', [hash, ...late], SUFFIX_LENGTH);
  return `${service}-${suffix}`;
}

const CANARY_TAG = 'canary';

const BY_REVISION = 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION';

/** Returns the traffic split. During a canary rollout each revision has a tag, and therefore its own URL. */
export function revisionTraffic(revision: string, props: ServerlessModelProps): CloudRunV2ServiceTraffic[] {
  const canary = props.rollout?.canaryOptions;
  // The revision is selected by name, because a rollback reuses an earlier revision that is not the latest.
  if (!canary) return [{ type: BY_REVISION, revision, percent: 100 }];
  return [
    { type: BY_REVISION, revision: props.stableRevision, percent: 100 - canary.percent, tag: 'stable' },
    { type: BY_REVISION, revision, percent: canary.percent, tag: CANARY_TAG },
  ];
}

/**
 * Returns the URL of the canary, whose tag precedes the host of the service:
 * https://docs.cloud.google.com/run/docs/rollouts-rollbacks-traffic-migration#tags
 */
export function tagUrl(serviceUrl: string): string {
  return Fn.replace(serviceUrl, 'https://', `https://${CANARY_TAG}---`);
}
