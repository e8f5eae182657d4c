import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';

/**
 * Quotas of IAM, in characters without white space, which CloudFormation's schemas do not have.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html#reference_iam-quotas-entity-length
 */
export const POLICY_QUOTA = { inlineOfRole: 10_240, managed: 6144, trust: 2048 };

/** What a reference in a policy may become at most: an account and the longest region, or a name that AWS generates. */
const LONGEST: Readonly<Record<string, string>> = {
  'AWS::AccountId': '1'.repeat(12),
  'AWS::Region': 'ap-northeast-1',
  'AWS::Partition': 'aws-us-gov',
  'AWS::URLSuffix': 'amazonaws.com.cn',
};
/** The ARN of a resource with a generated name of 64 characters. */
const REFERENCE = 'x'.repeat(64 + 60);

/** A value of a template as long as it may become. */
function resolved(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(resolved);
  if (value === null || typeof value !== 'object') return value;
  const [[name, inner], ...others] = Object.entries(value) as [[string, unknown], ...unknown[]];
  if (others.length === 0) {
    if (name === 'Ref') return LONGEST[inner as string] ?? REFERENCE;
    if (name === 'Fn::Join') return (inner as [string, unknown[]])[1].map(resolved).join('');
    if (name === 'Fn::Sub') return String(inner).replaceAll(/\$\{([\w:]+)\}/g, (_all, id) => LONGEST[id] ?? REFERENCE);
    if (name.startsWith('Fn::')) return REFERENCE;
  }
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, resolved(each)]));
}

const sizeOf = (document: unknown) => JSON.stringify(resolved(document)).replaceAll(/\s/g, '').length;

/** The policies of a stack that IAM would refuse for their size, each as `kind of role: characters`. */
export function oversizedPolicies(stack: Stack): string[] {
  const template = Template.fromStack(stack);
  const inline = new Map<string, number>();
  const add = (role: string, document: unknown) => inline.set(role, (inline.get(role) ?? 0) + sizeOf(document));
  for (const { Properties } of Object.values(template.findResources('AWS::IAM::Policy'))) {
    for (const role of Properties.Roles) add(JSON.stringify(role), Properties.PolicyDocument);
  }
  const trust: string[] = [];
  for (const [id, { Properties }] of Object.entries(template.findResources('AWS::IAM::Role'))) {
    for (const { PolicyDocument } of Properties.Policies ?? []) add(JSON.stringify({ Ref: id }), PolicyDocument);
    const size = sizeOf(Properties.AssumeRolePolicyDocument);
    if (size > POLICY_QUOTA.trust) trust.push(`trust policy of ${id}: ${size}`);
  }
  const managed = Object.entries(template.findResources('AWS::IAM::ManagedPolicy')).map(
    ([id, { Properties }]) => [id, sizeOf(Properties.PolicyDocument)] as const,
  );
  return [
    ...[...inline].filter(([, size]) => size > POLICY_QUOTA.inlineOfRole).map((each) => `inline of ${each.join(': ')}`),
    ...managed.filter(([, size]) => size > POLICY_QUOTA.managed).map((each) => `managed policy ${each.join(': ')}`),
    ...trust,
  ];
}
