import type { DataGoogleClientConfig } from '@cdktf/provider-google/lib/data-google-client-config';
import { TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import { google } from '../../../terraform/bindings/google.js';

/** What the Google provider of the stack of `scope` is configured with; read once for a stack. */
export function clientConfig(scope: Construct): DataGoogleClientConfig {
  const stack = TerraformStack.of(scope);
  const id = 'ModelshipGoogleClient';
  return (
    (stack.node.tryFindChild(id) as DataGoogleClientConfig | undefined) ??
    new google.DataGoogleClientConfig(stack, id, {})
  );
}

/** The project's id: `project` if given, else the provider's own. */
export function projectId(scope: Construct, project: string | undefined): string {
  return project ?? clientConfig(scope).project;
}

/** What a container must know of where it runs: log lines name the project in which their trace is. */
export function projectVariables(scope: Construct, project: string | undefined): { [name: string]: string } {
  return { GOOGLE_CLOUD_PROJECT: projectId(scope, project) };
}
