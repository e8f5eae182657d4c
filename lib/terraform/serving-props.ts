import { ENVIRONMENT } from '@modelship/runtime/contract';
import { Token } from 'cdktf';
import { pythonRequirements } from '../bundle/python-requirements.js';
import type { Model } from '../model/model.js';
import type { ImageSource } from '../serving/image-source.js';
import type { ServingProps } from '../serving/props.js';
import { MODEL_VARIABLES } from '../serving/servers/model-variables.js';
import type { Validator } from '../serving/validation/validator.js';

const SET_BY_CONSTRUCTS: readonly string[] = [
  ...MODEL_VARIABLES,
  ENVIRONMENT.timeoutSeconds,
  ENVIRONMENT.jwtIssuer,
  ENVIRONMENT.jwtAudience,
];

/**
 * Notes the faults of the shared props that are the same on every cloud.
 *
 * @param reserved names of variables that the hosts of the cloud set
 */
export function checkServingProps(validator: Validator, props: ServingProps, reserved: RegExp): void {
  checkJwt(validator, props);
  checkReplicas(validator, props);
  checkEnvironment(validator, props, reserved);
}

interface CanaryProps {
  readonly image?: ImageSource;
  readonly model: Model;
  readonly stableModel?: Model;
}

/** Notes that the two versions of a canary need different packages of Python, where both would run in the image of one. */
export function checkOneImage(validator: Validator, { image, model, stableModel }: CanaryProps): void {
  if (!stableModel || image?.isForModel === false) return;
  const needs = ({ manifest }: Model) => pythonRequirements(manifest)?.join(', ') ?? 'no Python';
  validator.check(
    needs(stableModel) === needs(model),
    'stableModel',
    'IMAGE_DIFFERS',
    `both versions run in one image, and this one needs ${needs(stableModel)}, the new one ${needs(model)}; give an image ` +
      'with the packages of both, or replace the model without a canary',
  );
}

/** Notes that the target cannot do what `prop` asks, why, and what can. */
export function refuse(validator: Validator, prop: string, reason: string): void {
  validator.check(false, prop, 'UNSUPPORTED', reason);
}

function checkJwt(validator: Validator, { access }: ServingProps): void {
  const jwt = access?.jwtOptions;
  if (!jwt) return;
  validator.text(
    'access.issuer',
    jwt.issuer,
    /^https:\/\/[^\s]+$/,
    'an issuer is an https:// URL, where its keys are found',
  );
  validator.check(
    jwt.audience.length > 0,
    'access.audience',
    'MISSING',
    'got none, so that no token could ever pass; name at least one audience',
  );
}

function checkReplicas(validator: Validator, { minReplicas, maxReplicas }: ServingProps): void {
  if (minReplicas === undefined || maxReplicas === undefined) return;
  if (Token.isUnresolved(minReplicas) || Token.isUnresolved(maxReplicas)) return;
  validator.check(
    minReplicas <= maxReplicas,
    'minReplicas',
    'MIN_OVER_MAX',
    `got ${minReplicas}, more than maxReplicas, which is ${maxReplicas}; lower it or raise maxReplicas`,
  );
}

function checkEnvironment(validator: Validator, { environment = {} }: ServingProps, reserved: RegExp): void {
  for (const name of Object.keys(environment)) {
    validator.text(
      `environment.${name}`,
      name,
      /^[A-Za-z_][A-Za-z0-9_]*$/,
      'the name of a variable holds letters, digits and `_`, and starts with no digit',
    );
    validator.check(
      !reserved.test(name) && !SET_BY_CONSTRUCTS.includes(name),
      `environment.${name}`,
      'RESERVED_VARIABLE',
      'the construct or the host sets it; use the prop that stands for it (model, access, timeoutSeconds), or leave it out',
    );
  }
}
