import type { Construct } from 'constructs';
import type { Validator } from '../../../serving/validation/validator.js';
import type { ServerlessFront } from '../../front.js';
import type { ServerlessModelData } from '../../serverless-model-data.js';
import { checkResource } from '../regions/check.js';
import { regionOf } from '../regions/region-of.js';

/** Reports resources known to be unavailable in the region of the stack. */
export function checkRegion(
  validator: Validator,
  scope: Construct,
  { kind }: ServerlessFront,
  modelData: ServerlessModelData | undefined,
): void {
  const region = regionOf(scope);
  const front = 'use ServerlessFront.restApi()';
  // The table agrees with https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html on function URLs.
  if (kind === 'functionUrl') checkResource(validator, region, 'front', 'AWS::Lambda::Url', front);
  if (kind === 'httpApi') checkResource(validator, region, 'front', 'AWS::ApiGatewayV2::Api', front);
  if (modelData?.kind === 's3Files') {
    const instead = 'use ServerlessModelData.fromFileSystem() or .fromBucket()';
    checkResource(validator, region, 'modelData', 'AWS::S3Files::AccessPoint', instead);
  }
}
