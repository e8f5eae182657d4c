import type { Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';

interface Statement {
  readonly Sid?: string;
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Condition?: object;
}

/**
 * Everything that the policies of a stack allow: `action on resource`, sorted, with logical ids for what has no name.
 *
 * @param of what the logical ids of the policies begin with, if not of all
 */
export function grantedActions(stack: Stack, of = ''): string[] {
  const policies = Object.entries(Template.fromStack(stack).findResources('AWS::IAM::Policy'));
  const statements: Statement[] = policies.flatMap(([id, { Properties }]) =>
    id.startsWith(of) ? Properties.PolicyDocument.Statement : [],
  );
  const granted = statements.flatMap(({ Action, Resource, Condition }) =>
    list(Action).flatMap((action) =>
      list(Resource).map((resource) => `${action} on ${text(resource)}${Condition ? ' if' : ''}`),
    ),
  );
  return [...new Set(granted)].sort();
}

const list = <T>(value: T | T[]): T[] => (Array.isArray(value) ? value : [value]);

/** A value of a template as a reader would write it. */
export function text(value: unknown): string {
  if (typeof value === 'string') return value;
  const [[name, inner]] = Object.entries(value as object) as [[string, unknown]];
  if (name === 'Ref') return `{${inner}}`;
  if (name === 'Fn::GetAtt') return `{${(inner as string[]).join('.')}}`;
  if (name === 'Fn::Join') return (inner as [string, unknown[]])[1].map(text).join('');
  if (name === 'Fn::Sub') return String(inner);
  if (name === 'Fn::Select') return `{part ${(inner as [number])[0]} of ${text((inner as [number, unknown])[1])}}`;
  if (name === 'Fn::Split') return text((inner as [string, unknown])[1]);
  throw new Error(`a value of the kind ${name}, which no policy should hold`);
}
