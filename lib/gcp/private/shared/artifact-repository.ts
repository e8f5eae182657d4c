import type { ArtifactRegistryRepository } from '@cdktf/provider-google/lib/artifact-registry-repository';
import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { google } from '../../../terraform/bindings/google.js';
import type { Grantee } from '../../grantee.js';
import type { GoogleServingProps } from '../../props.js';
import type { GoogleRepository } from '../../repository.js';
import { grantKey } from './encryption.js';
import { generatedName } from './names.js';
import { projectId } from './project.js';
import { serviceAgent } from './service-agent.js';

/** https://cloud.google.com/artifact-registry/docs/repositories/create-repos */
const REPOSITORY_NAME_LENGTH = 63;

/** A repository of images, given or made, and who may pull from it and push to it. */
export class ArtifactRepository extends Construct {
  /** Unset if one was given. */
  readonly repository?: ArtifactRegistryRepository;
  private readonly at: GoogleRepository;

  constructor(scope: Construct, id: string, props: GoogleServingProps, given?: GoogleRepository) {
    super(scope, id);
    if (!given) this.repository = this.make(props);
    this.at = given ?? {
      project: projectId(this, props.project),
      location: props.region,
      repositoryId: this.repository!.repositoryId,
    };
  }

  /** The host that it is reached at. */
  get server(): string {
    return `${this.at.location}-docker.pkg.dev`;
  }

  /** What the references of its images start with. */
  get host(): string {
    return `${this.server}/${this.at.project}/${this.at.repositoryId}`;
  }

  /** Allows what `pullerOf` returns to pull, unless it may anyway or is not known. */
  grantPull(pullerOf: () => Grantee | undefined): ITerraformDependable[] {
    const puller = pullerOf();
    // The repository is in the endpoint's project, where the roles of service agents include pulling.
    if (!puller || (puller.isServiceAgent && this.repository)) return [];
    return [this.grant('Puller', 'roles/artifactregistry.reader', puller)];
  }

  /** Allows `member` to push. */
  grantPush(member: string): ITerraformDependable {
    return this.grant('Pusher', 'roles/artifactregistry.writer', { member });
  }

  private grant(id: string, role: string, { member, dependsOn = [] }: Grantee): ITerraformDependable {
    const { project, location, repositoryId: repository } = this.at;
    return new google.ArtifactRegistryRepositoryIamMember(this, id, {
      ...{ project, location, repository, role, member },
      dependsOn: [...dependsOn],
    });
  }

  private make(props: GoogleServingProps): ArtifactRegistryRepository {
    const key = props.encryptionKey;
    const agent = key && serviceAgent(this, props.project, 'artifactregistry');
    return new google.ArtifactRegistryRepository(this, 'Resource', {
      project: props.project,
      location: props.region,
      repositoryId: generatedName(this.node.scope!.node.scope!, REPOSITORY_NAME_LENGTH),
      format: 'DOCKER',
      labels: props.labels,
      ...(key ? { kmsKeyName: key } : {}),
      dependsOn: key && agent ? [grantKey(this, 'Key', key, agent)] : [],
    });
  }
}
