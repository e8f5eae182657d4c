import { Arn, ArnFormat, Stack, Token } from 'aws-cdk-lib';
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import type { Construct } from 'constructs';

/** An image in a registry, and what it takes to pull it. */
export interface PulledImage {
  readonly uri: string;
  /** Set if it is in ECR. */
  readonly repositoryArn?: string;
  /** Set if it is in ECR and that is known at synth. */
  readonly region?: string;
}

/** `dkr.ecr`, also as FIPS endpoint, and `dkr-ecr`, the dual-stack endpoint: https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-requests.html */
const ECR = /^(\d{12})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.([a-z0-9.-]+)\/([^:@]+)/;

/** Domains of ECR's hosts: those of each partition of AWS, and of dual-stack endpoints. */
const ECR_DOMAINS = new Set([
  ...RegionInfo.regions.map(({ domainSuffix }) => domainSuffix),
  'on.aws',
  'on.amazonwebservices.com.cn',
]);

/** Reads the repository out of an image reference, if it is one of ECR's. */
export function pulledImage(scope: Construct, uri: string): PulledImage {
  const [, account, region, domain, resourceName] = ECR.exec(uri) ?? [];
  if (!ECR_DOMAINS.has(domain)) return { uri };
  const repositoryArn = Arn.format(
    { service: 'ecr', account, region, resource: 'repository', resourceName, arnFormat: ArnFormat.SLASH_RESOURCE_NAME },
    Stack.of(scope),
  );
  return { uri, repositoryArn, region };
}

/** Whether it is known to be in ECR of another region, which no endpoint of a VPC leads to. */
export function isOfAnotherRegion(scope: Construct, { region }: PulledImage): boolean {
  const here = Stack.of(scope).region;
  return region !== undefined && !Token.isUnresolved(here) && region !== here;
}

/** The statements that pulling takes, for the identity that pulls. */
export function pullStatements({ repositoryArn }: PulledImage): PolicyStatement[] {
  if (repositoryArn === undefined) return [];
  return [
    new PolicyStatement({
      actions: ['ecr:BatchCheckLayerAvailability', 'ecr:GetDownloadUrlForLayer', 'ecr:BatchGetImage'],
      resources: [repositoryArn],
    }),
    // A token is for the whole registry: the action knows no resource.
    new PolicyStatement({ actions: ['ecr:GetAuthorizationToken'], resources: ['*'] }),
  ];
}

export function grantPull(image: PulledImage, grantee: IGrantable): void {
  for (const statement of pullStatements(image)) grantee.grantPrincipal.addToPrincipalPolicy(statement);
}
