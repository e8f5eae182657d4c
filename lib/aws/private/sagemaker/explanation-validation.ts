import { Token } from 'aws-cdk-lib';
import type { Validator } from '../../../serving/validation/validator.js';
import type { ManagedEndpointModelProps } from '../../managed-endpoint-props.js';
import type { EndpointMode } from '../../mode.js';
import { SAGEMAKER } from './limits.js';

/** Reports explanation settings that SageMaker Clarify would reject. */
export function checkExplanations(
  validator: Validator,
  { explanations }: ManagedEndpointModelProps,
  mode: EndpointMode,
): void {
  if (!explanations) return;
  validator.check(
    mode.kind === 'realTime',
    'explanations',
    'UNSUPPORTED_MODE',
    `got EndpointMode.${mode.kind}(); SageMaker Clarify explains real-time endpoints only`,
  );
  checkLength(validator, 'explanations.baseline', explanations.baseline, SAGEMAKER.baselineLength);
  checkLength(validator, 'explanations.when', explanations.when, SAGEMAKER.explainExpressionLength);
  validator.number('explanations.samples', explanations.samples, SAGEMAKER.explainSamples);
  validator.number('explanations.seed', explanations.seed, SAGEMAKER.explainSeed);
  validator.number('explanations.probabilityIndex', explanations.probabilityIndex, SAGEMAKER.explainColumn);
  const { featureHeaders } = explanations;
  validator.check(
    featureHeaders === undefined ||
      Token.isUnresolved(featureHeaders) ||
      (featureHeaders.length > 0 && featureHeaders.length <= SAGEMAKER.explainFeatures),
    'explanations.featureHeaders',
    'OUT_OF_RANGE',
    `got ${featureHeaders?.length}; SageMaker allows 1 to ${SAGEMAKER.explainFeatures}. Remove them to use numbers`,
  );
}

function checkLength(validator: Validator, prop: string, text: string | undefined, max: number): void {
  validator.check(
    text === undefined || Token.isUnresolved(text) || (text.length > 0 && text.length <= max),
    prop,
    'OUT_OF_RANGE',
    `got ${text?.length} characters; SageMaker allows 1 to ${max}`,
  );
}
