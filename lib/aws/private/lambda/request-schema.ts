import type { Signature } from '@modelship/runtime';
import { columnsOf, datatypesThatFit, type Manifest, signaturesOf } from '@modelship/runtime/manifest';
import { type JsonSchema, JsonSchemaType, JsonSchemaVersion } from 'aws-cdk-lib/aws-apigateway';

// Schemas of JSON Schema draft 4, as API Gateway knows it. They refuse only what the runtime refuses too; what it alone
// can tell, such as whether lists are ragged, is left to it.

type TensorSpec = Signature['inputs'][number];
type Inputs = Pick<Manifest, 'format' | 'inputs' | 'outputs' | 'signatures'>;

/**
 * Characters of a schema: API Gateway allows 400 KB for a model, and CDK writes it out with more than we count.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
 */
const MAX_SCHEMA_LENGTH = 350_000;

/** A schema that names every input, or, for a model with too many of them, one that checks the request's form alone. */
function fitting(manifest: Inputs, schemaOf: (specs?: readonly TensorSpec[]) => JsonSchema): JsonSchema {
  const inputs = checkedInputs(manifest);
  if (!inputs) return schemaOf();
  const schema = schemaOf(inputs);
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
        ...(specs && !specs[0]?.tabular && { minItems: specs.length, maxItems: specs.length }),
        items: {
          type: JsonSchemaType.OBJECT,
          required: ['name', 'shape', 'datatype'],
          ...(specs && !specs[0]?.tabular && { anyOf: specs.map((spec) => described(spec, specs.length > 1)) }),
        },
      },
    },
  }));
}

/**
 * The inputs that every request has; undefined if requests may have others: a SavedModel takes more shapes than its
 * signature names, and another signature other inputs.
 */
function checkedInputs(manifest: Inputs): readonly TensorSpec[] | undefined {
  const isSole = manifest.format !== 'saved_model' && Object.keys(manifest.signatures ?? {}).length === 0;
  return isSole ? signaturesOf(manifest).serving_default!.inputs : undefined;
}

/** The values of all inputs by name; a single one may stand for itself. */
function valueOrObject(
  specs: readonly TensorSpec[],
  value: (spec: TensorSpec) => JsonSchema,
  additionalProperties: boolean,
): JsonSchema {
  const named: JsonSchema = {
    type: JsonSchemaType.OBJECT,
    required: specs.filter(({ unused }) => !unused).map(({ name }) => name),
    properties: Object.fromEntries(specs.map((spec) => [spec.name, spec.unused ? {} : value(spec)])),
    // Rows come with all columns of a table, of which the model may use some.
    additionalProperties: additionalProperties || specs[0]?.tabular === true,
  };
  const columns = columnsOf({ inputs: specs, outputs: [] });
  if (specs.length > 1) return columns ? { anyOf: [named, { type: JsonSchemaType.ARRAY }] } : named;
  // The only input may stand for itself, and its columns be named.
  const table: JsonSchema = { type: JsonSchemaType.OBJECT, required: columns?.map(({ name }) => name) };
  return { anyOf: [value(specs[0]!), named, ...(columns ? [table] : [])] };
}

/** A list for each dimension around the elements. */
function tensor(spec: TensorSpec, shape: readonly number[]): JsonSchema {
  return shape.reduceRight<JsonSchema>(
    (items, size) => ({ type: JsonSchemaType.ARRAY, items, ...(size >= 0 && { minItems: size, maxItems: size }) }),
    element(spec),
  );
}

/** One value: floats may be missing, and in tables texts too; booleans stand for numbers in tables. */
function element({ datatype, tabular = false }: TensorSpec): JsonSchema {
  const { BOOLEAN, NULL, NUMBER, STRING, OBJECT } = JsonSchemaType;
  if (datatype === 'BOOL') return { type: tabular ? [BOOLEAN, NUMBER] : BOOLEAN };
  if (datatype !== 'BYTES') {
    // Whole numbers, too, may be written with a fraction of zero.
    const isFloat = datatype.startsWith('FP') || datatype === 'BF16';
    const types = [NUMBER, ...(isFloat ? [NULL] : []), ...(tabular ? [BOOLEAN] : [])];
    return { type: types.length === 1 ? NUMBER : types };
  }
  const base64: JsonSchema = { type: OBJECT, required: ['b64'], properties: { b64: { type: STRING } } };
  return { anyOf: [{ type: tabular ? [STRING, NULL] : STRING }, base64] };
}

/** What an input says of itself; the only one may have any name. */
function described({ name, datatype, shape }: TensorSpec, isNamed: boolean): JsonSchema {
  return {
    properties: {
      ...(isNamed && { name: { enum: [name] } }),
      datatype: { enum: datatypesThatFit(datatype) },
      shape: {
        type: JsonSchemaType.ARRAY,
        minItems: shape.length,
        maxItems: shape.length,
        items: { type: JsonSchemaType.NUMBER },
      },
    },
  };
}
