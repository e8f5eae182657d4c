import { RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Architecture, Code, LayerVersion, Runtime } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { lambdaLayer } from '../../../bundle/lambda-layer.js';

/** The newest Node that Lambda offers; images run the same. */
export const NODE = Runtime.NODEJS_24_X;

/** As Node and the bundles name it. */
export function architectureName({ name }: Architecture): 'x64' | 'arm64' {
  return name === Architecture.X86_64.name ? 'x64' : 'arm64';
}

export interface RuntimeLayer {
  readonly layer: LayerVersion;
  /** Changes with the content of the layer. */
  readonly digest: string;
}

/** The layer with the runtime, which all models of a stack share. */
export function runtimeLayer(scope: Construct, architecture: Architecture): RuntimeLayer {
  const stack = Stack.of(scope);
  const name = architectureName(architecture);
  const id = `ModelshipRuntime-${name}`;
  const { directory, digest } = lambdaLayer({ architecture: name });
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
    // Versions of functions go on to use the version of the layer that they were made with.
    removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
  });
}
