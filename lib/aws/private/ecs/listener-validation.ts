import { Token } from 'aws-cdk-lib';
import { ApplicationProtocol } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Validator } from '../../../serving/validation/validator.js';
import type { ContainerModelProps } from '../../container-props.js';
import { hasTwoVersions } from './deployment.js';
import { ECS } from './limits.js';

/** Props of a load balancer that the construct creates. */
const OWN = ['internetFacing', 'certificate', 'loadBalancerSubnets'] as const;

/** Reports settings that a rule of an existing listener cannot have. */
export function checkListener(validator: Validator, props: ContainerModelProps): void {
  const { listener, access, rollout, blueGreenBakeTime, domainName } = props;
  if (listener === undefined) return;
  const { priority, conditions, protocol } = listener;
  validator.number('listener.priority', priority, ECS.rulePriority);
  for (const name of OWN) {
    validator.check(
      props[name] === undefined,
      name,
      'CONFLICT',
      'it belongs to the load balancer, and `listener` brings an existing one; remove it',
    );
  }
  validator.check(
    (props.vpc ?? props.cluster) !== undefined,
    'vpc',
    'MISSING',
    'required by `listener`, because the tasks run in the VPC of its load balancer',
  );
  validator.check(
    (access?.kind ?? 'cloudIdentity') !== 'cloudIdentity',
    'access',
    'CONFLICT',
    'everyone who reaches the existing load balancer would bypass the API that authenticates with IAM; use Access.jwt() ' +
      'or .anonymous(), or remove `listener`',
  );
  validator.check(
    access?.kind !== 'jwt' || protocol !== ApplicationProtocol.HTTP,
    'listener.protocol',
    'CONFLICT',
    'got HTTP, and the load balancer checks tokens over HTTPS only; use another listener, or Access.anonymous()',
  );
  validator.check(
    !hasTwoVersions(rollout, blueGreenBakeTime),
    'listener',
    'CONFLICT',
    'got a `rollout` that is gradual or has a gate, or `blueGreenBakeTime`, too, which needs a load balancer of the service; remove one of the two',
  );
  validator.check(
    domainName !== undefined || conditions !== undefined,
    'listener.conditions',
    'MISSING',
    'the rule needs to recognize the requests of this service; set `domainName`, or conditions of your own',
  );
  const { min, max } = ECS.ruleConditions;
  validator.check(
    conditions === undefined ||
      Token.isUnresolved(conditions) ||
      (conditions.length >= min && conditions.length <= max),
    'listener.conditions',
    'OUT_OF_RANGE',
    `got ${conditions?.length}; a rule has ${min} to ${max}`,
  );
}
