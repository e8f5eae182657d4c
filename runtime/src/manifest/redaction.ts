import { columnName } from '../tensor/columns.js';
import { elementCount, type Signature, type TensorSpec } from '../tensor/tensor.js';
import { ModelPackageError } from './package-error.js';

/** Values that are never captured: whole tensors, and columns by their place in a row. */
export class Redaction {
  private readonly columns: ReadonlyMap<string, ReadonlySet<number> | 'all'>;

  /**
   * @param names names of inputs, outputs, and columns of them
   * @throws ModelPackageError `COLUMN_UNKNOWN` if a name is none, because its values would be captured
   */
  constructor(model: string, { inputs, outputs }: Signature, names: readonly string[]) {
    const specs = [...inputs, ...outputs];
    const unknown = names.filter(
      (name) => !specs.some((spec) => spec.name === name || placesOf(spec, [name]).length > 0),
    );
    if (unknown.length > 0) throw unknownColumns(model, unknown, specs);
    this.columns = new Map(
      specs.map((spec) => [spec.name, names.includes(spec.name) ? 'all' : new Set(placesOf(spec, names))]),
    );
  }

  /** Whether a value of a tensor is redacted, by its place in the row. */
  covers(tensor: string, place: number): boolean {
    const columns = this.columns.get(tensor);
    return columns === 'all' || (columns?.has(place) ?? true);
  }
}

function placesOf(spec: TensorSpec, names: readonly string[]): number[] {
  const width = elementCount(spec.shape.slice(1));
  // A row of any length has no columns.
  if (spec.shape.length !== 2 || width < 1) return [];
  return Array.from({ length: width }, (_, place) => place).filter((place) => names.includes(columnName(spec, place)));
}

function unknownColumns(model: string, names: readonly string[], specs: readonly TensorSpec[]): ModelPackageError {
  return new ModelPackageError(
    'COLUMN_UNKNOWN',
    `model \`${model}\` has no input, output or column ${names.join(', ')} to redact; it has ${specs.map(({ name }) => name).join(', ')}. ` +
      'Columns are named by their labels, or as `features[0]`.',
  );
}
