import { needsPython } from '@modelship/runtime/manifest';
import { Size } from 'aws-cdk-lib';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import { type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type Architecture, Code, type FunctionProps, Handler, Runtime } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { LAMBDA_IMAGE_MODEL_FOLDER, lambdaImageContext } from '../../../bundle/lambda-image-context.js';
import { LAYER_MOUNT } from '../../../bundle/lambda-layer.js';
import type { Model } from '../../../model/model.js';
import { MODEL_MOUNT } from '../../../serving/defaults.js';
import type { ServerlessModelData } from '../../serverless-model-data.js';
import { warnAboutEmulation } from '../shared/emulation.js';
import { PackageObjects } from '../shared/package-objects.js';
import { S3FilesMount } from '../shared/s3-files-mount.js';
import { LAMBDA, RUNTIME_BYTES, TASK_BYTES } from './limits.js';
import { ModelMount } from './model-mount.js';
import { architectureName, NODE, runtimeLayer } from './runtime-layer.js';

export interface FunctionCodeProps {
  readonly model: Model;
  readonly modelData: ServerlessModelData;
  readonly architecture: Architecture;
  /** Export that handles requests, such as `streamingHandler`. */
  readonly handler: string;
  /** Role of the function, which gets read access to the model. */
  readonly role: IRole;
}

/** Code and file system of a function, and the location of the model. */
export type FunctionCode = Pick<
  FunctionProps,
  'runtime' | 'handler' | 'code' | 'layers' | 'filesystem' | 'ephemeralStorageSize'
> & {
  /** Folder or URL of the model. */
  readonly modelLocation: string;
  /**
   * Whether the mount also reads from S3 directly.
   * @default - nothing is mounted, or the mount has no S3 bucket
   */
  readonly readsFromS3?: boolean;
  /** Digest of the runtime in the layer. @default - the runtime is part of the image */
  readonly runtimeDigest?: string;
};

/** Folder into which Lambda unpacks the function's code. */
const CODE_FOLDER = '/var/task';

/** Creates the function's code, and grants read access to the model where Lambda does not load it itself. */
export function functionCode(scope: Construct, props: FunctionCodeProps): FunctionCode {
  const { model, modelData, architecture, handler, role } = props;
  if (needsPython(model.manifest)) return imageCode(scope, props);
  const { layer, digest } = runtimeLayer(scope, architecture, model.manifest.task);
  const runtime = {
    runtime: NODE,
    handler: `${LAYER_MOUNT}/lambda.${handler}`,
    layers: [layer],
    runtimeDigest: digest,
  };
  const elsewhere = { ...runtime, code: Code.fromInline('// The model is elsewhere.') };
  const { settings } = modelData;
  switch (settings.kind) {
    case 'package': {
      const layerBytes = RUNTIME_BYTES + (model.manifest.task ? TASK_BYTES : 0);
      if (model.sizeBytes + layerBytes <= LAMBDA.maxCodeBytes) {
        // The digest identifies the content, so that a second synthesis neither reads nor copies the package.
        const code = Code.fromAsset(model.directory, { assetHash: model.deployedDigest.slice('sha256:'.length) });
        return { ...runtime, code, modelLocation: CODE_FOLDER };
      }
      const objects = new PackageObjects(scope, 'Package', model);
      mayRead(role, [objects.objectsArn]);
      return { ...elsewhere, ephemeralStorageSize: tmpSize(model), modelLocation: objects.url };
    }
    case 'bucket': {
      const { bucket, prefix } = settings;
      mayRead(role, [bucket.arnForObjects(`${prefix}*`)]);
      bucket.encryptionKey?.grantDecrypt(role);
      const modelLocation = bucket.s3UrlForObject(prefix);
      return { ...elsewhere, ephemeralStorageSize: tmpSize(model), modelLocation };
    }
    case 'fileSystem': {
      const filesystem = ModelMount.ofEfs(settings.accessPoint);
      return { ...elsewhere, filesystem, modelLocation: `${MODEL_MOUNT}/${settings.folder}` };
    }
    case 's3Files': {
      const { accessPoint, folder, origin } = settings;
      const mount = new S3FilesMount(scope, accessPoint);
      mount.grantRead(role, origin);
      return {
        ...elsewhere,
        filesystem: ModelMount.ofS3Files(mount),
        modelLocation: `${MODEL_MOUNT}/${folder}`,
        readsFromS3: origin !== undefined,
      };
    }
  }
}

/** Container image with Python, the packages that the model needs, and the model. */
function imageCode(scope: Construct, { model, architecture, handler }: FunctionCodeProps): FunctionCode {
  const name = architectureName(architecture);
  warnAboutEmulation(scope, name === 'x64' ? 'amd64' : name);
  const { directory } = lambdaImageContext({ architecture: name, model });
  return {
    runtime: Runtime.FROM_IMAGE,
    handler: Handler.FROM_IMAGE,
    code: Code.fromAssetImage(directory, {
      cmd: [handler],
      platform: name === 'arm64' ? Platform.LINUX_ARM64 : Platform.LINUX_AMD64,
    }),
    modelLocation: LAMBDA_IMAGE_MODEL_FOLDER,
  };
}

function mayRead(role: IRole, resources: string[]): void {
  role.addToPrincipalPolicy(new PolicyStatement({ actions: ['s3:GetObject'], resources }));
}

/** Size of `/tmp`: the files of the model and 10 % headroom, within the limits of Lambda. */
function tmpSize(model: Model): Size {
  const needed = Math.ceil((model.sizeBytes * 1.1) / 2 ** 20);
  return Size.mebibytes(Math.min(LAMBDA.maxTmpMib, Math.max(LAMBDA.minTmpMib, needed)));
}
