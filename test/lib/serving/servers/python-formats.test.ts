import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  HANDLER_SIGNATURES,
  MODEL_FORMATS,
  type ModelFormat,
  needsPython,
  PICKLE_FORMATS,
} from '@modelship/runtime/manifest';
import { App, Stack } from 'aws-cdk-lib';
import { type TerraformStack, Testing } from 'cdktf';
import { describe, expect, it, vi } from 'vitest';
import * as aws from '../../../../lib/aws/index.js';
import * as azure from '../../../../lib/azure/index.js';
import { runtimeImageContext } from '../../../../lib/bundle/image-context.js';
import { pythonRequirements } from '../../../../lib/bundle/python-requirements.js';
import * as gcp from '../../../../lib/gcp/index.js';
import { Model } from '../../../../lib/model/model.js';
import { type PackageOverrides, writePackage } from '../../../support/packages.js';
import { azureStack } from '../../azure/support.js';
import { googleStack, REGION } from '../../gcp/support.js';

vi.mock('../../../../lib/bundle/runtime-folder.js', () => import('../../azure/small-runtime.js'));

function packageOf(format: ModelFormat, requirements?: string[]): string {
  const content = { model: 'no model', 'samples.json': '[]' };
  return writePackage({
    format,
    artifact: 'model',
    content,
    ...(requirements && { requirements }),
    ...handled(format),
  });
}

/** Members of the manifest that only a handler has. */
function handled(format: ModelFormat): PackageOverrides {
  if (format !== 'handler') return {};
  const { serving_default: main, request } = HANDLER_SIGNATURES;
  return { ...main, signatures: { request }, handler: { kind: 'modelship', module: 'steps' } };
}

const modelOf = (format: ModelFormat, requirements?: string[]) =>
  Model.fromDirectory(packageOf(format, requirements), { trustPickle: true, trustCode: true });

interface CfnModel {
  readonly Type: string;
  readonly Properties: { readonly PrimaryContainer: { readonly Image: unknown } };
}

/** What a construct synthesizes for a model: the template, and what the image is known by. */
interface Synthesized {
  readonly template: string;
  /** The Dockerfiles that are deployed, or a digest of the context. */
  readonly image: string;
}

function onAws(make: (stack: Stack, model: Model) => unknown): (model: Model) => Synthesized {
  return (model) => {
    const app = new App();
    const stack = new Stack(app, 'Stack');
    make(stack, model);
    const { directory } = app.synth();
    const dockerfiles = readdirSync(directory)
      .map((name) => join(directory, name, 'Dockerfile'))
      .filter((path) => existsSync(path))
      .map((path) => readFileSync(path, 'utf8'));
    return { template: readFileSync(join(directory, 'Stack.template.json'), 'utf8'), image: dockerfiles.join('') };
  };
}

function onTerraform(
  newStack: () => TerraformStack,
  make: (stack: TerraformStack, model: Model) => unknown,
): (model: Model) => Synthesized {
  return (model) => {
    const stack = newStack();
    make(stack, model);
    const template = Testing.synth(stack);
    return { template, image: template };
  };
}

const location = 'westeurope';
const acr = () => azure.AzureImage.fromAcrTask({});

/** All that may serve a format that needs Python: each builds its own image by default, or by the cloud's builder. */
const TARGETS: Readonly<Record<string, (model: Model) => Synthesized>> = {
  'aws ServerlessModel': onAws((stack, model) => new aws.ServerlessModel(stack, 'Model', { model })),
  'aws ContainerModel': onAws((stack, model) => new aws.ContainerModel(stack, 'Model', { model })),
  'aws ManagedEndpointModel': onAws((stack, model) => new aws.ManagedEndpointModel(stack, 'Model', { model })),
  'azure ServerlessModel on Container Apps': onTerraform(azureStack, (stack, model) => {
    const host = azure.ServerlessHost.containerApps({ image: acr() });
    new azure.ServerlessModel(stack, 'Model', { model, location, host });
  }),
  'azure ContainerModel': onTerraform(
    azureStack,
    (stack, model) => new azure.ContainerModel(stack, 'Model', { model, location, image: acr() }),
  ),
  'azure ManagedEndpointModel': onTerraform(
    azureStack,
    (stack, model) => new azure.ManagedEndpointModel(stack, 'Model', { model, location, image: acr() }),
  ),
  'gcp ServerlessModel': onTerraform(
    googleStack,
    (stack, model) => new gcp.ServerlessModel(stack, 'Model', { model, region: REGION }),
  ),
  'gcp ContainerModel': onTerraform(
    googleStack,
    (stack, model) => new gcp.ContainerModel(stack, 'Model', { model, region: REGION }),
  ),
  'gcp ManagedEndpointModel': onTerraform(
    googleStack,
    (stack, model) => new gcp.ManagedEndpointModel(stack, 'Model', { model, region: REGION }),
  ),
};

const TRUSTED = /MODELSHIP_TRUST_PICKLE\W+(?:value\W+)?true/i;
/** The length that Azure shortens digests to. */
const digestOf = (format: ModelFormat) =>
  runtimeImageContext({ architecture: 'x64', manifest: { format } }).digest.slice(0, 16);

describe.each(Object.entries(TARGETS))('%s', (target, synthesize) => {
  it('serves a pickle in the image with Python, and tells the runtime that it is trusted', () => {
    const { template, image } = synthesize(modelOf('pickle'));
    expect(TRUSTED.test(template)).toBe(true);
    if (target.startsWith('aws')) expect(image).toMatch(/pip install/);
    else expect(image).toContain(digestOf('pickle'));
  });

  it('serves a SavedModel in the image with Python, and trusts no pickle', () => {
    const { template, image } = synthesize(modelOf('saved_model'));
    expect(template).not.toContain('MODELSHIP_TRUST_PICKLE');
    if (target.startsWith('aws')) expect(image).toMatch(/pip install/);
    else expect(image).toContain(digestOf('saved_model'));
  });

  it.each(['onnx', 'xgboost'] as const)('serves %s without packages without Python, and trusts no pickle', (format) => {
    const { template, image } = synthesize(modelOf(format));
    expect(template).not.toContain('MODELSHIP_TRUST_PICKLE');
    if (target.startsWith('aws')) expect(image).not.toMatch(/pip install/);
    else expect(image).toContain(digestOf('onnx'));
  });
});

it('gives each variant of an endpoint on SageMaker the image of its own format', () => {
  const { template, image } = onAws((stack, model) => {
    const variants = [{ name: 'pickled', model: modelOf('pickle'), weight: 1 }];
    const mode = aws.EndpointMode.realTime({ instanceType: 'ml.m5.large', variants });
    new aws.ManagedEndpointModel(stack, 'Model', { model, mode });
  })(modelOf('onnx'));
  const models = Object.values(JSON.parse(template).Resources as Record<string, CfnModel>).filter(
    ({ Type }) => Type === 'AWS::SageMaker::Model',
  );
  const images = models.map(({ Properties }) => JSON.stringify(Properties.PrimaryContainer.Image));
  expect(new Set(images).size).toBe(2);
  expect(image.match(/^ENTRYPOINT/gm)).toHaveLength(2);
});

it('refuses every format that needs Python where there is none: Azure Functions', () => {
  const requirements = ['numpy==2.4.6'];
  for (const format of MODEL_FORMATS.filter((each) => needsPython({ format: each, requirements }))) {
    const make = () =>
      new azure.ServerlessModel(azureStack(), 'Model', { model: modelOf(format, requirements), location });
    expect(make, format).toThrow(/needs Python/);
  }
});

it('serves XGBoost without packages on Azure Functions', () => {
  const make = () => new azure.ServerlessModel(azureStack(), 'Model', { model: modelOf('xgboost'), location });
  expect(make).not.toThrow();
});

it('installs the packages of a handler, tells the runtime that it is trusted, and needs trust of its own', () => {
  const model = modelOf('handler', ['numpy==2.4.6', 'torch==2.9.0']);
  const { template, image } = onAws((stack, each) => new aws.ContainerModel(stack, 'Model', { model: each }))(model);
  expect(template).toContain('"MODELSHIP_TRUST_CODE"');
  expect(template).not.toContain('MODELSHIP_TRUST_PICKLE');
  expect(image).toMatch(/pip install/);
  expect(pythonRequirements(model.manifest)).toEqual(
    expect.arrayContaining(['torch==2.9.0', expect.stringMatching(/^--.*pytorch/)]),
  );
  expect(() => Model.fromDirectory(packageOf('handler'), { trustPickle: true })).toThrow(
    /its handler is code .* trustCode: true/,
  );
});

it.each(PICKLE_FORMATS)('no construct ever gets a model of an untrusted format: %s', (format) => {
  const untrusted = () => Model.fromDirectory(packageOf(format));
  expect(untrusted).toThrow(new RegExp(`model \`iris\` has the format ${format}.*trustPickle: true`));
});

describe('a variable that says what is trusted', () => {
  const environment = { MODELSHIP_TRUST_PICKLE: 'true' };
  const model = modelOf('onnx');
  it.each<[string, () => unknown]>([
    ['aws ServerlessModel', () => new aws.ServerlessModel(new Stack(), 'Model', { model, environment })],
    ['aws ContainerModel', () => new aws.ContainerModel(new Stack(), 'Model', { model, environment })],
    ['aws ManagedEndpointModel', () => new aws.ManagedEndpointModel(new Stack(), 'Model', { model, environment })],
    [
      'azure ContainerModel',
      () => new azure.ContainerModel(azureStack(), 'Model', { model, location, image: acr(), environment }),
    ],
    [
      'gcp ServerlessModel',
      () => new gcp.ServerlessModel(googleStack(), 'Model', { model, region: REGION, environment }),
    ],
  ])('is set by the model alone: %s', (_, make) => {
    expect(make).toThrow(/environment\.MODELSHIP_TRUST_PICKLE/);
  });
});
