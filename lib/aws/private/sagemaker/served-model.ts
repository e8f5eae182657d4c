import { ENVIRONMENT } from '@modelship/runtime/contract';
import { AssetStaging, type FileAssetLocation, FileAssetPackaging, Stack, Tokenization } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { CfnModel, type CfnModelProps } from 'aws-cdk-lib/aws-sagemaker';
import { Construct } from 'constructs';
import { modelArchive } from '../../../bundle/model-archive.js';
import type { Model } from '../../../model/model.js';
import type { ModelServer } from '../../../serving/servers/model-server.js';
import type { EndpointModelData, PipelineContainer } from '../../endpoint-model-data.js';
import { pullImage } from '../../image.js';
import type { PulledImage } from '../shared/pulled-image.js';
import { requireEcr } from './image-validation.js';
import type { ExecutionRole } from './role.js';

export interface ServedModelProps {
  readonly model: Model;
  readonly server: ModelServer;
  /** @default - the model package of the registry brings its own */
  readonly image?: PulledImage;
  readonly modelData: EndpointModelData;
  /** Processor architecture of the instances, in Docker's notation. */
  readonly architecture: string;
  readonly role: ExecutionRole;
  readonly timeoutSeconds: number;
  /** @default - the server's own */
  readonly startupSeconds?: number;
  readonly environment: { readonly [name: string]: string };
  readonly networkIsolation: boolean;
  readonly vpcConfig?: CfnModel.VpcConfigProperty;
}

/** Whether the source brings the models to serve, so that the model in the props only names the endpoint. */
export function servesOtherModels(modelData: EndpointModelData | undefined): boolean {
  return modelData?.kind === 'multiModel' || modelData?.kind === 'modelPackage';
}

/** SageMaker model with an image, the model's files and the environment. Updates always replace it. */
export class ServedModel extends Construct {
  readonly resource: CfnModel;
  /** Archive of the package. Set if the model comes from a package and the server needs its files. */
  readonly asset?: FileAssetLocation;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: ServedModelProps,
  ) {
    super(scope, id);
    if (['package', 'pipeline'].includes(props.modelData.kind) && props.server.layout(props.model).length > 0)
      this.asset = this.upload();
    this.resource = new CfnModel(this, 'Resource', {
      executionRoleArn: props.role.resource.roleArn,
      enableNetworkIsolation: props.networkIsolation,
      vpcConfig: props.vpcConfig,
      ...this.containers(),
    });
    // The dependency includes the role's policy, because SageMaker uses the role while it creates the model.
    this.resource.node.addDependency(props.role.resource);
  }

  private containers(): Pick<CfnModelProps, 'primaryContainer' | 'containers'> {
    const { image, modelData, environment } = this.props;
    const { settings } = modelData;
    if (settings.kind === 'modelPackage') {
      return { primaryContainer: { modelPackageName: settings.modelPackageArn, environment } };
    }
    const own = { image: image!.uri, environment: this.environment(), ...this.data() };
    if (settings.kind !== 'pipeline') return { primaryContainer: own };
    const { before = [], after = [] } = settings.options;
    const steps = (list: string, containers: readonly PipelineContainer[]) =>
      containers.map((each, index) => this.step(`modelData.${list}.${index}`, each));
    return { containers: [...steps('before', before), own, ...steps('after', after)] };
  }

  private step(
    prop: string,
    { image, bucket, key, environment }: PipelineContainer,
  ): CfnModel.ContainerDefinitionProperty {
    const { role } = this.props;
    const pulled = pullImage(this, image, { architecture: this.props.architecture, root: true });
    requireEcr('ManagedEndpointModel', this, `${prop}.image`, pulled);
    role.mayPull(pulled);
    if (bucket) role.mayReadObject(bucket, key!);
    return { image: pulled.uri, modelDataUrl: bucket?.s3UrlForObject(key), environment };
  }

  /**
   * Uploads the archive without repacking, under a name with the suffix that SageMaker requires. CDK's `Asset` does
   * neither.
   */
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
    // With several models, the caller selects the model in each request.
    const own = modelData.kind === 'multiModel' ? {} : server.spec.sageMakerEnvironment?.(model);
    if (!server.isModelship) return { ...environment, ...own };
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
    const { settings } = modelData;
    if (settings.kind !== 'prefix' && settings.kind !== 'multiModel') return {};
    const { bucket, prefix } = settings;
    role.mayReadPrefix(bucket, prefix);
    const s3Uri = bucket.s3UrlForObject(prefix);
    if (settings.kind === 'multiModel') return { mode: 'MultiModel', modelDataUrl: s3Uri };
    return { modelDataSource: { s3DataSource: { s3Uri, s3DataType: 'S3Prefix', compressionType: 'None' } } };
  }
}
