import type { DataGoogleProject } from '@cdktf/provider-google/lib/data-google-project';
import type { Construct } from 'constructs';
import { google } from '../../../terraform/bindings/google.js';
import { GenericResource } from '../../../terraform/generic.js';
import type { Grantee } from '../../grantee.js';
import { projectId } from './project.js';
import { restfulProvider } from './restful.js';

/** Services with a service agent, and the part of the agent's email address that identifies the service. */
const AGENTS = {
  aiplatform: 'gcp-sa-aiplatform',
  artifactregistry: 'gcp-sa-artifactregistry',
  compute: 'compute-system',
  container: 'container-engine-robot',
  monitoring: 'gcp-sa-monitoring-notification',
  run: 'serverless-robot-prod',
} as const;

/**
 * Returns the service agent of a Google service in the project. Google creates most agents at the first use of the
 * service and rejects role grants to a missing agent. It is therefore created first, which has no effect if it exists.
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
    // Compute Engine has its agent as soon as its API is enabled, and does not document the call.
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
      // The provider `google` has no resource for this. `google_project_service_identity` is in `google-beta` only.
      provider: restfulProvider(scope, 'service-usage', 'https://serviceusage.googleapis.com/v1beta1'),
      attributes: {
        path: `/projects/${projectId(scope, project)}/services/${service}.googleapis.com:generateServiceIdentity`,
        method: 'POST',
      },
    })
  );
}
