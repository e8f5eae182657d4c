import type { DataGoogleProject } from '@cdktf/provider-google/lib/data-google-project';
import type { Construct } from 'constructs';
import { google } from '../../../terraform/bindings/google.js';
import { GenericResource } from '../../../terraform/generic.js';
import type { Grantee } from '../../grantee.js';
import { projectId } from './project.js';
import { restfulProvider } from './restful.js';

/** Services that act inside a project, with the part of the address that names their identity. */
const AGENTS = {
  aiplatform: 'gcp-sa-aiplatform',
  artifactregistry: 'gcp-sa-artifactregistry',
  compute: 'compute-system',
  container: 'container-engine-robot',
  monitoring: 'gcp-sa-monitoring-notification',
  run: 'serverless-robot-prod',
} as const;

/**
 * The identity with which a service of Google acts inside the project. Google creates most of these when the service is
 * first used, and refuses to grant roles to one that does not exist: so it is created, which is harmless if it exists.
 *
 * @see https://cloud.google.com/iam/docs/create-service-agents
 */
export function serviceAgent(
  scope: Construct,
  project: string | undefined,
  service: keyof typeof AGENTS,
): Required<Grantee> {
  const id = 'Project';
  const data =
    (scope.node.tryFindChild(id) as DataGoogleProject | undefined) ??
    new google.DataGoogleProject(scope, id, { projectId: projectId(scope, project) });
  return {
    member: `serviceAccount:service-${data.number}@${AGENTS[service]}.iam.gserviceaccount.com`,
    // Compute Engine has its identity from the day its API is enabled, and the call is not documented for it.
    dependsOn: service === 'compute' ? [] : [generated(scope, project, service)],
    isServiceAgent: true,
  };
}

function generated(scope: Construct, project: string | undefined, service: string): GenericResource {
  const id = `Agent-${service}`;
  return (
    (scope.node.tryFindChild(id) as GenericResource | undefined) ??
    new GenericResource(scope, id, {
      type: 'restful_operation',
      // No resource of the provider `google` creates one; `google_project_service_identity` is in `google-beta` only.
      provider: restfulProvider(scope, 'service-usage', 'https://serviceusage.googleapis.com/v1beta1'),
      attributes: {
        path: `/projects/${projectId(scope, project)}/services/${service}.googleapis.com:generateServiceIdentity`,
        method: 'POST',
      },
    })
  );
}
