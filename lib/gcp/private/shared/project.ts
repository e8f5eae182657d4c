import type { DataGoogleClientConfig } from '@cdktf/provider-google/lib/data-google-client-config';
import type { DataGoogleProject } from '@cdktf/provider-google/lib/data-google-project';
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

/**
 * The identity with which a service of Google acts inside the project, as an IAM member.
 *
 * @param scope reads the project's number once, however many services are asked for
 * @param service the part of the address that names it, such as `serverless-robot-prod`
 */
export function serviceAgent(scope: Construct, project: string | undefined, service: string): string {
  const id = 'Project';
  const data =
    (scope.node.tryFindChild(id) as DataGoogleProject | undefined) ??
    new google.DataGoogleProject(scope, id, { projectId: projectId(scope, project) });
  return `serviceAccount:service-${data.number}@${service}.iam.gserviceaccount.com`;
}
