import { Aws } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { type RestFront, ServerlessFront, WebAcl } from '../../../lib/aws/index.js';
import { Model } from '../../../lib/model/model.js';
import { writePackage } from '../../support/packages.js';
import { faults, make, type Props } from './serverless-support.js';

const ARN = 'arn:aws:wafv2:us-east-1:123456789012:regional/webacl/mine/0f2bd7e5';

describe('ServerlessModel behind a firewall', () => {
  const { template: synthesize, endpoint } = make({ webAcl: WebAcl.managed() });
  const template = synthesize();

  test('of its own bounds each address, and refuses what AWS knows to be bad', () => {
    template.hasResourceProperties('AWS::WAFv2::WebACL', {
      Scope: 'REGIONAL',
      DefaultAction: { Allow: {} },
      Rules: [
        Match.objectLike({
          Priority: 0,
          Statement: { RateBasedStatement: { Limit: 2000, AggregateKeyType: 'IP', EvaluationWindowSec: 300 } },
          Action: { Block: { CustomResponse: { ResponseCode: 429 } } },
        }),
        ...['AmazonIpReputationList', 'KnownBadInputsRuleSet', 'CommonRuleSet'].map((name) =>
          Match.objectLike({
            Statement: {
              ManagedRuleGroupStatement: Match.objectLike({ VendorName: 'AWS', Name: `AWSManagedRules${name}` }),
            },
            OverrideAction: { None: {} },
          }),
        ),
      ],
    });
  });

  test('lets large bodies and callers without a name through', () => {
    template.hasResourceProperties('AWS::WAFv2::WebACL', {
      Rules: Match.arrayWith([
        Match.objectLike({
          Statement: {
            ManagedRuleGroupStatement: Match.objectLike({
              RuleActionOverrides: ['SizeRestrictions_BODY', 'NoUserAgent_HEADER'].map((Name) => ({
                Name,
                ActionToUse: { Count: {} },
              })),
            }),
          },
        }),
      ]),
    });
  });

  test('lets HTML, paths and URLs through to a model that takes text', () => {
    const text = Model.fromDirectory(writePackage({ inputs: [{ name: 'text', datatype: 'BYTES', shape: [-1] }] }));
    const [acl] = Object.values(
      make({ model: text, webAcl: WebAcl.managed() }).template().findResources('AWS::WAFv2::WebACL'),
    );
    const counted = JSON.stringify(acl).match(/"Name":"\w+_BODY"/g);
    expect(counted?.map((match) => match.slice(8, -1))).toEqual([
      'SizeRestrictions_BODY',
      'CrossSiteScripting_BODY',
      'EC2MetaDataSSRF_BODY',
      'GenericLFI_BODY',
      'GenericRFI_BODY',
    ]);
  });

  test('keeps no sample of requests, which would hold credentials', () => {
    const found = JSON.stringify(template.findResources('AWS::WAFv2::WebACL'));
    expect(found.match(/"SampledRequestsEnabled":false/g)).toHaveLength(5);
    expect(found).not.toContain('"SampledRequestsEnabled":true');
  });

  test('stands before the stage', () => {
    template.hasResourceProperties('AWS::WAFv2::WebACLAssociation', {
      WebACLArn: { 'Fn::GetAtt': [Match.stringLikeRegexp('^IrisApiFirewall'), 'Arn'] },
      ResourceArn: {
        'Fn::Join': ['', Match.arrayWith([{ Ref: Match.stringLikeRegexp('DeploymentStage') }])],
      },
    });
    expect((endpoint.front as RestFront).firewall?.webAcl).toBeDefined();
  });

  test('takes another bound', () => {
    make({ webAcl: WebAcl.managed({ requestsPerFiveMinutes: 10 }) })
      .template()
      .hasResourceProperties('AWS::WAFv2::WebACL', {
        Rules: Match.arrayWith([
          Match.objectLike({ Statement: { RateBasedStatement: Match.objectLike({ Limit: 10 }) } }),
        ]),
      });
  });

  test('that is there already is not made again', () => {
    const given = make({ webAcl: WebAcl.fromArn(ARN) }).template();
    given.resourceCountIs('AWS::WAFv2::WebACL', 0);
    given.hasResourceProperties('AWS::WAFv2::WebACLAssociation', { WebACLArn: ARN });
  });
});

test('has no firewall, and nothing to pay for one, unless asked', () => {
  make().template().resourceCountIs('AWS::WAFv2::WebACLAssociation', 0);
});

describe('ServerlessModel refuses', () => {
  test.each<[string, Props, string]>([
    [
      'a firewall before an HTTP API',
      { front: ServerlessFront.httpApi(), webAcl: WebAcl.managed() },
      'webAcl: CONFLICT',
    ],
    [
      'one before a function URL',
      { front: ServerlessFront.functionUrl(), webAcl: WebAcl.fromArn(ARN) },
      'webAcl: CONFLICT',
    ],
    ['what is no ARN', { webAcl: WebAcl.fromArn('mine') }, 'webAcl.arn: BAD_TEXT'],
    [
      'a firewall for CloudFront',
      { webAcl: WebAcl.fromArn(ARN.replace('regional', 'global')) },
      'webAcl.arn: BAD_TEXT',
    ],
    [
      'a bound that no rule takes',
      { webAcl: WebAcl.managed({ requestsPerFiveMinutes: 9 }) },
      'webAcl.requestsPerFiveMinutes: OUT_OF_RANGE',
    ],
  ])('%s', (_, props, fault) => {
    expect(faults(props)).toEqual([fault]);
  });

  test('naming the front that has none and the one that may', () => {
    expect(() => make({ front: ServerlessFront.httpApi(), webAcl: WebAcl.managed() })).toThrow(
      'got ServerlessFront.httpApi(), which AWS WAF cannot protect; use ServerlessFront.restApi()',
    );
  });

  test('no token', () => {
    expect(faults({ webAcl: WebAcl.fromArn(`arn:${Aws.PARTITION}:wafv2:x`) })).toEqual([]);
  });
});
