import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { App, Stack } from 'aws-cdk-lib';
import type { CloudAssembly } from 'aws-cdk-lib/cx-api';

const ACCOUNT = '123456789012';
const REGION = 'us-east-1';

/** A file that a deployment uploads. */
export interface UploadedFile {
  readonly bucket: string;
  readonly key: string;
  /** Where it lies until then. */
  readonly path: string;
}

/** What `cdk synth` makes of one stack, with what CloudFormation would write for its pseudo parameters. */
export class Synthesized {
  /** What CloudFormation learns while it deploys: names by logical id, and attributes by `ID.NAME`. */
  readonly known = new Map<string, string>();
  private readonly assembly: CloudAssembly;

  constructor(build: (stack: Stack) => void) {
    const app = new App({ analyticsReporting: false });
    build(new Stack(app, 'S', { env: { account: ACCOUNT, region: REGION } }));
    this.assembly = app.synth();
  }

  /** The properties of every resource of a type. */
  // biome-ignore lint/suspicious/noExplicitAny: a template is whatever CloudFormation allows
  all(type: string): any[] {
    const { Resources: resources } = this.assembly.getStackByName('S').template;
    return Object.values(resources as Record<string, { Type: string; Properties: object }>)
      .filter((resource) => resource.Type === type)
      .map(({ Properties }) => Properties);
  }

  /** The logical id of the only resource of a type. */
  idOf(type: string): string {
    const { Resources: resources } = this.assembly.getStackByName('S').template;
    const found = Object.entries(resources as Record<string, { Type: string }>).filter(([, { Type }]) => Type === type);
    if (found.length !== 1) throw new Error(`${found.length} resources of type ${type}, not 1`);
    return found[0]![0];
  }

  /** The properties of the only resource of a type. */
  // biome-ignore lint/suspicious/noExplicitAny: a template is whatever CloudFormation allows
  only(type: string): any {
    const found = this.all(type);
    if (found.length !== 1) throw new Error(`${found.length} resources of type ${type}, not 1`);
    return found[0];
  }

  /** A value of the template as CloudFormation would resolve it. */
  resolve(value: unknown): string {
    if (typeof value === 'string') return value;
    const [[name, inner]] = Object.entries(value as object) as [[string, unknown]];
    if (name === 'Fn::Join') return (inner as [string, unknown[]])[1].map((part) => this.resolve(part)).join('');
    if (name === 'Fn::Sub') return this.fill(inner as string);
    if (name === 'Ref') return this.reference(inner as string);
    if (name === 'Fn::GetAtt') return this.attribute(inner as [string, string]);
    if (name === 'Fn::Select') {
      const [index, { 'Fn::Split': parts }] = inner as [number, { 'Fn::Split': [string, unknown] }];
      return this.resolve(parts[1]).split(parts[0])[index]!;
    }
    throw new Error(`a value of the kind ${name}`);
  }

  /** What the deployment uploads before it makes a resource. */
  get files(): UploadedFile[] {
    const manifest = JSON.parse(readFileSync(join(this.assembly.directory, 'S.assets.json'), 'utf8'));
    return Object.values(manifest.files as Record<string, { source: { path: string }; destinations: object }>).flatMap(
      ({ source, destinations }) =>
        Object.values(destinations).map(({ bucketName, objectKey }) => ({
          bucket: this.fill(bucketName),
          key: objectKey,
          path: join(this.assembly.directory, source.path),
        })),
    );
  }

  /** Uploads them as a deployment does. */
  async upload(endpoint: string): Promise<void> {
    const s3 = new S3Client({
      endpoint,
      region: REGION,
      forcePathStyle: true,
      credentials: { accessKeyId: 'testing', secretAccessKey: 'testing' },
    });
    await s3.send(new CreateBucketCommand({ Bucket: this.files[0]!.bucket }));
    for (const { bucket, key, path } of this.files) {
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: readFileSync(path) }));
    }
    s3.destroy();
  }

  /** Resources without a name of their own get their logical id. */
  private reference(id: string): string {
    if (id.startsWith('AWS::')) return this.fill(`\${${id}}`);
    return this.known.get(id) ?? this.assembly.getStackByName('S').template.Resources[id]?.Properties?.StageName ?? id;
  }

  private attribute([id, name]: [string, string]): string {
    const known = this.known.get(`${id}.${name}`);
    if (known !== undefined) return known;
    if (name === 'ApiEndpoint') return `https://${id}.execute-api.${REGION}.amazonaws.com`;
    if (name === 'ModelName') return id;
    throw new Error(`the attribute ${name} of ${id}`);
  }

  private fill(text: string): string {
    const values: Record<string, string> = {
      AccountId: ACCOUNT,
      Region: REGION,
      Partition: 'aws',
      URLSuffix: 'amazonaws.com',
    };
    return text.replaceAll(/\$\{AWS::(\w+)\}/g, (_whole, name) => values[name] ?? name);
  }
}
