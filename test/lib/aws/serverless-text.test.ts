import { expect, test } from 'vitest';
import { Model } from '../../../lib/model/model.js';
import { writeTextPackage } from '../../support/text-package.js';
import { make, modelOf } from './serverless-support.js';

const texts = (mebibytes: number) => {
  const model = Model.fromDirectory(writeTextPackage());
  Object.defineProperty(model, 'sizeBytes', { value: mebibytes * 2 ** 20 });
  return model;
};

const layers = (props: Parameters<typeof make>[0]) =>
  Object.keys(make(props).template().findResources('AWS::Lambda::LayerVersion'));
const variables = (props: Parameters<typeof make>[0]) =>
  JSON.stringify(make(props).template().findResources('AWS::Lambda::Function'));

test('a function of a model that takes texts has a layer with the tokenizers, and others keep theirs', () => {
  const [text] = layers({ model: texts(20) });
  const [plain] = layers({});
  expect(text).toMatch(/tokenizers/);
  expect(plain).not.toMatch(/tokenizers/);
}, 60_000);

test('the model leaves room for the tokenizers in the function', () => {
  const isInFunction = (model: Model) => variables({ model }).includes('"MODELSHIP_MODEL":"/var/task"');
  expect(isInFunction(modelOf(180))).toBe(true);
  expect(isInFunction(texts(180))).toBe(false);
  expect(isInFunction(texts(150))).toBe(true);
}, 60_000);
