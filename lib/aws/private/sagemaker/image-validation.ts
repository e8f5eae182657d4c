import { Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { isOfAnotherRegion, type PulledImage } from '../shared/pulled-image.js';
import { validatorFor } from '../shared/validator.js';

/**
 * @param prop prop that sets the image
 * @throws ValidationError if SageMaker cannot pull the image
 */
export function requireEcr(construct: string, scope: Construct, prop: string, image: PulledImage): void {
  const { uri, repositoryArn } = image;
  const validator = validatorFor(scope, construct);
  validator.check(
    repositoryArn !== undefined || Token.isUnresolved(uri),
    prop,
    'NOT_IN_ECR',
    `got ${uri}; SageMaker pulls from ECR only. Copy the image into your own repository, or use a deep-learning ` +
      'container of AWS, such as 763104351884.dkr.ecr.eu-west-1.amazonaws.com/…',
  );
  const region = Stack.of(scope).region;
  validator.check(
    !isOfAnotherRegion(scope, image),
    prop,
    'WRONG_REGION',
    `got one in ${image.region}; SageMaker in ${region} pulls from ECR in ${region} only. Replicate the image there`,
  );
  validator.throwIfAny();
}
