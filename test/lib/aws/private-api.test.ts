import { App, Stack } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { InterfaceVpcEndpoint } from 'aws-cdk-lib/aws-ec2';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { describe, expect, test } from 'vitest';
import { BatchCompute, BatchModel, ServerlessFront, ServerlessModel } from '../../../lib/aws/index.js';
import { Access } from '../../../lib/serving/index.js';
import { faultsOf } from './faults.js';
import { faults, granted, make, model } from './serverless-support.js';

const privately = (stack: Stack) => ({
  front: ServerlessFront.restApi({
    vpcEndpoints: ['vpce-1', 'vpce-2'].map((vpcEndpointId) =>
      InterfaceVpcEndpoint.fromInterfaceVpcEndpointAttributes(stack, vpcEndpointId, { vpcEndpointId, port: 443 }),
    ),
  }),
});

const everyone = { AWS: '*' };
const statement = (Effect: string, Principal: unknown) => ({
  Effect,
  Principal,
  Action: 'execute-api:Invoke',
  Resource: 'execute-api:/*',
});
const closed = {
  ...statement('Deny', everyone),
  Condition: { StringNotEquals: { 'aws:SourceVpce': ['vpce-1', 'vpce-2'] } },
};

describe('a private REST API', () => {
  test('can be reached through its VPC endpoints only', () => {
    make(privately)
      .template()
      .hasResourceProperties('AWS::ApiGateway::RestApi', {
        EndpointConfiguration: { Types: ['PRIVATE'], VpcEndpointIds: ['vpce-1', 'vpce-2'] },
        Policy: { Statement: Match.arrayWith([closed]) },
      });
  });

  test('leaves it to the policies of callers whom it admits with IAM', () => {
    const root = Match.objectLike({ AWS: { 'Fn::Join': ['', Match.arrayWith([':root'])] } });
    make(privately)
      .template()
      .hasResourceProperties('AWS::ApiGateway::RestApi', { Policy: { Statement: [statement('Allow', root), closed] } });
    expect(granted(privately)).toEqual([expect.objectContaining({ Action: 'execute-api:Invoke', Effect: 'Allow' })]);
  });

  test.each([
    ['keys', Access.apiKey()],
    ['tokens', Access.jwt({ issuer: 'https://issuer.example.com', audience: ['iris'] })],
    ['no credential', Access.anonymous()],
  ])('admits every identity where callers have %s', (_what, access) => {
    make((stack) => ({ ...privately(stack), access }))
      .template()
      .hasResourceProperties('AWS::ApiGateway::RestApi', {
        Policy: { Statement: [statement('Allow', everyone), closed] },
      });
  });

  test('lets browsers ask first, without an identity', () => {
    make((stack) => ({ ...privately(stack), environment: { MODELSHIP_CORS_ORIGINS: 'https://app.example.com' } }))
      .template()
      .hasResourceProperties('AWS::ApiGateway::RestApi', {
        Policy: {
          Statement: Match.arrayWith([
            Match.objectLike({ Effect: 'Allow', Principal: everyone, Resource: 'execute-api:/*/OPTIONS/*' }),
          ]),
        },
      });
  });

  test('has a URL that works without private DNS', () => {
    const { stack, endpoint } = make(privately);
    const [, parts] = stack.resolve(endpoint.predictUrl)['Fn::Join'];
    expect(parts.map((part: unknown) => (typeof part === 'string' ? part : '_')).join('')).toBe(
      'https://_-vpce-1.execute-api._._/_/v1/models/iris:predict',
    );
  });

  test('needs an endpoint, and cannot be the service of a batch', () => {
    expect(faults({ front: ServerlessFront.restApi({ vpcEndpoints: [] }) })).toEqual(['front.vpcEndpoints: MISSING']);
    expect(faults({ front: ServerlessFront.restApi({ vpcEndpoints: ['vpce-1'] as never }) })).toEqual([
      'front.vpcEndpoints.0: WRONG_TYPE',
    ]);
    const stack = new Stack(new App({ analyticsReporting: false }), 'S');
    const service = new ServerlessModel(stack, 'Iris', { model, ...privately(stack) });
    const inputBucket = new Bucket(stack, 'Bucket');
    expect(
      faultsOf(() => new BatchModel(stack, 'Batch', { compute: BatchCompute.serverless(service), inputBucket })),
    ).toEqual(['compute: UNSUPPORTED_FRONT']);
  });
});
