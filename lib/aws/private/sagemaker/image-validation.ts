import { Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Validator } from '../../../serving/validation.js';
import type { PulledImage } from '../pulled-image.js';

/** @throws ValidationError if SageMaker cannot pull the image */
export function requireEcr(
  construct: string,
  scope: Construct,
  { uri, repositoryArn, region: imageRegion }: PulledImage,
): void {
  const validator = new Validator(`${construct} at ${scope.node.path}`, Token.isUnresolved);
  validator.check(
    repositoryArn !== undefined || Token.isUnresolved(uri),
    'image',
    'NOT_IN_ECR',
    `got ${uri}; SageMaker pulls from ECR only. Copy the image into a repository of yours, or take a deep-learning ` +
      'container of AWS, such as 763104351884.dkr.ecr.eu-west-1.amazonaws.com/…',
  );
  const region = Stack.of(scope).region;
  validator.check(
    imageRegion === undefined || Token.isUnresolved(region) || imageRegion === region,
    'image',
    'WRONG_REGION',
    `got one in ${imageRegion}; SageMaker in ${region} pulls from ECR in ${region} only. Let ECR replicate it there`,
  );
  validator.throwIfAny();
}
