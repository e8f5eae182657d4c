import { Access } from '../../../serving/access.js';
import type { Validator } from '../../../serving/validation/validator.js';
import type { ServerlessFront } from '../../front.js';
import type { ServerlessModelProps } from '../../serverless-props.js';
import { checkJwt } from '../shared/jwt-validation.js';
import { PREFIX } from '../shared/paths.js';
import { checkRates } from '../shared/throttle.js';
import { QUEUE, WAF_REQUESTS } from './limits.js';

/** The kinds of access that each front knows, and what to use for another. */
const FRONT_ACCESS: Readonly<Record<ServerlessFront['kind'], { kinds: readonly Access['kind'][]; advice: string }>> = {
  restApi: { kinds: ['cloudIdentity', 'apiKey', 'jwt', 'anonymous'], advice: '' },
  httpApi: {
    kinds: ['cloudIdentity', 'jwt', 'anonymous'],
    advice: 'an HTTP API knows no keys; use ServerlessFront.restApi(), Access.jwt() or Access.cloudIdentity()',
  },
  functionUrl: {
    kinds: ['cloudIdentity', 'anonymous'],
    advice: 'a function URL knows IAM alone; use Access.cloudIdentity(), or ServerlessFront.restApi()',
  },
  queue: { kinds: ['cloudIdentity'], advice: 'a queue knows IAM alone; use Access.cloudIdentity(), or another front' },
};

/** Notes a fault for whatever the front cannot do, or does not take. */
export function checkFront(validator: Validator, props: ServerlessModelProps, front: ServerlessFront): void {
  checkThrottle(validator, props, front);
  checkAccess(validator, props, front);
  validator.check(
    props.apiGatewayLogRole === undefined || front.kind === 'restApi',
    'apiGatewayLogRole',
    'CONFLICT',
    'only REST APIs write logs by a role of the account; leave it out',
  );
  validator.check(
    props.webAcl === undefined || front.kind === 'restApi',
    'webAcl',
    'CONFLICT',
    `got ServerlessFront.${front.kind}(), before which AWS WAF cannot stand; use ServerlessFront.restApi(), or leave it out`,
  );
  validator.text(
    'webAcl.arn',
    props.webAcl?.arn,
    /^arn:[\w-]+:wafv2:[\w-]+:\d{12}:regional\/webacl\/.+$/,
    'it must be the ARN of a web ACL of the scope REGIONAL',
  );
  validator.number('webAcl.requestsPerFiveMinutes', props.webAcl?.managedOptions?.requestsPerFiveMinutes, WAF_REQUESTS);
  const { batchSize, maxReceives, outputPrefix } = front.queueOptions ?? {};
  validator.number('front.batchSize', batchSize, QUEUE.batchSize);
  validator.number('front.maxReceives', maxReceives, QUEUE.maxReceives);
  validator.text('front.outputPrefix', outputPrefix, PREFIX.pattern, PREFIX.rule);
}

function checkThrottle(validator: Validator, { throttle, access }: ServerlessModelProps, front: ServerlessFront): void {
  validator.check(
    throttle === undefined || front.kind === 'restApi' || front.kind === 'httpApi',
    'throttle',
    'CONFLICT',
    'only API Gateway counts requests; bound the function by `maxReplicas`, or use ServerlessFront.restApi() or httpApi()',
  );
  checkRates(validator, throttle);
  validator.check(
    throttle?.requestsPerDay === undefined || access?.kind === 'apiKey',
    'throttle.requestsPerDay',
    'CONFLICT',
    'API Gateway counts days for callers with keys only; use Access.apiKey(), or leave it out',
  );
}

function checkAccess(validator: Validator, { access }: ServerlessModelProps, front: ServerlessFront): void {
  const { kind, jwtOptions } = access ?? Access.cloudIdentity();
  const { kinds, advice } = FRONT_ACCESS[front.kind];
  validator.check(kinds.includes(kind), 'access', 'UNSUPPORTED_ACCESS', `got Access.${kind}(); ${advice}`);
  checkJwt(validator, jwtOptions);
}
