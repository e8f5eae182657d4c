import type { Access } from '../../../serving/access.js';
import type { AccessSupport } from '../../../serving/validation/access.js';
import type { ThrottleSupport } from '../../../serving/validation/serving-props.js';
import type { Validator } from '../../../serving/validation/validator.js';
import type { ServerlessFront } from '../../front.js';
import type { ServerlessModelProps } from '../../serverless-props.js';
import { PREFIX } from '../shared/paths.js';
import { API_GATEWAY_RATES } from '../shared/throttle.js';
import { QUEUE, WAF_REQUESTS } from './limits.js';

/** Kinds of access that each front supports, and the alternative for the others. */
export const FRONT_ACCESS: Readonly<Record<ServerlessFront['kind'], AccessSupport>> = {
  restApi: { target: 'ServerlessFront.restApi()', kinds: ['cloudIdentity', 'apiKey', 'jwt', 'anonymous'] },
  httpApi: {
    target: 'ServerlessFront.httpApi()',
    kinds: ['cloudIdentity', 'jwt', 'anonymous'],
    instead: 'Use ServerlessFront.restApi() for API keys',
  },
  functionUrl: {
    target: 'ServerlessFront.functionUrl()',
    kinds: ['cloudIdentity', 'anonymous'],
    instead: 'Use ServerlessFront.restApi() for API keys and JWTs',
  },
  queue: {
    target: 'ServerlessFront.queue()',
    kinds: ['cloudIdentity'],
    instead: 'Use ServerlessFront.restApi() for other kinds of access',
  },
};

/** Rates that the front can throttle, or what to do if it cannot throttle. */
export function throttleOf({ kind }: ServerlessFront, access: Access | undefined): ThrottleSupport | string {
  if (kind === 'functionUrl' || kind === 'queue') {
    return `Remove it and limit \`maxReplicas\`, or use ServerlessFront.restApi() or .httpApi() instead of .${kind}()`;
  }
  if (access?.kind === 'apiKey') return API_GATEWAY_RATES;
  return { ...API_GATEWAY_RATES, requestsPerDay: 'Use Access.apiKey(), which supports quotas, or remove it' };
}

/** Reports settings that the front does not support. */
export function checkFront(validator: Validator, props: ServerlessModelProps, front: ServerlessFront): void {
  validator.check(
    props.apiGatewayLogRole === undefined || front.kind === 'restApi',
    'apiGatewayLogRole',
    'CONFLICT',
    'only REST APIs write logs with a role of the account; remove it',
  );
  validator.check(
    props.webAcl === undefined || front.kind === 'restApi',
    'webAcl',
    'CONFLICT',
    `got ServerlessFront.${front.kind}(), which AWS WAF cannot protect; use ServerlessFront.restApi(), or remove it`,
  );
  validator.text(
    'webAcl.arn',
    props.webAcl?.arn,
    /^arn:[\w-]+:wafv2:[\w-]+:\d{12}:regional\/webacl\/.+$/,
    'must be the ARN of a web ACL with the scope REGIONAL',
  );
  validator.number('webAcl.requestsPerFiveMinutes', props.webAcl?.managedOptions?.requestsPerFiveMinutes, WAF_REQUESTS);
  const vpcEndpoints = front.restApiOptions?.vpcEndpoints;
  validator.check(
    vpcEndpoints?.length !== 0,
    'front.vpcEndpoints',
    'MISSING',
    'got an empty list; pass at least one interface endpoint of the service execute-api, or remove it',
  );
  const { batchSize, maxReceives, outputPrefix } = front.queueOptions ?? {};
  validator.number('front.batchSize', batchSize, QUEUE.batchSize);
  validator.number('front.maxReceives', maxReceives, QUEUE.maxReceives);
  validator.text('front.outputPrefix', outputPrefix, PREFIX.pattern, PREFIX.rule);
}
