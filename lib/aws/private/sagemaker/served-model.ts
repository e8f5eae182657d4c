import { ENVIRONMENT } from '@modelship/runtime/contract';
import { AssetStaging, type FileAssetLocation, FileAssetPackaging, Stack, Tokenization } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { CfnModel } from 'aws-cdk-lib/aws-sagemaker';
import { Construct } from 'constructs';
import { modelArchive } from '../../../bundle/model-archive.js';
import type { Model } from '../../../model/model.js';
import type { ModelServer } from '../../../serving/servers/model-server.js';
import type { EndpointModelData } from '../../endpoint-model-data.js';
import type { PulledImage } from '../shared/pulled-image.js';
import type { ExecutionRole } from './role.js';

export interface ServedModelProps {
  readonly model: Model;
  readonly server: ModelServer;
  readonly image: PulledImage;
  readonly modelData: EndpointModelData;
  readonly role: ExecutionRole;
  readonly timeoutSeconds: number;
  /** @default as the server does */
  readonly startupSeconds?: number;
  readonly environment: { readonly [name: string]: string };
  readonly networkIsolation: boolean;
  readonly vpcConfig?: CfnModel.VpcConfigProperty;
}

/** SageMaker's model: an image, the model's files, and the environment. It is never changed, only replaced. */
export class ServedModel extends Construct {
  readonly resource: CfnModel;
  /** The archive of the package, if that is where the model comes from. */
  readonly asset?: FileAssetLocation;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: ServedModelProps,
  ) {
    super(scope, id);
    if (props.modelData.kind === 'package' && props.server.layout(props.model).length > 0) this.asset = this.upload();
    this.resource = new CfnModel(this, 'Resource', {
      executionRoleArn: props.role.roleArn,
      enableNetworkIsolation: props.networkIsolation,
      vpcConfig: props.vpcConfig,
      primaryContainer: { image: props.image.uri, environment: this.environment(), ...this.data() },
    });
    // The policy too: SageMaker tries the role while the model is made.
    this.resource.node.addDependency(props.role);
  }

  /** Uploads the archive as it is, under a name that ends as SageMaker asks, which CDK's `Asset` would not give it. */
  private upload(): FileAssetLocation {
    const { model, server, role } = this.props;
    const { path, digest } = modelArchive(model, server.layout(model));
    const staging = new AssetStaging(this, 'Archive', { sourcePath: path, assetHash: digest });
    const stack = Stack.of(this);
    const asset = stack.synthesizer.addFileAsset({
      packaging: FileAssetPackaging.FILE,
      sourceHash: `${staging.assetHash}.tar`,
      fileName: staging.relativeStagedPath(stack),
      displayName: `the model ${model.name}`,
    });
    role.mayReadObject(Bucket.fromBucketName(this, 'Assets', asset.bucketName), asset.objectKey);
    return asset;
  }

  private environment(): { [name: string]: string } {
    const { model, server, modelData, environment, timeoutSeconds, startupSeconds } = this.props;
    // Which of many models is loaded, the caller says.
    const own = modelData.kind === 'multiModel' ? {} : server.spec.sageMakerEnvironment?.(model);
    if (server.spec.image !== undefined) return { ...environment, ...own };
    return {
      ...environment,
      ...own,
      [ENVIRONMENT.timeoutSeconds]: Tokenization.stringifyNumber(timeoutSeconds),
      ...(startupSeconds === undefined
        ? {}
        : { [ENVIRONMENT.startSeconds]: Tokenization.stringifyNumber(startupSeconds) }),
    };
  }

  private data(): Partial<CfnModel.ContainerDefinitionProperty> {
    const { modelData, role } = this.props;
    if (this.asset) return { modelDataUrl: this.asset.s3ObjectUrl };
    const { bucket, prefix } = modelData;
    if (!bucket || prefix === undefined) return {};
    role.mayReadPrefix(bucket, prefix);
    const s3Uri = bucket.s3UrlForObject(prefix);
    if (modelData.kind === 'multiModel') return { mode: 'MultiModel', modelDataUrl: s3Uri };
    return { modelDataSource: { s3DataSource: { s3Uri, s3DataType: 'S3Prefix', compressionType: 'None' } } };
  }
}
