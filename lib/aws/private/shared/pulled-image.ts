import { Arn, ArnFormat, Stack, Token } from 'aws-cdk-lib';
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import type { Construct } from 'constructs';

/** Image in a registry, with the ECR details needed to pull it. */
export interface PulledImage {
  /** Image reference with its registry, repository, and tag or digest. */
  readonly uri: string;
  /** ARN of the ECR repository. Set if the image is in ECR. */
  readonly repositoryArn?: string;
  /** Region of the ECR repository. Set if it is known at synthesis. */
  readonly region?: string;
}

/**
 * Pattern of an ECR image reference. Hosts use `dkr.ecr`, also for FIPS endpoints, or `dkr-ecr` for dual-stack
 * endpoints: https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-requests.html
 */
const ECR = /^(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.([a-z0-9.-]+)\/([^:@]+)/;

/** Domain suffixes of ECR hosts: the suffix of each AWS partition, and those of dual-stack endpoints. */
const ECR_DOMAINS = new Set([
  ...RegionInfo.regions.map(({ domainSuffix }) => domainSuffix),
  'on.aws',
  'on.amazonwebservices.com.cn',
]);

/** Parses an image reference. The result includes repository and region if the image is in ECR. */
export function pulledImage(scope: Construct, uri: string): PulledImage {
  const [, account, region, domain, resourceName] = ECR.exec(uri) ?? [];
  if (!ECR_DOMAINS.has(domain)) return { uri };
  const repositoryArn = Arn.format(
    { service: 'ecr', account, region, resource: 'repository', resourceName, arnFormat: ArnFormat.SLASH_RESOURCE_NAME },
    Stack.of(scope),
  );
  return { uri, repositoryArn, region };
}

/** Whether the image is known to be in ECR of another region, which VPC endpoints cannot reach. */
export function isOfAnotherRegion(scope: Construct, { region }: PulledImage): boolean {
  const here = Stack.of(scope).region;
  return region !== undefined && !Token.isUnresolved(here) && region !== here;
}

/** Policy statements that allow an identity to pull an image. */
export function pullStatements({ repositoryArn }: PulledImage): PolicyStatement[] {
  if (repositoryArn === undefined) return [];
  return [
    new PolicyStatement({
      actions: ['ecr:BatchCheckLayerAvailability', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchGetImage'],
      resources: [repositoryArn],
    }),
    // An authorization token is valid for the whole registry, so the action supports no resource-level permissions.
    new PolicyStatement({ actions: ['ecr:GetAuthorizationToken'], resources: ['*'] }),
  ];
}

/** Grants `grantee` permission to pull the image. */
export function grantPull(image: PulledImage, grantee: IGrantable): void {
  for (const statement of pullStatements(image)) grantee.grantPrincipal.addToPrincipalPolicy(statement);
}
