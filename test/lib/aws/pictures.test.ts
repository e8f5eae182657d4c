import { App, Stack } from 'aws-cdk-lib';
import { Match, Template } from 'aws-cdk-lib/assertions';
import { Architecture } from 'aws-cdk-lib/aws-lambda';
import { describe, expect, it } from 'vitest';
import { ServerlessModel } from '../../../lib/aws/index.js';
import { Model } from '../../../lib/index.js';
import { writePackage } from '../../support/packages.js';
import { writePicturePackage } from '../../support/picture-package.js';

function templateOf(directory: string): Template {
  const stack = new Stack(new App(), 'Stack');
  // npm installs the decoder's addon of this machine in the repository; @modelship/pictures has those of all.
  const architecture = Architecture.X86_64;
  new ServerlessModel(stack, 'Model', { model: Model.fromDirectory(directory), architecture });
  return Template.fromStack(stack);
}

describe('a model that takes pictures behind a REST API', () => {
  it('gets pictures and forms unchanged, which API Gateway would otherwise read as text', () => {
    const template = templateOf(writePicturePackage());
    template.hasResourceProperties('AWS::ApiGateway::RestApi', {
      BinaryMediaTypes: Match.arrayWith(['image/jpeg', 'image/tiff', 'multipart/form-data']),
    });
    expect(Object.keys(template.findResources('AWS::Lambda::LayerVersion'))).toEqual([
      expect.stringMatching(/pictures/i),
    ]);
  });

  it('leaves other models as they were', () => {
    const template = templateOf(writePackage());
    const [api] = Object.values(template.findResources('AWS::ApiGateway::RestApi'));
    expect(api!.Properties.BinaryMediaTypes).toEqual(['application/octet-stream', 'application/x-npy']);
  });
});
