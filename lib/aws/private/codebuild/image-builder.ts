import { createHash } from 'node:crypto';
import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Repository, TagMutability } from 'aws-cdk-lib/aws-ecr';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { PulledImage } from '../shared/pulled-image.js';
import { BuildTrigger } from './build-trigger.js';
import { BuiltImage, type ImageRecipe } from './built-image.js';

/** Number of images to keep. Earlier versions are needed for rollbacks, but not forever. */
const KEPT_IMAGES = 50;

/** Images of a stack that CodeBuild builds in the account, and the repository that they share. */
export class ImageBuilder extends Construct {
  /** Returns the image builder of the stack of `scope`, and creates it if needed. */
  static of(scope: Construct): ImageBuilder {
    const stack = Stack.of(scope);
    const id = 'ModelshipImages';
    return (stack.node.tryFindChild(id) as ImageBuilder | undefined) ?? new ImageBuilder(stack, id);
  }

  readonly repository: Repository;
  readonly trigger: BuildTrigger;
  readonly logGroup: LogGroup;

  private constructor(scope: Construct, id: string) {
    super(scope, id);
    this.repository = new Repository(this, 'Repository', {
      // A tag identifies the content of the image.
      imageTagMutability: TagMutability.IMMUTABLE,
      imageScanOnPush: true,
      lifecycleRules: [{ description: 'The newest', maxImageCount: KEPT_IMAGES }],
      removalPolicy: RemovalPolicy.DESTROY,
      emptyOnDelete: true,
    });
    this.logGroup = new LogGroup(this, 'Logs', {
      retention: RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.trigger = new BuildTrigger(this, 'Trigger');
  }

  /** Builds the image of a recipe. Constructs with the same recipe share one image. */
  build(recipe: ImageRecipe): PulledImage {
    const { digest, architecture, base, runAs, rebuild } = recipe;
    const tag = createHash('sha256')
      .update(JSON.stringify([digest, architecture, base, runAs, ...(rebuild === undefined ? [] : [rebuild])]))
      .digest('hex')
      .slice(0, 40);
    const id = `Image-${tag.slice(0, 12)}`;
    const { repository, trigger, logGroup } = this;
    const image =
      (this.node.tryFindChild(id) as BuiltImage | undefined) ??
      new BuiltImage(this, id, { recipe, tag, repository, trigger, logGroup });
    return { uri: `${repository.repositoryUri}@${image.imageDigest}`, repositoryArn: repository.repositoryArn };
  }
}
