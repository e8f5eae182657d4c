import { ENVIRONMENT } from '@modelship/runtime/contract';
import { Stack } from 'aws-cdk-lib';
import type { Secret } from 'aws-cdk-lib/aws-ecs';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';

/** Secret values of environment variables, by the names of the variables. */
type Secrets = { readonly [name: string]: Secret };

/**
 * Allows `role` to read the secrets, and returns the environment variable that lists them for the runtime. The
 * template and the service's configuration contain their ARNs only.
 */
export function grantSecrets(scope: Construct, role: IRole, secrets: Secrets = {}): { [name: string]: string } {
  const entries = Object.entries(secrets);
  if (entries.length === 0) return {};
  for (const [, secret] of entries) secret.grantRead(role);
  const arns = Object.fromEntries(entries.map(([name, { arn }]) => [name, arn]));
  return { [ENVIRONMENT.secrets]: Stack.of(scope).toJsonString(arns) };
}
