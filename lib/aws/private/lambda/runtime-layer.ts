import type { Task } from '@modelship/runtime/manifest';
import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Architecture, Code, LayerVersion, Runtime } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { lambdaLayer } from '../../../bundle/lambda-layer.js';
import { taskPackages } from '../../../bundle/task-packages.js';

/** Latest Node.js version on Lambda; images run the same version. */
export const NODE = Runtime.NODEJS_24_X;

/** Name of the architecture in Node.js and in the bundles. */
export function architectureName({ name }: Architecture): 'x64' | 'arm64' {
  return name === Architecture.X86_64.name ? 'x64' : 'arm64';
}

export interface RuntimeLayer {
  readonly layer: LayerVersion;
  /** Digest of the layer's content. */
  readonly digest: string;
}

/** Layer with the runtime, shared by all models of a stack that need the same packages. */
export function runtimeLayer(scope: Construct, architecture: Architecture, task?: Task): RuntimeLayer {
  const stack = Stack.of(scope);
  const name = architectureName(architecture);
  const id = ['ModelshipRuntime', name, ...taskPackages(task)].join('-');
  const { directory, digest } = lambdaLayer({ architecture: name, task });
  const existing = stack.node.tryFindChild(id) as LayerVersion | undefined;
  return { layer: existing ?? makeLayer(stack, id, { architecture, directory, digest }), digest };
}

function makeLayer(
  stack: Stack,
  id: string,
  { architecture, directory, digest }: { architecture: Architecture; directory: string; digest: string },
): LayerVersion {
  return new LayerVersion(stack, id, {
    // The digest is known, so that a second synthesis neither reads nor copies the folder.
    code: Code.fromAsset(directory, { assetHash: digest }),
    compatibleArchitectures: [architecture],
    compatibleRuntimes: [NODE],
    description: 'The inference runtime of Modelship',
    license: 'Apache-2.0',
    // Existing function versions keep using the layer version they were created with.
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });
}
