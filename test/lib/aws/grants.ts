import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { text } from './granted-actions.js';

/** One thing that a role of a stack may do, or may not if it is denied. */
export interface Grant {
  /** The role's path in the template, without CDK's hashes. */
  readonly role: string;
  readonly action: string;
  readonly resource: string;
  readonly effect: string;
  /** Of the statement, as JSON; empty if there are none. */
  readonly conditions: string;
}

interface Statement {
  readonly Effect: string;
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Condition?: object;
}

/** Everything that the roles of a stack are granted: by policies of their own, inline ones, and AWS's managed ones. */
export function grantsOf(stack: Stack): Grant[] {
  const template = Template.fromStack(stack);
  const policies = Object.values(template.findResources('AWS::IAM::Policy')).flatMap(({ Properties }) =>
    Properties.Roles.map((role: unknown) => [text(role), Properties.PolicyDocument.Statement]),
  );
  const roles = Object.entries(template.findResources('AWS::IAM::Role'));
  const inline = roles.flatMap(([role, { Properties }]) =>
    (Properties.Policies ?? []).map((policy: { PolicyDocument: { Statement: Statement[] } }) => [
      role,
      policy.PolicyDocument.Statement,
    ]),
  );
  const managed = roles.flatMap(([role, { Properties }]) =>
    (Properties.ManagedPolicyArns ?? []).map((arn: unknown) => ({
      role: named(role),
      action: `all of ${text(arn)}`,
      resource: '',
      effect: 'Allow',
      conditions: '',
    })),
  );
  return [
    ...[...policies, ...inline].flatMap(([role, statements]: [string, Statement[]]) =>
      statements.flatMap((statement) => granted(named(role), statement)),
    ),
    ...managed,
  ];
}

function granted(role: string, { Effect, Action, Resource, Condition }: Statement): Grant[] {
  const conditions = Condition ? named(text(JSON.parse(flat(Condition)))) : '';
  return list(Action).flatMap((action) =>
    list(Resource).map((resource) => ({ role, action, resource: named(text(resource)), effect: Effect, conditions })),
  );
}

/** Conditions as one string, with what stands for a name replaced. */
const flat = (value: unknown): string =>
  JSON.stringify(
    JSON.stringify(value, (_key, inner) =>
      inner !== null && typeof inner === 'object' && /^(Ref|Fn::)/.test(Object.keys(inner)[0] ?? '')
        ? text(inner)
        : inner,
    ),
  );

const list = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);

/** Without the hashes that CDK and S3 put into names, which say nothing and change. */
function named(name: string): string {
  return name
    .replaceAll(/\b[0-9a-f]{64}\b/g, '<hash>')
    .replaceAll(/(ModelshipImagesImage)[0-9a-f]{12}/g, '$1')
    .replaceAll(/\{?(\w+CurrentVersion)[0-9A-F]{8}[0-9a-f]{32}\}?/g, '$1')
    .replaceAll(/\{?([A-Z]\w*?)[0-9A-F]{8}(\.\w+)?\}?/g, (_all, id, attribute = '') => `${id}${attribute}`)
    .replaceAll(/-[0-9a-fA-F]{8}(?=[-/:*]|$)/g, '-<hash>');
}
