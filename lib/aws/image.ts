import { createHash } from 'node:crypto';
import { needsPython } from '@modelship/runtime/manifest';
import { Stack, Token } from 'aws-cdk-lib';
import type { IRepository } from 'aws-cdk-lib/aws-ecr';
import { DockerImageAsset, Platform } from 'aws-cdk-lib/aws-ecr-assets';
import type { Construct } from 'constructs';
import { runtimeImageContext } from '../bundle/image-context.js';
import type { ServerNeeds } from '../bundle/python-requirements.js';
import { ImageSource } from '../serving/image-source.js';
import { registryReference } from '../serving/registry-reference.js';
import { ImageBuilder } from './private/codebuild/image-builder.js';
import { warnAboutEmulation } from './private/shared/emulation.js';
import { type PulledImage, pulledImage } from './private/shared/pulled-image.js';

/** User and group in the container (`uid:gid`) that SageMaker expects. */
const ROOT = '0:0';

/** Requirements that an image has to meet. */
export interface ImageNeeds {
  /** Processor architecture in Docker's notation: `amd64` or `arm64`. */
  readonly architecture: string;
  /** Whether the container must run as root, as SageMaker requires. */
  readonly root: boolean;
  /** Format, Python packages and task of the model, from its manifest. @default - an image for ONNX */
  readonly manifest?: ServerNeeds;
}

/** Build options of the runtime image. */
export interface RuntimeImageOptions {
  /**
   * Base image: a slim Node image, or a Python image for formats that need Python. Pin it by digest for reproducible
   * builds.
   *
   * @default - the base image of the Dockerfile
   */
  readonly base?: string;

  /**
   * Rebuild marker: changing it rebuilds the image with the current base image and its security fixes. Use a date, such
   * as `2026-11`. Docker uses a base image that the machine already has, unless it is removed or pulled before.
   *
   * @default - the image is rebuilt only when the runtime changes
   */
  readonly rebuild?: string;
}

/**
 * Source of the runtime image on AWS, in addition to `ImageSource.fromRegistry()`.
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
   * Builds the runtime of this library version with Docker on the deploying machine, and pushes it to the CDK asset
   * repository. Constructs of one stack with the same requirements share the image. The ONNX image builds on any
   * processor. The Python image installs packages, so a build for another processor architecture needs QEMU
   * (binfmt_misc).
   */
  static fromAsset(options: RuntimeImageOptions = {}): AwsImage {
    return new AssetImage(options);
  }

  /**
   * Builds the runtime of this library version with CodeBuild in the account during deployment, natively on the target
   * processor. Use it in pipelines and on machines without Docker. The stack owns the ECR repository, which scans
   * images on push and keeps the newest 50. Constructs of one stack with the same requirements share the image.
   */
  static fromCodeBuild(options: RuntimeImageOptions = {}): AwsImage {
    return new CodeBuildImage(options);
  }

  /**
   * Uses an existing image in ECR.
   *
   * @param tagOrDigest Tag, or digest (`sha256:…`) to pin the image.
   */
  static fromEcr(repository: IRepository, tagOrDigest: string): AwsImage {
    return new EcrImage(repository, tagOrDigest);
  }

  /** Whether CodeBuild builds the image. CodeBuild is not available in every region. @default false */
  readonly isBuiltByCodeBuild: boolean = false;

  /** Adds the resources that provide the image to the stack of `scope`, and returns the image reference. */
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
    const { base, rebuild } = this.options;
    if (manifest && needsPython(manifest)) warnAboutEmulation(scope, architecture);
    const isDefault = base === undefined && rebuild === undefined;
    // A base may contain slashes, and a marker any text, so neither can be a part of the id.
    const variant = [...(root ? ['root'] : []), ...(isDefault ? [] : [hash(JSON.stringify([base, rebuild]))])];
    const id = ['ModelshipRuntime', digest.slice(0, 12), ...variant].join('-');
    const asset =
      (stack.node.tryFindChild(id) as DockerImageAsset | undefined) ??
      new DockerImageAsset(stack, id, {
        directory,
        platform: architecture === 'arm64' ? Platform.LINUX_ARM64 : Platform.LINUX_AMD64,
        // SageMaker rejects OCI manifests, which Docker produces by default with its containerd image store.
        ...(root && { outputs: ['type=docker'] }),
        extraHash: rebuild,
        buildArgs: { ...(base ? { BASE: base } : {}), ...(root ? { RUN_AS: ROOT } : {}) },
      });
    return { uri: asset.imageUri, repositoryArn: asset.repository.repositoryArn };
  }
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
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
      rebuild: this.options.rebuild,
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

/** Returns the image of any source for the given requirements. */
export function pullImage(scope: Construct, source: ImageSource, needs: ImageNeeds): PulledImage {
  if (source instanceof AwsImage) return source.pull(scope, needs);
  return pulledImage(scope, registryReference(scope, source, 'AwsImage.fromAsset()'));
}
