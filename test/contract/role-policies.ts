import type { Synthesized } from './aws-assets.js';

interface Statement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action: string | string[];
  readonly Resource: unknown;
}

/** What a role may do by the policies that a template gives it. Conditions are not looked at. */
export class RolePolicies {
  private readonly statements: { actions: string[]; resources: RegExp[] }[];

  /** @param roleId its logical id */
  constructor(synthesized: Synthesized, roleId: string) {
    const policies = synthesized
      .all('AWS::IAM::Policy')
      .filter(({ Roles }) => (Roles as { Ref: string }[]).some(({ Ref }) => Ref === roleId));
    const statements: Statement[] = policies.flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
    this.statements = statements
      .filter(({ Effect }) => Effect === 'Allow')
      .map(({ Action, Resource }) => ({
        actions: [Action].flat(),
        resources: [Resource].flat().map((resource) => pattern(synthesized.resolve(resource))),
      }));
  }

  allows(action: string, resource: string): boolean {
    return this.statements.some(
      ({ actions, resources }) => actions.includes(action) && resources.some((allowed) => allowed.test(resource)),
    );
  }
}

/** With `*` and `?` as IAM has them. */
function pattern(resource: string): RegExp {
  const escaped = resource.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`);
}
