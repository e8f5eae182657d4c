import type {
  CloudRunV2ServiceTemplate,
  CloudRunV2ServiceTraffic,
} from '@cdktf/provider-google/lib/cloud-run-v2-service';
import { Lazy, Token } from 'cdktf';
import type { Construct } from 'constructs';
import { contentHash } from '../../../terraform/content-hash.js';
import type { ServerlessModelProps } from '../../serverless-props.js';
import { shortHash } from '../shared/names.js';

const SUFFIX_LENGTH = 12;

/**
 * A name that differs whenever the revision does: Cloud Run refuses to change a revision, and a name made beforehand
 * lets traffic be split without asking the service for its own revisions, which Terraform would see as a cycle.
 *
 * @param inputs what the caller gave and may know only at apply; its value then counts too
 */
export function revisionName(
  scope: Construct,
  service: string,
  template: CloudRunV2ServiceTemplate,
  inputs: readonly string[],
): string {
  // Late, because the references in the template have their final names only at synthesis.
  const hash = Lazy.stringValue({
    produce: (context) => shortHash(JSON.stringify(context.resolve(template)), SUFFIX_LENGTH),
  });
  const late = inputs.filter((input) => Token.isUnresolved(input));
  const suffix = late.length === 0 ? hash : contentHash(scope, 'RevisionHash', [hash, ...late], SUFFIX_LENGTH);
  return `${service}-${suffix}`;
}

const BY_REVISION = 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION';

/** Who gets how much of the traffic. During a canary each side has a tag, and with it a URL of its own. */
export function revisionTraffic(revision: string, props: ServerlessModelProps): CloudRunV2ServiceTraffic[] {
  const canary = props.rollout?.canaryOptions;
  // By name, because a way back uses the name of an earlier revision, which is then not the latest.
  if (!canary) return [{ type: BY_REVISION, revision, percent: 100 }];
  return [
    { type: BY_REVISION, revision: props.stableRevision, percent: 100 - canary.percent, tag: 'stable' },
    { type: BY_REVISION, revision, percent: canary.percent, tag: 'canary' },
  ];
}
