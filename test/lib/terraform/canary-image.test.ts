import { expect, test } from 'vitest';
import { AzureImage } from '../../../lib/azure/index.js';
import { GoogleImage } from '../../../lib/gcp/index.js';
import { Model } from '../../../lib/model/model.js';
import { ImageSource } from '../../../lib/serving/index.js';
import { Validator } from '../../../lib/serving/validation/validator.js';
import { checkOneImage } from '../../../lib/terraform/canary-image.js';
import { writePackage } from '../../support/packages.js';
import { writeTextPackage } from '../../support/text-package.js';

const inFormat = (format: 'onnx' | 'lightgbm') => Model.fromDirectory(writePackage({ format }));

function faults(stableModel: Model | undefined, model: Model, image?: ImageSource): string {
  const validator = new Validator('ContainerModel Stack/Iris', () => false);
  checkOneImage(validator, { image, model, stableModel });
  try {
    validator.throwIfAny();
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

test('a canary of formats that need different packages is refused where one image would be made for both', () => {
  const message = faults(inFormat('lightgbm'), inFormat('onnx'));
  expect(message).toMatch(
    /stableModel: both versions run in one image, and the stable version needs .*lightgbm==.*no Python/,
  );
  expect(message).toContain('IMAGE_DIFFERS');
  expect(faults(inFormat('onnx'), inFormat('lightgbm'), GoogleImage.fromCloudBuild())).toContain('IMAGE_DIFFERS');
  expect(faults(inFormat('onnx'), inFormat('lightgbm'), AzureImage.fromAcrTask())).toContain('IMAGE_DIFFERS');
});

test('a canary of tasks that need different packages is refused', () => {
  const text = Model.fromDirectory(writeTextPackage());
  expect(faults(text, inFormat('onnx'))).toMatch(/the stable version needs tokenizers, the new one no Python/);
  expect(faults(inFormat('onnx'), text)).toContain('IMAGE_DIFFERS');
  expect(faults(text, Model.fromDirectory(writeTextPackage()))).toBe('');
});

test('a canary of one format passes, and so does an image that somebody else made', () => {
  expect(faults(undefined, inFormat('onnx'))).toBe('');
  expect(faults(inFormat('onnx'), inFormat('onnx'))).toBe('');
  expect(faults(inFormat('lightgbm'), inFormat('onnx'), ImageSource.fromRegistry('example.com/both:1'))).toBe('');
});
