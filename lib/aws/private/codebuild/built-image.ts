import { CustomResource, Duration, Stack } from 'aws-cdk-lib';
import { CfnProject } from 'aws-cdk-lib/aws-codebuild';
import type { Repository } from 'aws-cdk-lib/aws-ecr';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import { Construct } from 'constructs';
import { grantPull, pulledImage } from '../shared/pulled-image.js';
import { BUILD_SPEC } from './build-spec.js';
import type { BuildTrigger } from './build-trigger.js';

/** Timeout of a build in minutes. CloudFormation waits slightly longer for the response. */
const BUILD_MINUTES = 30;
const ANSWER_MINUTES = 35;

/**
 * CodeBuild's own images, which include Docker.
 * https://docs.aws.amazon.com/codebuild/latest/userguide/build-env-ref-available.html
 */
const ENVIRONMENTS: Readonly<Record<string, { readonly type: string; readonly image: string }>> = {
  amd64: { type: 'LINUX_CONTAINER', image: 'aws/codebuild/amazonlinux-x86_64-standard:5.0' },
  arm64: { type: 'ARM_CONTAINER', image: 'aws/codebuild/amazonlinux-aarch64-standard:3.0' },
};

/** Inputs of an image build. */
export interface ImageRecipe {
  /** Build context, with a Dockerfile in its root. */
  readonly directory: string;
  /** Digest of the content, as 64 hexadecimal digits. */
  readonly digest: string;
  /** CPU architecture in Docker's terms, `amd64` or `arm64`. */
  readonly architecture: string;
  /** Base image. @default - the one in the Dockerfile */
  readonly base?: string;
  /** User and group of the container. @default - those in the Dockerfile */
  readonly runAs?: string;
  /** Marker whose change rebuilds the image. @default - rebuilt only when the recipe changes */
  readonly rebuild?: string;
}

export interface BuiltImageProps {
  readonly recipe: ImageRecipe;
  /** Tag that identifies the content of the image. */
  readonly tag: string;
  readonly repository: Repository;
  readonly trigger: BuildTrigger;
  readonly logGroup: ILogGroup;
}

/** Image built by CodeBuild: the project that builds it, and a custom resource that completes with the build. */
export class BuiltImage extends Construct {
  readonly project: CfnProject;
  /** Role of the build. */
  readonly role: Role;
  /** Digest in the form `sha256:…`, available when the build is complete. */
  readonly imageDigest: string;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: BuiltImageProps,
  ) {
    super(scope, id);
    const { recipe, tag, repository, trigger } = props;
    const context = new Asset(this, 'Context', { path: recipe.directory, assetHash: recipe.digest });
    this.role = this.makeRole(context);
    this.project = this.makeProject(context);
    trigger.mayStart(this.project.attrArn);
    const resource = new CustomResource(this, 'Resource', {
      resourceType: 'Custom::ModelshipImage',
      serviceToken: trigger.function.functionArn,
      properties: { Project: this.project.ref, Repository: repository.repositoryName, Tag: tag },
      serviceTimeout: Duration.minutes(ANSWER_MINUTES),
    });
    // The dependency includes the policies, which no other resource references.
    resource.node.addDependency(this.role, trigger);
    this.imageDigest = resource.getAttString('Digest');
  }

  private makeRole(context: Asset): Role {
    const { recipe, repository, logGroup } = this.props;
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('codebuild.amazonaws.com', {
        // This condition prevents a confused deputy: CodeBuild assumes the role for this account only.
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
      description: 'Permissions of an image build',
    });
    const may = (actions: string[], ...resources: string[]) =>
      role.addToPolicy(new PolicyStatement({ actions, resources }));
    may(['s3:GetObject', 's3:GetObjectVersion'], context.bucket.arnForObjects(context.s3ObjectKey));
    may(['logs:CreateLogStream', 'logs:PutLogEvents'], logGroup.logGroupArn);
    may(
      [
        'ecr:BatchCheckLayerAvailability',
        'ecr:BatchDeleteImage',
        'ecr:BatchGetImage',
        'ecr:CompleteLayerUpload',
        'ecr:DescribeImages',
        'ecr:InitiateLayerUpload',
        'ecr:PutImage',
        'ecr:UploadLayerPart',
      ],
      repository.repositoryArn,
    );
    // A token is valid for the whole registry: the action has no resource-level permissions.
    may(['ecr:GetAuthorizationToken'], '*');
    if (recipe.base) grantPull(pulledImage(this, recipe.base), role);
    return role;
  }

  private makeProject(context: Asset): CfnProject {
    const { recipe, tag, repository, logGroup } = this.props;
    const variables = {
      REPOSITORY_NAME: repository.repositoryName,
      REPOSITORY_URI: repository.repositoryUri,
      TAG: tag,
      ...(recipe.base ? { BASE: recipe.base } : {}),
      ...(recipe.runAs ? { RUN_AS: recipe.runAs } : {}),
    };
    return new CfnProject(this, 'Project', {
      description: 'Builds an image of the Modelship runtime',
      serviceRole: this.role.roleArn,
      source: {
        type: 'S3',
        location: `${context.s3BucketName}/${context.s3ObjectKey}`,
        buildSpec: JSON.stringify(BUILD_SPEC),
      },
      artifacts: { type: 'NO_ARTIFACTS' },
      environment: {
        ...ENVIRONMENTS[recipe.architecture]!,
        computeType: 'BUILD_GENERAL1_SMALL',
        // Docker's daemon runs in the build's own container, which has no other workload and ends with the build.
        privilegedMode: true,
        environmentVariables: Object.entries(variables).map(([name, value]) => ({ name, value })),
      },
      logsConfig: { cloudWatchLogs: { status: 'ENABLED', groupName: logGroup.logGroupName } },
      timeoutInMinutes: BUILD_MINUTES,
      queuedTimeoutInMinutes: 5,
    });
  }
}
