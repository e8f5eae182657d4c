import type { DataGoogleClientConfig } from '@cdktf/provider-google/lib/data-google-client-config';
import { TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import { google } from '../../../terraform/bindings/google.js';

/** Returns the configuration of the stack's Google provider. Each stack has one such data source. */
export function clientConfig(scope: Construct): DataGoogleClientConfig {
  const stack = TerraformStack.of(scope);
  const id = 'ModelshipGoogleClient';
  return (
    (stack.node.tryFindChild(id) as DataGoogleClientConfig | undefined) ??
    new google.DataGoogleClientConfig(stack, id, {})
  );
}

/** Returns `project`, or the project ID of the stack's Google provider if undefined. */
export function projectId(scope: Construct, project: string | undefined): string {
  return project ?? clientConfig(scope).project;
}

/** Returns the variable with the project ID, which the runtime adds to log entries to link them to traces. */
export function projectVariables(scope: Construct, project: string | undefined): { [name: string]: string } {
  return { GOOGLE_CLOUD_PROJECT: projectId(scope, project) };
}
