import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import { AwsImage, BatchModel, ContainerModel, ManagedEndpointModel, ServerlessModel } from '../../../lib/aws/index.js';
import { VARIANTS as BATCH } from './batch-variants.js';
import { VARIANTS as CONTAINER, minimal as container } from './container-variants.js';
import { type Grant, grantsOf } from './grants.js';
import { VARIANTS as ENDPOINT, minimal as endpoint } from './managed-endpoint-variants.js';
import { VARIANTS as SERVERLESS, minimal as serverless } from './serverless-variants.js';

type Variants = Readonly<Record<string, (stack: Stack) => unknown>>;

const CONSTRUCTS: Readonly<Record<string, Variants>> = {
  ServerlessModel: each(SERVERLESS, (stack, props) => new ServerlessModel(stack, 'Iris', { ...serverless, ...props })),
  ContainerModel: each(CONTAINER, (stack, props) => new ContainerModel(stack, 'Iris', { ...container, ...props })),
  ManagedEndpointModel: each(
    ENDPOINT,
    (stack, props) => new ManagedEndpointModel(stack, 'Iris', { ...endpoint, ...props }),
  ),
  BatchModel: each(BATCH, (stack, props) => new BatchModel(stack, 'Batch', props)),
  'AwsImage.fromCodeBuild': {
    arm64: (stack) => AwsImage.fromCodeBuild().pull(stack, { architecture: 'arm64', root: false }),
  },
};

function each<P>(variants: Readonly<Record<string, (stack: Stack) => P>>, make: (stack: Stack, props: P) => unknown) {
  return Object.fromEntries(
    Object.entries(variants).map(([name, props]) => [name, (stack: Stack) => make(stack, props(stack))]),
  );
}

/** Every wildcard that may be granted, by action and resource, and why it must be. The first that matches counts. */
const WILDCARDS: readonly (readonly [pattern: RegExp, why: string])[] = [
  [/^ecr:GetAuthorizationToken on \*$/, 'a token is for the whole registry'],
  [/^cloudwatch:PutMetricData on \*$/, 'metrics have no ARN; the condition names the namespace'],
  [/^cloudwatch:DescribeAlarms on \*$/, 'alarms made of others can be described with all alone'],
  [/^ec2:Describe\w+ on \*$/, 'describing knows no resources'],
  [
    /^ec2:\w+NetworkInterface\w* on \*$/,
    'Lambda refuses a role that names interfaces, and a Deny keeps the code from them',
  ],
  [/^ec2:(Una|A)ssignPrivateIpAddresses on \*$/, 'Lambda refuses a role that names interfaces'],
  [/:network-interface\/\*$/, 'interfaces have no ids before they are made; subnets and security groups are exact'],
  [/^elasticloadbalancing:Describe\w+ on \*$/, 'describing knows no resources'],
  [/^xray:\w+ on \*$/, 'traces know no resources'],
  [/^logs:(\w*LogDeliver\w+|DescribeLogGroups|\w+ResourcePolic\w+) on \*$/, 'deliveries of logs know no resources'],
  [/^logs:\w+ on .*:log-group:\/aws\/sagemaker\/TransformJobs:\*$/, 'the streams of one log group'],
  [/^logs:\w+ on arn:.*:logs:.*:\*$/, 'the account’s one role for the logs of API Gateway, which names groups itself'],
  [/^ssmmessages:\w+ on \*$/, 'sessions know no resources'],
  [/^ecs:DiscoverPollEndpoint on \*$/, 'the address of an agent knows no resource'],
  [/^ecs:\w+ on arn:.*:container-instance\/.+\*$/, 'instances have no ids before they join; the cluster is exact'],
  [/:secret:.*-\?{6}$/, 'Secrets Manager ends the ARN of a secret with six characters of its own'],
  [/^kms:(GenerateDataKey|ReEncrypt)\*/, 'variants of one action, on one key'],
  [/^s3:GetObject on .*cdk-.*\/models\/\w+\/<hash>\/\*$/, 'the files of one package, whose digest is in the prefix'],
  [/^s3:\w+ on .+\/.*\*$/, 'the files under the prefix that the user gave, and no others'],
  [/^states:\w+ on .*:execution:/, 'executions have no names before they run; those of this state machine alone'],
  [/^sagemaker:\w+ on .*:transform-job\//, 'jobs have no names before they run; the prefix is this construct’s'],
  [/^execute-api:Invoke on .*\/\*$/, 'every path and method of one stage of one API'],
];

const WILD = /[*?]/;

const explanation = ({ action, resource }: Grant) =>
  WILDCARDS.find(([pattern]) => pattern.test(`${action} on ${resource}`))?.[1];

/** What each variant of a construct grants, made once. */
const granted = (variants: Variants): [Grant, string][] =>
  Object.entries(variants).flatMap(([variant, make]) => {
    const stack = new Stack(new App({ analyticsReporting: false }), 'S');
    make(stack);
    return grantsOf(stack).map((grant): [Grant, string] => [grant, variant]);
  });

const bold = (effect: string) => (effect === 'Allow' ? '' : `**${effect}** `);

/** One row for each thing granted, with the variants that grant it. */
function table(title: string, grants: readonly [Grant, string][], variants: number): string {
  const rows = new Map<string, { grant: Grant; by: Set<string> }>();
  for (const [grant, variant] of grants) {
    const key = JSON.stringify(Object.values(grant));
    const row = rows.get(key) ?? { grant, by: new Set() };
    row.by.add(variant);
    rows.set(key, row);
  }
  const lines = [...rows.values()].map(({ grant, by }) => {
    const { role, action, resource, effect, conditions } = grant;
    const wild = WILD.test(action + resource) ? explanation(grant) : '';
    const condition = conditions && ` if \`${conditions}\``;
    const all = by.size === variants ? 'all' : [...by].sort().join('; ');
    return `| ${role} | ${bold(effect)}\`${action}\` | ${resource && `\`${resource}\``}${condition} | ${all} | ${wild} |`;
  });
  return [
    `# What ${title} grants`,
    '',
    'Written by the test beside it, which fails where it differs; `npx vitest run grants -u` writes it anew.',
    '',
    '| Role | Action | Resource | Variants | A wildcard because |',
    '|---|---|---|---|---|',
    ...lines.sort(),
    '',
  ].join('\n');
}

describe.each(Object.keys(CONSTRUCTS))('%s', (name) => {
  const variants = CONSTRUCTS[name]!;
  const grants = granted(variants);

  test('grants what the table says and nothing more', async () => {
    const file = join(__dirname, 'grants', `${name}.md`);
    await expect(table(name, grants, Object.keys(variants).length)).toMatchFileSnapshot(file);
  });

  test('grants no wildcard that is not explained', () => {
    const wild = grants.filter(([{ action, resource, effect }]) => effect === 'Allow' && WILD.test(action + resource));
    const unexplained = wild.filter(([grant]) => !explanation(grant));
    expect([
      ...new Set(unexplained.map(([{ role, action, resource }]) => `${role}: ${action} on ${resource}`)),
    ]).toEqual([]);
  });

  test('takes a policy of AWS’s for managed instances alone', () => {
    const managed = grants.filter(([{ action }]) => action.startsWith('all of '));
    expect([...new Set(managed.map(([{ action }]) => action.split('/').pop()))]).toEqual(
      name === 'ContainerModel' ? ['AmazonECSInfrastructureRolePolicyForManagedInstances'] : [],
    );
  });
});
