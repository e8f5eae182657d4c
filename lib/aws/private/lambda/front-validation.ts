import type { Access } from '../../../serving/access.js';
import type { AccessSupport } from '../../../serving/validation/access.js';
import { BOOLEAN, checkType, NUMBER, options, required, STRING } from '../../../serving/validation/prop-types.js';
import type { ThrottleSupport } from '../../../serving/validation/serving-props.js';
import type { Validator } from '../../../serving/validation/validator.js';
import type { QueueFrontOptions, RestApiOptions, ServerlessFrontKind } from '../../front-options.js';
import type { WebAcl } from '../../serverless-web-acl.js';
import { PREFIX } from '../shared/paths.js';
import { BUCKET, VPC_ENDPOINTS } from '../shared/prop-types.js';
import { API_GATEWAY_RATES } from '../shared/throttle.js';
import { QUEUE, WAF_REQUESTS } from './limits.js';

/** Kinds of access that each front supports, and the alternative for the others. */
export const FRONT_ACCESS: Readonly<Record<ServerlessFrontKind, AccessSupport>> = {
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
export function throttleOf(kind: ServerlessFrontKind, access: Access | undefined): ThrottleSupport | string {
  if (kind === 'functionUrl' || kind === 'queue') {
    return `Remove it and limit \`maxReplicas\`, or use ServerlessFront.restApi() or .httpApi() instead of .${kind}()`;
  }
  if (access?.kind === 'apiKey') return API_GATEWAY_RATES;
  return { ...API_GATEWAY_RATES, requestsPerDay: 'Use Access.apiKey(), which supports quotas, or remove it' };
}

/** Props that only some fronts support. */
export interface FrontSettings {
  readonly webAcl?: WebAcl;
  readonly apiGatewayLogRole?: boolean;
}

/** Reports settings that a front of this kind does not support. */
export function checkSettings(validator: Validator, props: FrontSettings, kind: ServerlessFrontKind): void {
  validator.check(
    props.apiGatewayLogRole === undefined || kind === 'restApi',
    'apiGatewayLogRole',
    'CONFLICT',
    'only REST APIs write logs with a role of the account; remove it',
  );
  validator.check(
    props.webAcl === undefined || kind === 'restApi',
    'webAcl',
    'CONFLICT',
    `got ServerlessFront.${kind}(), which AWS WAF cannot protect; use ServerlessFront.restApi(), or remove it`,
  );
  const acl = props.webAcl?.settings;
  if (acl?.kind === 'existing') {
    validator.text(
      'webAcl.arn',
      acl.arn,
      /^arn:[\w-]+:wafv2:[\w-]+:\d{12}:regional\/webacl\/.+$/,
      'must be the ARN of a web ACL with the scope REGIONAL',
    );
  }
  if (acl?.kind === 'managed') {
    validator.number('webAcl.requestsPerFiveMinutes', acl.options.requestsPerFiveMinutes, WAF_REQUESTS);
  }
}

const REST_API = options<RestApiOptions>('an object such as { validateRequests: false }', {
  validateRequests: BOOLEAN,
  vpcEndpoints: VPC_ENDPOINTS,
});

/** Reports options that a REST API does not support. */
export function checkRestApi(validator: Validator, given: RestApiOptions): void {
  if (!checkType(validator, 'front', given, REST_API)) return;
  validator.check(
    given.vpcEndpoints?.length !== 0,
    'front.vpcEndpoints',
    'MISSING',
    'got an empty list; pass at least one interface endpoint of the service execute-api, or remove it',
  );
}

const SQS_QUEUE = required(
  options<QueueFrontOptions>('an object such as { outputBucket }', {
    outputBucket: required(BUCKET),
    outputPrefix: STRING,
    batchSize: NUMBER,
    maxReceives: NUMBER,
  }),
);

/** Reports options that a queue does not support. */
export function checkQueue(validator: Validator, given: QueueFrontOptions): void {
  if (!checkType(validator, 'front', given, SQS_QUEUE)) return;
  const { batchSize, maxReceives, outputPrefix } = given;
  validator.number('front.batchSize', batchSize, QUEUE.batchSize);
  validator.number('front.maxReceives', maxReceives, QUEUE.maxReceives);
  validator.text('front.outputPrefix', outputPrefix, PREFIX.pattern, PREFIX.rule);
}
