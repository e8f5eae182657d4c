import type { Manifest } from '@modelship/runtime/manifest';
import { type JsonSchema, JsonSchemaType, JsonSchemaVersion } from 'aws-cdk-lib/aws-apigateway';

// Schemas of JSON Schema draft 4, as API Gateway knows it. They refuse only what the runtime refuses too; what it alone
// can tell, such as whether lists are ragged, is left to it.

type TensorSpec = Manifest['inputs'][number];
type Inputs = Pick<Manifest, 'format' | 'inputs' | 'signatures'>;

/**
 * Characters of a schema: API Gateway allows 400 KB for a model, and CDK writes it out with more than we count.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
 */
const MAX_SCHEMA_LENGTH = 350_000;

/** A schema that names every input, or, for a model with too many of them, one that checks the request's form alone. */
function fitting(manifest: Inputs, schemaOf: (specs?: readonly TensorSpec[]) => JsonSchema): JsonSchema {
  if (!hasOneSignature(manifest)) return schemaOf();
  const schema = schemaOf(manifest.inputs);
  return JSON.stringify(schema).length <= MAX_SCHEMA_LENGTH ? schema : schemaOf();
}

/** A request of TensorFlow Serving's REST API. */
export function predictSchema(manifest: Inputs): JsonSchema {
  return fitting(manifest, (specs) => ({
    schema: JsonSchemaVersion.DRAFT4,
    title: 'Predict',
    type: JsonSchemaType.OBJECT,
    properties: {
      signature_name: { type: JsonSchemaType.STRING },
      instances: {
        type: JsonSchemaType.ARRAY,
        minItems: 1,
        // A row has all but the first dimension.
        ...(specs && { items: valueOrObject(specs, (spec) => tensor(spec, spec.shape.slice(1)), false) }),
      },
      ...(specs && { inputs: valueOrObject(specs, (spec) => tensor(spec, spec.shape), true) }),
    },
    oneOf: [{ required: ['instances'] }, { required: ['inputs'] }],
  }));
}

/** A request of the Open Inference Protocol v2, with its tensors in JSON or after it. */
export function inferSchema(manifest: Inputs): JsonSchema {
  return fitting(manifest, (specs) => ({
    schema: JsonSchemaVersion.DRAFT4,
    title: 'Infer',
    type: JsonSchemaType.OBJECT,
    required: ['inputs'],
    properties: {
      inputs: {
        type: JsonSchemaType.ARRAY,
        ...(specs && { minItems: specs.length, maxItems: specs.length }),
        items: {
          type: JsonSchemaType.OBJECT,
          required: ['name', 'shape', 'datatype'],
          ...(specs && { anyOf: specs.map(described) }),
        },
      },
    },
  }));
}

/** A SavedModel takes more shapes than its signature names, and another signature other inputs. */
function hasOneSignature({ format, signatures }: Inputs): boolean {
  return format !== 'saved_model' && Object.keys(signatures ?? {}).length === 0;
}

/** The values of all inputs by name; a single one may stand for itself. */
function valueOrObject(
  specs: readonly TensorSpec[],
  value: (spec: TensorSpec) => JsonSchema,
  additionalProperties: boolean,
): JsonSchema {
  const named: JsonSchema = {
    type: JsonSchemaType.OBJECT,
    required: specs.map(({ name }) => name),
    properties: Object.fromEntries(specs.map((spec) => [spec.name, value(spec)])),
    additionalProperties,
  };
  return specs.length > 1 ? named : { anyOf: [value(specs[0]!), named] };
}

/** A list for each dimension around the elements. */
function tensor({ datatype }: TensorSpec, shape: readonly number[]): JsonSchema {
  return shape.reduceRight<JsonSchema>(
    (items, size) => ({ type: JsonSchemaType.ARRAY, items, ...(size >= 0 && { minItems: size, maxItems: size }) }),
    element(datatype),
  );
}

function element(datatype: TensorSpec['datatype']): JsonSchema {
  if (datatype === 'BOOL') return { type: JsonSchemaType.BOOLEAN };
  // Whole numbers, too, may be written with a fraction of zero.
  if (datatype !== 'BYTES') return { type: JsonSchemaType.NUMBER };
  const base64: JsonSchema = {
    type: JsonSchemaType.OBJECT,
    required: ['b64'],
    properties: { b64: { type: JsonSchemaType.STRING } },
  };
  return { anyOf: [{ type: JsonSchemaType.STRING }, base64] };
}

/** What an input of this name says of itself. */
function described({ name, datatype, shape }: TensorSpec): JsonSchema {
  return {
    properties: {
      name: { enum: [name] },
      datatype: { enum: [datatype] },
      shape: {
        type: JsonSchemaType.ARRAY,
        minItems: shape.length,
        maxItems: shape.length,
        items: { type: JsonSchemaType.NUMBER },
      },
    },
  };
}
