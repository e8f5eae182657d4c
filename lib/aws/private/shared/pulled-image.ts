import { Arn, ArnFormat, Stack, Token } from 'aws-cdk-lib';
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';

/** An image in a registry, and what it takes to pull it. */
export interface PulledImage {
  readonly uri: string;
  /** Set if it is in ECR. */
  readonly repositoryArn?: string;
  /** Set if it is in ECR and that is known at synth. */
  readonly region?: string;
}

const ECR = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?\/([^:@]+)/;

/** Reads the repository out of an image reference, if it is one of ECR's. */
export function pulledImage(scope: Construct, uri: string): PulledImage {
  const [, account, region, resourceName] = ECR.exec(uri) ?? [];
  if (resourceName === undefined) return { uri };
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
