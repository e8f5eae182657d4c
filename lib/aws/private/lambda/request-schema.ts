import type { Signature } from '@modelship/runtime';
import { columnsOf, datatypesThatFit, type Manifest, signaturesOf } from '@modelship/runtime/manifest';
import { type JsonSchema, JsonSchemaType, JsonSchemaVersion } from 'aws-cdk-lib/aws-apigateway';

// Schemas use JSON Schema draft 4, which API Gateway supports. They reject only what the runtime rejects too. The
// runtime checks everything else, such as ragged lists.

type TensorSpec = Signature['inputs'][number];
type Inputs = Pick<Manifest, 'format' | 'inputs' | 'outputs' | 'signatures'>;

/**
 * Maximum length of a schema in characters. API Gateway allows 400 KB for a model, and CDK serializes it with more
 * characters than counted here.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
 */
const MAX_SCHEMA_LENGTH = 350_000;

/**
 * Builds a schema that names every input. If that is too long or inputs vary, the schema checks only the request's
 * structure.
 */
function fitting(manifest: Inputs, schemaOf: (specs?: readonly TensorSpec[]) => JsonSchema): JsonSchema {
  const inputs = checkedInputs(manifest);
  if (!inputs) return schemaOf();
  const schema = schemaOf(inputs);
  return JSON.stringify(schema).length <= MAX_SCHEMA_LENGTH ? schema : schemaOf();
}

/** Schema of a request to TensorFlow Serving's REST API. */
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
        // A row has every dimension except the first.
        ...(specs && { items: valueOrObject(specs, (spec) => tensor(spec, spec.shape.slice(1)), false) }),
      },
      ...(specs && { inputs: valueOrObject(specs, (spec) => tensor(spec, spec.shape), true) }),
    },
    oneOf: [{ required: ['instances'] }, { required: ['inputs'] }],
  }));
}

/** Schema of a request in the Open Inference Protocol v2, with its tensors in JSON or in binary data after it. */
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
 * Inputs that every request has; undefined if requests may have other inputs. A SavedModel accepts more shapes than its
 * signature names, inputs of unknown rank accept any shape, and other signatures have other inputs.
 */
function checkedInputs(manifest: Inputs): readonly TensorSpec[] | undefined {
  const isSole = manifest.format !== 'saved_model' && Object.keys(manifest.signatures ?? {}).length === 0;
  const isKnown = isSole && !manifest.inputs.some(({ unknownRank }) => unknownRank);
  return isKnown ? signaturesOf(manifest).serving_default!.inputs : undefined;
}

/** Schema of the values of all inputs by name. A single input may be sent without its name. */
function valueOrObject(
  specs: readonly TensorSpec[],
  value: (spec: TensorSpec) => JsonSchema,
  additionalProperties: boolean,
): JsonSchema {
  const named: JsonSchema = {
    type: JsonSchemaType.OBJECT,
    required: specs.filter(({ unused }) => !unused).map(({ name }) => name),
    properties: Object.fromEntries(specs.map((spec) => [spec.name, spec.unused ? {} : value(spec)])),
    // Rows may contain all columns of a table, even if the model uses only some.
    additionalProperties: additionalProperties || specs[0]?.tabular === true,
  };
  const columns = columnsOf({ inputs: specs, outputs: [] });
  if (specs.length > 1) return columns ? { anyOf: [named, { type: JsonSchemaType.ARRAY }] } : named;
  // A single input may be sent without its name, and its columns may be named.
  const table: JsonSchema = { type: JsonSchemaType.OBJECT, required: columns?.map(({ name }) => name) };
  return { anyOf: [value(specs[0]!), named, ...(columns ? [table] : [])] };
}

/** Schema with one nested list per dimension around the elements. */
function tensor(spec: TensorSpec, shape: readonly number[]): JsonSchema {
  return shape.reduceRight<JsonSchema>(
    (items, size) => ({ type: JsonSchemaType.ARRAY, items, ...(size >= 0 && { minItems: size, maxItems: size }) }),
    element(spec),
  );
}

/**
 * Schema of one value. Floats may be null; in tables, strings may be null, and booleans and numbers are
 * interchangeable.
 */
function element({ datatype, tabular = false }: TensorSpec): JsonSchema {
  const { BOOLEAN, NULL, NUMBER, STRING, OBJECT } = JsonSchemaType;
  if (datatype === 'BOOL') return { type: tabular ? [BOOLEAN, NUMBER] : BOOLEAN };
  if (datatype !== 'BYTES') {
    // Integers may also be written with a fraction of zero.
    const isFloat = datatype.startsWith('FP') || datatype === 'BF16';
    const types = [NUMBER, ...(isFloat ? [NULL] : []), ...(tabular ? [BOOLEAN] : [])];
    return { type: types.length === 1 ? NUMBER : types };
  }
  const base64: JsonSchema = { type: OBJECT, required: ['b64'], properties: { b64: { type: STRING } } };
  return { anyOf: [{ type: tabular ? [STRING, NULL] : STRING }, base64] };
}

/** Schema of one input in the Open Inference Protocol. A single input may have any name. */
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
