import { createHash } from 'node:crypto';
import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Repository, TagMutability } from 'aws-cdk-lib/aws-ecr';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { PulledImage } from '../shared/pulled-image.js';
import { BuildTrigger } from './build-trigger.js';
import { BuiltImage, type ImageRecipe } from './built-image.js';

/** Images of versions before stay for rollbacks, but not all for ever. */
const KEPT_IMAGES = 50;

/** The images of a stack that CodeBuild makes in the account, and the repository that they share. */
export class ImageBuilder extends Construct {
  /** That of the stack of `scope`. */
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
      // A tag says what is in the image.
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

  /** The image of the recipe, which constructs with the same one share. */
  build(recipe: ImageRecipe): PulledImage {
    const { digest, architecture, base, runAs } = recipe;
    const tag = createHash('sha256')
      .update(JSON.stringify([digest, architecture, base, runAs]))
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
