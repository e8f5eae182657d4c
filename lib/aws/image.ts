import { Stack, Token } from 'aws-cdk-lib';
import type { IRepository } from 'aws-cdk-lib/aws-ecr';
import { DockerImageAsset, Platform } from 'aws-cdk-lib/aws-ecr-assets';
import type { Construct } from 'constructs';
import { runtimeImageContext } from '../bundle/image-context.js';
import { needsPython, type PythonNeeds } from '../bundle/python-requirements.js';
import { ImageSource } from '../serving/image-source.js';
import { ImageBuilder } from './private/codebuild/image-builder.js';
import { warnOfEmulation } from './private/shared/emulation.js';
import { type PulledImage, pulledImage } from './private/shared/pulled-image.js';

/** As SageMaker expects. */
const ROOT = '0:0';

/** What the image has to run on and for. */
export interface ImageNeeds {
  /** `amd64` or `arm64`, as Docker names them. */
  readonly architecture: string;
  /** Whether the host expects root in the container, as SageMaker does. */
  readonly root: boolean;
  /** What the model says of itself: its format and packages. @default - an image for ONNX */
  readonly manifest?: PythonNeeds;
}

/** How the image of the runtime is built. */
export interface RuntimeImageOptions {
  /**
   * The image it is built on, with a digest to build on the same for ever: Node's slim one, or, for formats that need
   * Python, Python's.
   *
   * @default - as the Dockerfile has it
   */
  readonly base?: string;
}

/**
 * Where AWS gets the image of the runtime from, beside `ImageSource.fromRegistry()`.
 *
 * @example
 * ```ts
 * import { AwsImage, ContainerModel } from 'modelship/aws';
 *
 * new ContainerModel(stack, 'Iris', { model, image: AwsImage.fromCodeBuild() });
 * ```
 */
export abstract class AwsImage extends ImageSource {
  /**
   * The runtime of this very version, built by Docker on the machine that deploys and pushed to the registry of CDK's
   * assets. Constructs of one stack with the same needs share it. The image for ONNX builds on a machine of any processor;
   * the one for Python installs packages, and builds on a machine of another processor only with QEMU (binfmt_misc).
   */
  static fromAsset(options: RuntimeImageOptions = {}): AwsImage {
    return new AssetImage(options);
  }

  /**
   * The runtime of this very version, built by CodeBuild in the account while the stack is deployed, on the processor that
   * it runs on: for pipelines, and for machines without Docker. The repository it is pushed to belongs to the stack, scans what comes, and keeps the last 50.
   * Constructs of one stack with the same needs share the image.
   */
  static fromCodeBuild(options: RuntimeImageOptions = {}): AwsImage {
    return new CodeBuildImage(options);
  }

  /**
   * An image that is in ECR already.
   *
   * @param tagOrDigest a tag, or `sha256:…`, with which the same image runs for ever
   */
  static fromEcr(repository: IRepository, tagOrDigest: string): AwsImage {
    return new EcrImage(repository, tagOrDigest);
  }

  /** Whether CodeBuild makes it, which some regions lack. @default false */
  readonly isBuiltByCodeBuild: boolean = false;

  override bind(scope: Construct): string {
    return this.pull(scope, { architecture: 'amd64', root: false }).uri;
  }

  /** Adds to the stack of `scope` what it takes to have the image, and returns where to pull it from. */
  abstract pull(scope: Construct, needs: ImageNeeds): PulledImage;
}

class AssetImage extends AwsImage {
  constructor(private readonly options: RuntimeImageOptions) {
    super();
  }

  override pull(scope: Construct, { architecture, root, manifest }: ImageNeeds): PulledImage {
    const { directory, digest } = runtimeImageContext({
      architecture: architecture === 'arm64' ? 'arm64' : 'x64',
      manifest,
    });
    const stack = Stack.of(scope);
    const { base } = this.options;
    if (manifest && needsPython(manifest)) warnOfEmulation(scope, architecture);
    const id = ['ModelshipRuntime', digest.slice(0, 12), ...(root ? ['root'] : [])].join('-');
    const asset =
      (stack.node.tryFindChild(id) as DockerImageAsset | undefined) ??
      new DockerImageAsset(stack, id, {
        directory,
        platform: architecture === 'arm64' ? Platform.LINUX_ARM64 : Platform.LINUX_AMD64,
        // SageMaker takes no manifests of OCI, which Docker makes by default with its containerd image store.
        ...(root && { outputs: ['type=docker'] }),
        buildArgs: { ...(base ? { BASE: base } : {}), ...(root ? { RUN_AS: ROOT } : {}) },
      });
    return { uri: asset.imageUri, repositoryArn: asset.repository.repositoryArn };
  }
}

class CodeBuildImage extends AwsImage {
  override readonly isBuiltByCodeBuild = true;

  constructor(private readonly options: RuntimeImageOptions) {
    super();
  }

  override pull(scope: Construct, { architecture, root, manifest }: ImageNeeds): PulledImage {
    const context = runtimeImageContext({ architecture: architecture === 'arm64' ? 'arm64' : 'x64', manifest });
    return ImageBuilder.of(scope).build({
      ...context,
      architecture,
      base: this.options.base,
      runAs: root ? ROOT : undefined,
    });
  }
}

class EcrImage extends AwsImage {
  constructor(
    private readonly repository: IRepository,
    private readonly tagOrDigest: string,
  ) {
    super();
  }

  override pull(): PulledImage {
    const { repositoryArn, env } = this.repository;
    return {
      uri: this.repository.repositoryUriForTagOrDigest(this.tagOrDigest),
      repositoryArn,
      region: Token.isUnresolved(env.region) ? undefined : env.region,
    };
  }
}

/** The image of any source. */
export function pullImage(scope: Construct, source: ImageSource, needs: ImageNeeds): PulledImage {
  return source instanceof AwsImage ? source.pull(scope, needs) : pulledImage(scope, source.bind(scope));
}
