import { ENVIRONMENT } from '@modelship/runtime/contract';
import { Duration } from 'aws-cdk-lib';
import { TokenAuthorizer } from 'aws-cdk-lib/aws-apigateway';
import { type Architecture, Code, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type LogGroupProps } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { LAYER_MOUNT } from '../../../bundle/lambda-layer.js';
import type { JwtAccessOptions } from '../../../serving/access.js';
import { functionRole } from './role.js';
import { NODE, runtimeLayer } from './runtime-layer.js';

export interface JwtAuthorizerProps {
  readonly jwt: JwtAccessOptions;
  readonly architecture: Architecture;
  readonly logs: LogGroupProps;
}

/** Function that validates bearer tokens for a REST API. */
export class JwtAuthorizer extends Construct {
  readonly function: LambdaFunction;
  readonly authorizer: TokenAuthorizer;

  constructor(scope: Construct, id: string, { jwt, architecture, logs }: JwtAuthorizerProps) {
    super(scope, id);
    const logGroup = new LogGroup(this, 'Logs', logs);
    this.function = new LambdaFunction(this, 'Resource', {
      runtime: NODE,
      architecture,
      // The code is in the layer, but Lambda requires code in the function too.
      code: Code.fromInline('// The handler is in the layer.'),
      handler: `${LAYER_MOUNT}/authorizer.handler`,
      layers: [runtimeLayer(this, architecture).layer],
      description: 'Checks the bearer tokens of callers of a model',
      memorySize: 256,
      timeout: Duration.seconds(10),
      logGroup,
      role: functionRole(this, 'Role', logGroup),
      environment: {
        [ENVIRONMENT.jwtIssuer]: jwt.issuer,
        [ENVIRONMENT.jwtAudience]: jwt.audience.join(','),
      },
    });
    this.authorizer = new TokenAuthorizer(this, 'Authorizer', {
      handler: this.function,
      // API Gateway rejects anything but a bearer token without invoking the function.
      validationRegex: '^[Bb]earer [-\\w]+\\.[-\\w]+\\.[-\\w]+$',
      resultsCacheTtl: Duration.minutes(5),
    });
  }
}
