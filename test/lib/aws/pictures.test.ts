import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import { describe, expect, it } from 'vitest';
import { ServerlessModel } from '../../../lib/aws/index.js';
import { Model } from '../../../lib/index.js';
import { writePackage } from '../../support/packages.js';

const LABELS = ['cat', 'dog'];

const PICTURES = {
  name: 'pets',
  inputs: [{ name: 'image', datatype: 'BYTES' as const, shape: [-1] }],
  outputs: [{ name: 'scores', datatype: 'FP32' as const, shape: [-1, 2], labels: LABELS }],
  signatures: {
    tensors: {
      inputs: [{ name: 'pixel_values', datatype: 'FP32' as const, shape: [-1, 3, 8, 8] }],
      outputs: [{ name: 'logits', datatype: 'FP32' as const, shape: [-1, 2], labels: LABELS }],
    },
  },
  task: {
    type: 'image_classification' as const,
    preprocessing: [{ type: 'resize' as const, height: 8, width: 8, filter: 'bilinear' as const }],
    layout: 'NCHW' as const,
    output: 'logits',
    activation: 'softmax' as const,
  },
};

function templateOf(directory: string): Template {
  const stack = new Stack(new App(), 'Stack');
  // The addon of the decoder for arm64 is not installed on x64.
  const architecture = Architecture.X86_64;
  new ServerlessModel(stack, 'Model', { model: Model.fromDirectory(directory), architecture });
  return Template.fromStack(stack);
}

describe('a model that takes pictures behind a REST API', () => {
  it('gets pictures and forms unchanged, which API Gateway would otherwise read as text', () => {
    const template = templateOf(writePackage(PICTURES));
    template.hasResourceProperties('AWS::ApiGateway::RestApi', {
      BinaryMediaTypes: Match.arrayWith(['image/jpeg', 'image/tiff', 'multipart/form-data']),
    });
    expect(Object.keys(template.findResources('AWS::Lambda::LayerVersion'))).toEqual([expect.stringMatching(/sharp/i)]);
  });

  it('leaves other models as they were', () => {
    const template = templateOf(writePackage());
    const [api] = Object.values(template.findResources('AWS::ApiGateway::RestApi'));
    expect(api!.Properties.BinaryMediaTypes).toEqual(['application/octet-stream', 'application/x-npy']);
  });
});
