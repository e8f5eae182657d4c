import { Ajv, type ValidateFunction } from 'ajv';
import { Match, Template } from 'aws-cdk-lib/assertions';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ServerlessFront } from '../../../lib/aws/index.js';
import { inferSchema, predictSchema } from '../../../lib/aws/private/lambda/request-schema.js';
import { Model } from '../../../lib/model/model.js';
import { Access } from '../../../lib/serving/index.js';
import type { ServedModel } from '../../../runtime/src/models/served-model.js';
import { decodePredictRequest } from '../../../runtime/src/protocols/tensorflow-serving/predict-request.js';
import { decodeInferRequest } from '../../../runtime/src/tensor/open-inference/infer-request.js';
import { samplesOf } from '../../contract/started-runtime.js';
import { type PackageOverrides, writePackage } from '../../support/packages.js';
import { make } from './serverless-support.js';

type Inputs = NonNullable<PackageOverrides['inputs']>;

const packaged = (inputs: Inputs, rest: PackageOverrides = {}) =>
  Model.fromDirectory(writePackage({ inputs, ...rest }));

/** The schemas that API Gateway gets, as something that checks. */
function validators(model: Model): Record<'predict' | 'infer', ValidateFunction> {
  const template = make({ model }).template();
  const [predict, infer] = ['Predict', 'Infer'].map((title) => {
    const models = Object.values(template.findResources('AWS::ApiGateway::Model'));
    const { $schema, ...schema } = models.find(({ Properties }) => Properties.Schema.title === title)!.Properties
      .Schema;
    expect($schema).toBe('http://json-schema.org/draft-04/schema#');
    return new Ajv({ strict: false }).compile(schema);
  });
  return { predict: predict!, infer: infer! };
}

describe('the REST API', () => {
  const template = make().template();

  test.each([
    ['iris:predict', 'Predict'],
    ['infer', 'Infer'],
  ])('checks bodies of JSON at %s, and lets other types pass', (part, title) => {
    const id = (type: string, properties: object) =>
      Object.keys(template.findResources(type, { Properties: properties }))[0];
    template.hasResourceProperties('AWS::ApiGateway::Method', {
      HttpMethod: 'POST',
      AuthorizationType: 'AWS_IAM',
      ResourceId: { Ref: id('AWS::ApiGateway::Resource', { PathPart: part }) },
      RequestModels: {
        'application/json': { Ref: id('AWS::ApiGateway::Model', { Schema: Match.objectLike({ title }) }) },
      },
      RequestValidatorId: Match.anyValue(),
    });
    template.hasResourceProperties('AWS::ApiGateway::RequestValidator', { ValidateRequestBody: true });
  });

  test('says what is wrong as the runtime would', () => {
    template.hasResourceProperties('AWS::ApiGateway::GatewayResponse', {
      ResponseType: 'BAD_REQUEST_BODY',
      StatusCode: '400',
      ResponseTemplates: { 'application/json': '{"error": "$context.error.validationErrorString"}' },
    });
  });

  test('passes every other path on as before', () => {
    const proxy = Object.keys(
      template.findResources('AWS::ApiGateway::Resource', { Properties: { PathPart: '{proxy+}' } }),
    )[0];
    template.hasResourceProperties('AWS::ApiGateway::Method', {
      HttpMethod: 'ANY',
      ResourceId: { Ref: proxy },
      RequestModels: Match.absent(),
    });
  });

  test('lets nobody in by a checked path who could not come by another', () => {
    const methods = (access: Access) => make({ access }).template().findResources('AWS::ApiGateway::Method');
    for (const access of [
      Access.cloudIdentity(),
      Access.apiKey(),
      Access.jwt({ issuer: 'https://i', audience: ['a'] }),
    ]) {
      const known = Object.values(methods(access)).map(({ Properties: { AuthorizationType, ApiKeyRequired } }) =>
        JSON.stringify([AuthorizationType, ApiKeyRequired]),
      );
      expect(known).toHaveLength(4);
      expect(new Set(known).size).toBe(1);
    }
  });

  test('may call the function by all its methods, and no other API may', () => {
    template.resourceCountIs('AWS::Lambda::Permission', 1);
    template.hasResourceProperties('AWS::Lambda::Permission', {
      Principal: 'apigateway.amazonaws.com',
      SourceArn: { 'Fn::Join': ['', Match.arrayWith([{ Ref: Match.stringLikeRegexp('^IrisApi') }])] },
    });
  });

  test('checks nothing where it should not', () => {
    const { stack } = make({ front: ServerlessFront.restApi({ validateRequests: false }) });
    const unchecked = Template.fromStack(stack);
    unchecked.resourceCountIs('AWS::ApiGateway::Model', 0);
    unchecked.resourceCountIs('AWS::ApiGateway::Method', 2);
    unchecked.resourcePropertiesCountIs('AWS::ApiGateway::GatewayResponse', { ResponseType: 'BAD_REQUEST_BODY' }, 0);
  });

  test.each([
    [500, true],
    [2000, false],
    [20_000, false],
  ])('names each of %i inputs, unless API Gateway would refuse so large a schema: %s', (count, isNamed) => {
    const inputs = Array.from({ length: count }, (_, index): Inputs[number] => ({
      name: `feature_of_the_customer_${index}`,
      datatype: 'FP32',
      shape: [-1],
    }));
    const template = make({ model: packaged(inputs) }).template();
    for (const { Properties } of Object.values(template.findResources('AWS::ApiGateway::Model'))) {
      const schema = JSON.stringify(Properties.Schema);
      // https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
      expect(schema.length).toBeLessThan(400 * 1024);
    }
    const predict = Object.values(template.findResources('AWS::ApiGateway::Model')).find(
      ({ Properties }) => Properties.Schema.title === 'Predict',
    );
    expect('items' in predict!.Properties.Schema.properties.instances).toBe(isNamed);
  });

  test('is deployed again when the signature has changed', () => {
    const deployment = (model: Model) =>
      Object.keys(make({ model }).template().findResources('AWS::ApiGateway::Deployment'))[0];
    const one = packaged([{ name: 'x', datatype: 'FP32', shape: [-1, 4] }]);
    const other = packaged([{ name: 'x', datatype: 'FP32', shape: [-1, 5] }]);
    expect(deployment(one)).toBe(deployment(one));
    expect(deployment(one)).not.toBe(deployment(other));
  });
});

describe('the model of requests', () => {
  const one = validators(packaged([{ name: 'x', datatype: 'FP32', shape: [-1, 2] }]));
  const two = validators(
    packaged([
      { name: 'x', datatype: 'FP32', shape: [-1, 2] },
      { name: 's', datatype: 'BYTES', shape: [-1] },
    ]),
  );
  const b64 = { b64: 'AA==' };

  test.each<[string, object]>([
    [
      'rows',
      {
        instances: [
          [1, 2],
          [3.5, -4],
        ],
      },
    ],
    ['rows with names', { instances: [{ x: [1, 2] }], signature_name: 'serving_default' }],
    ['columns', { inputs: [[1, 2]] }],
    ['columns with names, and more', { inputs: { x: [[1, 2]], y: 1 } }],
  ])('takes %s', (_, body) => {
    expect(one.predict(body)).toBe(true);
  });

  test('takes text and bytes', () => {
    expect(
      two.predict({
        instances: [
          { x: [1, 2], s: 'a' },
          { x: [1, 2], s: b64 },
        ],
      }),
    ).toBe(true);
    expect(two.predict({ inputs: { x: [[1, 2]], s: [b64] } })).toBe(true);
  });

  test.each<[string, unknown]>([
    ['no object', [[1, 2]]],
    ['nothing', {}],
    ['both', { instances: [[1, 2]], inputs: [[1, 2]] }],
    ['no row', { instances: [] }],
    ['a short row', { instances: [[1]] }],
    ['a long row', { instances: [[1, 2, 3]] }],
    ['text for numbers', { instances: [['1', '2']] }],
    ['a row too deep', { instances: [[[1, 2]]] }],
    ['another name', { instances: [{ y: [1, 2] }] }],
    ['a signature that is no name', { instances: [[1, 2]], signature_name: 1 }],
  ])('refuses %s', (_, body) => {
    expect(one.predict(body)).toBe(false);
  });

  test('refuses plain rows for several inputs, and rows that lack one', () => {
    expect(two.predict({ instances: [[1, 2]] })).toBe(false);
    expect(two.predict({ instances: [{ x: [1, 2] }] })).toBe(false);
  });

  const input = { name: 'x', datatype: 'FP32', shape: [1, 2], data: [1, 2] };
  test.each<[boolean, string, object]>([
    [true, 'an infer request', { inputs: [input] }],
    [
      true,
      'one with its tensor behind it',
      { id: null, inputs: [{ ...input, data: null, parameters: { binary_data_size: 8 } }] },
    ],
    [false, 'no input', { inputs: [] }],
    [false, 'an input twice', { inputs: [input, input] }],
    [true, 'the only input under another name', { inputs: [{ ...input, name: 'y' }] }],
    [true, 'numbers that widen', { inputs: [{ ...input, datatype: 'FP16' }] }],
    [false, 'another datatype', { inputs: [{ ...input, datatype: 'FP64' }] }],
    [false, 'another rank', { inputs: [{ ...input, shape: [2] }] }],
    [false, 'no shape', { inputs: [{ name: 'x', datatype: 'FP32', data: [1, 2] }] }],
  ])('takes or refuses (%s) %s', (isTaken, _, body) => {
    expect(one.infer(body)).toBe(isTaken);
  });

  test('takes what it cannot know of a SavedModel and of other signatures', () => {
    const inputs: Inputs = [{ name: 'x', datatype: 'FP32', shape: [-1, 2] }];
    const outputs: Inputs = [{ name: 'y', datatype: 'FP32', shape: [-1] }];
    const other = { other: { inputs: [{ name: 'z', datatype: 'BYTES' as const, shape: [-1] }], outputs } };
    for (const rest of [{ format: 'saved_model' as const }, { signatures: other }]) {
      const { predict, infer } = validators(packaged(inputs, rest));
      expect(predict({ instances: ['a'], signature_name: 'other' })).toBe(true);
      expect(infer({ inputs: [{ name: 'z', datatype: 'BYTES', shape: [1], data: ['a'] }] })).toBe(true);
      expect(predict({ instances: [] })).toBe(false);
    }
  });

  test('takes what tables may have', () => {
    const inputs: Inputs = [
      { name: 'age', datatype: 'FP64', shape: [-1] },
      { name: 'city', datatype: 'BYTES', shape: [-1] },
      { name: 'id', datatype: 'FP64', shape: [-1], unused: true },
    ];
    const manifest = { format: 'pickle', inputs, outputs: inputs } as const;
    const [predict, infer] = [predictSchema(manifest), inferSchema(manifest)].map(({ schema: _, ...schema }) =>
      new Ajv({ strict: false }).compile(schema),
    ) as [ValidateFunction, ValidateFunction];
    for (const row of [{ age: null, city: null }, { age: true, city: 'Oslo', id: 'x', more: [1] }, [null, 'Oslo']]) {
      expect([row, predict({ instances: [row] })]).toEqual([row, true]);
    }
    expect(predict({ inputs: { age: [null], city: [null] } })).toBe(true);
    expect(predict({ instances: [{ age: 'x', city: 'Oslo' }] })).toBe(false);
    const cell = { name: 'age', shape: [1], datatype: 'FP64', data: [null] };
    expect(infer({ inputs: [cell, { ...cell, name: 'more', datatype: 'BYTES' }] })).toBe(true);
    const labels = validators(packaged([{ name: 'x', datatype: 'FP32', shape: [-1, 2], labels: ['a', 'b'] }]));
    expect(labels.predict({ instances: [{ a: 1, b: null }] })).toBe(true);
    expect(labels.predict({ instances: [[1, null]] })).toBe(true);
    expect(labels.predict({ instances: [{ a: 1 }] })).toBe(false);
  });

  test('takes the golden requests of a real model', () => {
    const iris = Model.fromDirectory('examples/iris/model');
    const { infer } = validators(iris);
    for (const { request } of samplesOf(iris)) expect(infer(request)).toBe(true);
  });

  // Requests that are nearly right, of every kind: whatever the runtime answers must not be stopped on the way.
  const LEAVES: Record<'FP32' | 'INT32' | 'BOOL' | 'BYTES', fc.Arbitrary<unknown>> = {
    FP32: fc.double({ noNaN: true, noDefaultInfinity: true }),
    INT32: fc.oneof(fc.integer(), fc.constant(2.5)),
    BOOL: fc.boolean(),
    BYTES: fc.oneof(fc.string(), fc.constant(b64)),
  };
  type Spec = { name: string; datatype: keyof typeof LEAVES; shape: number[] };
  const anyLeaf = fc.oneof(...Object.values(LEAVES), fc.constant(null));

  /** A list for each dimension; now and then another one, or a leaf of another kind. */
  const tensorOf = (datatype: Spec['datatype'], shape: readonly number[]): fc.Arbitrary<unknown> => {
    const [size, ...inner] = shape;
    if (size === undefined) return fc.oneof({ weight: 20, arbitrary: LEAVES[datatype] }, anyLeaf);
    const length = size === -1 ? { minLength: 1, maxLength: 2 } : { minLength: size, maxLength: size };
    const right = fc.array(tensorOf(datatype, inner), length);
    return fc.oneof({ weight: 20, arbitrary: right }, tensorOf(datatype, inner), fc.array(right, length));
  };
  const mostly = <T, U>(right: fc.Arbitrary<T>, wrong: fc.Arbitrary<U>) =>
    fc.oneof({ weight: 20, arbitrary: right }, wrong);
  const byName = (specs: Spec[], value: (spec: Spec) => fc.Arbitrary<unknown>) =>
    fc.record<Record<string, unknown>, string>(
      Object.fromEntries([...specs.map((spec) => [spec.name, value(spec)]), ['more', anyLeaf]]),
      {
        requiredKeys: specs.map(({ name }) => name),
      },
    );
  const predictBody = (specs: Spec[]) => {
    const plain = (value: (spec: Spec) => fc.Arbitrary<unknown>) => mostly(value(specs[0]!), byName(specs, value));
    const row = (spec: Spec) => tensorOf(spec.datatype, spec.shape.slice(1));
    const rows = mostly(
      fc.oneof(fc.array(row(specs[0]!), { maxLength: 2 }), fc.array(byName(specs, row), { maxLength: 2 })),
      anyLeaf,
    );
    const columns = fc.oneof(
      plain((spec) => tensorOf(spec.datatype, spec.shape)),
      byName(specs, (spec) => tensorOf(spec.datatype, spec.shape)),
    );
    return fc.oneof(
      fc.record({ instances: rows }),
      fc.record({ inputs: columns, signature_name: fc.constant('serving_default') }, { requiredKeys: ['inputs'] }),
      fc.record({ instances: rows, inputs: columns }),
    );
  };
  const inferBody = (specs: Spec[]) => {
    const inputs = specs.map((spec) => {
      const shape = spec.shape.map((size) => Math.max(1, size));
      return fc.record({
        name: mostly(fc.constant(spec.name), fc.constant('y')),
        datatype: mostly(fc.constant(spec.datatype), fc.constant('FP64')),
        shape: mostly(fc.constant(shape), fc.constant([...shape, 1])),
        data: fc.oneof(tensorOf(spec.datatype, shape), fc.array(LEAVES[spec.datatype], { minLength: 1, maxLength: 4 })),
        parameters: fc.constantFrom(null, {}),
      });
    });
    return fc.record({ id: fc.constantFrom(null, 'a'), inputs: fc.tuple(...inputs) });
  };
  const spec = (name: string): fc.Arbitrary<Spec> =>
    fc.record({
      name: fc.constant(name),
      datatype: fc.constantFrom(...(Object.keys(LEAVES) as Spec['datatype'][])),
      shape: fc.array(fc.constantFrom(-1, 1, 2), { maxLength: 2 }).map((shape) => [-1, ...shape]),
    });
  const signature = fc.oneof(
    fc.tuple(spec('x')).map((specs): Spec[] => specs),
    fc.tuple(spec('x'), spec('s')),
  );

  test('refuses nothing that the runtime takes', () => {
    const answered = { predict: 0, infer: 0 };
    // Few signatures, each against many bodies: a synthesis takes long.
    for (const inputs of fc.sample(signature, { numRuns: 6, seed: 42 })) {
      const model = packaged(inputs);
      const { manifest } = model;
      const check = validators(model);
      const signatures = { serving_default: { inputs, outputs: manifest.outputs } };
      const served = { name: 'iris', version: '1', manifest, signatures } as unknown as ServedModel;
      const decoders = {
        predict: (bytes: Buffer) => decodePredictRequest(bytes, served),
        infer: (bytes: Buffer) => decodeInferRequest(bytes, signatures.serving_default),
      };
      const bodies: [keyof typeof decoders, fc.Arbitrary<object>][] = [
        ['predict', predictBody(inputs)],
        ['infer', inferBody(inputs)],
      ];
      for (const [kind, body] of bodies) {
        for (const each of fc.sample(body, { numRuns: 300, seed: 42 })) {
          try {
            decoders[kind](Buffer.from(JSON.stringify(each)));
          } catch {
            continue;
          }
          answered[kind]++;
          expect([each, check[kind](each)]).toEqual([each, true]);
        }
      }
    }
    expect(answered.predict).toBeGreaterThan(200);
    expect(answered.infer).toBeGreaterThan(200);
  });
});
