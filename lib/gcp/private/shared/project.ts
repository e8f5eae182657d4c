import type { DataGoogleClientConfig } from '@cdktf/provider-google/lib/data-google-client-config';
import { TerraformStack } from 'cdktf';
import type { Construct } from 'constructs';
import { google } from '../../../terraform/bindings/google.js';
import { idForProvider, selectedProvider } from '../../../terraform/providers.js';

/** Returns the configuration of the Google provider of `scope`. Each stack has one such data source for each provider. */
export function clientConfig(scope: Construct): DataGoogleClientConfig {
  const stack = TerraformStack.of(scope);
  const id = idForProvider(scope, 'google', 'ModelshipGoogleClient');
  return (
    (stack.node.tryFindChild(id) as DataGoogleClientConfig | undefined) ??
    new google.DataGoogleClientConfig(stack, id, { provider: selectedProvider(scope, 'google') })
  );
}

/** Returns `project`, or the project ID of the Google provider of `scope` if undefined. */
export function projectId(scope: Construct, project: string | undefined): string {
  return project ?? clientConfig(scope).project;
}

/** Returns the variable with the project ID, which the runtime adds to log entries to link them to traces. */
export function projectVariables(scope: Construct, project: string | undefined): { [name: string]: string } {
  return { GOOGLE_CLOUD_PROJECT: projectId(scope, project) };
}
