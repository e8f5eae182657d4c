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

/** Maximum length of a name: https://cloud.google.com/artifact-registry/docs/repositories/create-repos */
const REPOSITORY_NAME_LENGTH = 63;

interface ArtifactRepositoryProps {
  readonly props: GoogleServingProps;
  readonly given?: GoogleRepository;
}

/** Image repository, new or existing, and its pull and push permissions. */
export class ArtifactRepository extends Construct {
  /** New repository. Undefined if an existing repository is used. */
  readonly repository?: ArtifactRegistryRepository;
  private readonly at: GoogleRepository;

  constructor(scope: Construct, id: string, { props, given }: ArtifactRepositoryProps) {
    super(scope, id);
    if (!given) this.repository = this.make(props);
    this.at = given ?? {
      project: projectId(this, props.project),
      location: props.region,
      repositoryId: this.repository!.repositoryId,
    };
  }

  /** Host name of the registry. */
  get server(): string {
    return `${this.at.location}-docker.pkg.dev`;
  }

  /** Prefix of the references of its images. */
  get host(): string {
    return `${this.server}/${this.at.project}/${this.at.repositoryId}`;
  }

  /** Allows the identity that `pullerOf` returns to pull, unless it already can or is unknown. */
  grantPull(pullerOf: () => Grantee | undefined): ITerraformDependable[] {
    const puller = pullerOf();
    // A new repository is in the endpoint's project, where the roles of service agents already include pulling.
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
