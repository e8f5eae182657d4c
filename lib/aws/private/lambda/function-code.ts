import { Size } from 'aws-cdk-lib';
import { Platform } from 'aws-cdk-lib/aws-ecr-assets';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { type Architecture, Code, type FunctionProps, Handler, Runtime } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { LAMBDA_IMAGE_MODEL_FOLDER, lambdaImageContext } from '../../../bundle/lambda-image-context.js';
import { LAYER_MOUNT } from '../../../bundle/lambda-layer.js';
import type { Model } from '../../../model/model.js';
import type { ServerlessModelData } from '../../serverless-model-data.js';
import { warnOfEmulation } from '../shared/emulation.js';
import { PackageObjects } from '../shared/package-objects.js';
import { S3FilesMount } from '../shared/s3-files-mount.js';
import { LAMBDA, RUNTIME_BYTES } from './limits.js';
import { ModelMount } from './model-mount.js';
import type { FunctionRole } from './role.js';
import { architectureName, NODE, runtimeLayer } from './runtime-layer.js';

export interface FunctionCodeProps {
  readonly model: Model;
  readonly modelData: ServerlessModelData;
  readonly architecture: Architecture;
  /** The export that answers, such as `streamingHandler`. */
  readonly handler: string;
  /** Of the function, which may read the model afterwards. */
  readonly role: FunctionRole;
}

/** What a function is made of, and where it finds the model. */
export type FunctionCode = Pick<
  FunctionProps,
  'runtime' | 'handler' | 'code' | 'layers' | 'filesystem' | 'ephemeralStorageSize'
> & {
  /** A folder or a URL. */
  readonly modelLocation: string;
  /** Whether what is mounted is read from S3 beside the file system. @default - nothing is, or it has no S3 behind it */
  readonly readsFromS3?: boolean;
  /** Changes with the runtime in the layer. @default - the runtime is part of the image */
  readonly runtimeDigest?: string;
};

/** Where Lambda unpacks the function's code. */
const CODE_FOLDER = '/var/task';

/** Adds what the function is made of, and lets it read what of that Lambda does not read for it. */
export function functionCode(scope: Construct, props: FunctionCodeProps): FunctionCode {
  const { model, modelData, architecture, handler, role } = props;
  if (model.manifest.format !== 'onnx') return imageCode(scope, props);
  const { layer, digest } = runtimeLayer(scope, architecture);
  const runtime = {
    runtime: NODE,
    handler: `${LAYER_MOUNT}/lambda.${handler}`,
    layers: [layer],
    runtimeDigest: digest,
  };
  const elsewhere = { ...runtime, code: Code.fromInline('// The model is elsewhere.') };
  switch (modelData.kind) {
    case 'package': {
      if (model.sizeBytes + RUNTIME_BYTES <= LAMBDA.maxCodeBytes) {
        // The digest says what is in the package, so that a second synthesis neither reads nor copies it.
        const code = Code.fromAsset(model.directory, { assetHash: model.digest.slice('sha256:'.length) });
        return { ...runtime, code, modelLocation: CODE_FOLDER };
      }
      const objects = new PackageObjects(scope, 'Package', model);
      mayRead(role, [objects.objectsArn]);
      return { ...elsewhere, ephemeralStorageSize: tmpSize(model), modelLocation: objects.url };
    }
    case 'bucket': {
      const bucket = modelData.bucket!;
      mayRead(role, [bucket.arnForObjects(`${modelData.prefix}*`)]);
      bucket.encryptionKey?.grantDecrypt(role);
      const modelLocation = bucket.s3UrlForObject(modelData.prefix);
      return { ...elsewhere, ephemeralStorageSize: tmpSize(model), modelLocation };
    }
    case 'fileSystem': {
      const filesystem = ModelMount.ofEfs(modelData.accessPoint!);
      return { ...elsewhere, filesystem, modelLocation: `${ModelMount.path}/${modelData.folder}` };
    }
    case 's3Files': {
      const { bucket, prefix, folder, s3FilesAccessPoint } = modelData;
      const mount = new S3FilesMount(scope, s3FilesAccessPoint!);
      mount.grantRead(role, bucket && { bucket, prefix: prefix! });
      return {
        ...elsewhere,
        filesystem: ModelMount.ofS3Files(mount),
        modelLocation: `${ModelMount.path}/${folder}`,
        readsFromS3: bucket !== undefined,
      };
    }
  }
}

/** An image with Python, the packages that the model needs, and the model. */
function imageCode(scope: Construct, { model, architecture, handler }: FunctionCodeProps): FunctionCode {
  const name = architectureName(architecture);
  warnOfEmulation(scope, name === 'x64' ? 'amd64' : name);
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

function mayRead(role: FunctionRole, resources: string[]): void {
  role.addToPolicy(new PolicyStatement({ actions: ['s3:GetObject'], resources }));
}

/** The files, and some room. */
function tmpSize(model: Model): Size {
  const needed = Math.ceil((model.sizeBytes * 1.1) / 2 ** 20);
  return Size.mebibytes(Math.min(LAMBDA.maxTmpMib, Math.max(LAMBDA.minTmpMib, needed)));
}
