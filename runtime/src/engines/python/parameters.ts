import type { Tensor } from '../../tensor/tensor.js';
import type { AdditiveModel, Link } from '../additive-model.js';
import { readLightgbmTrees } from '../trees/lightgbm-file.js';
import { TreeEnsemble, type ValuedTree } from '../trees/tree-ensemble.js';
import { readXgboostTrees } from '../trees/xgboost-file.js';

const LINKS: readonly Link[] = ['identity', 'logit', 'log', 'softmax'];

/** Arrays that a worker returned, by name. */
class Parameters {
  private readonly tensors: ReadonlyMap<string, Tensor>;

  constructor(tensors: readonly Tensor[]) {
    this.tensors = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  }

  has(name: string): boolean {
    return this.tensors.has(name);
  }

  text(name: string): string {
    return String((this.tensors.get(name)?.data as readonly Buffer[] | undefined)?.[0] ?? '');
  }

  numbers(name: string): Float64Array {
    return Float64Array.from((this.tensors.get(name)?.data ?? []) as ArrayLike<number>, Number);
  }

  file(): Buffer {
    const data = this.tensors.get('file')?.data as Uint8Array;
    return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  }
}

/**
 * Returns the additive model that the arrays of `modelship_worker/parameters.py` describe.
 *
 * @returns undefined if it cannot be explained exactly
 */
export function additiveModelOf(tensors: readonly Tensor[]): AdditiveModel | undefined {
  const parameters = new Parameters(tensors);
  try {
    const model = modelOf(parameters);
    if (!model || !parameters.has('scale')) return model;
    return { ...model, scaling: { offset: parameters.numbers('offset'), scale: parameters.numbers('scale') } };
  } catch (error) {
    // Trees that are too deep, for example.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function modelOf(parameters: Parameters): AdditiveModel | undefined {
  const kind = parameters.text('kind');
  if (kind === 'xgboost') return readXgboostTrees(parameters.file());
  if (kind === 'lightgbm') return readLightgbmTrees(parameters.file());
  const links = LINKS.filter((link) => link === parameters.text('link'));
  if (kind === 'linear') {
    const coefficients = parameters.numbers('coefficients');
    const intercepts = parameters.numbers('intercepts');
    const outputs = intercepts.length;
    return { columns: coefficients.length / outputs, outputs, links, form: { kind, coefficients, intercepts } };
  }
  const base = parameters.numbers('base');
  const [columns] = parameters.numbers('columns') as unknown as [number];
  const form = new TreeEnsemble(treesOf(parameters), { columns, base, isFloat32: parameters.has('single') });
  return { columns, outputs: base.length, links, form };
}

function treesOf(parameters: Parameters): ValuedTree[] {
  const left = parameters.numbers('left');
  const right = parameters.numbers('right');
  const column = parameters.numbers('column');
  const threshold = parameters.numbers('threshold');
  const defaultLeft = parameters.numbers('missing_left');
  const cover = parameters.numbers('cover');
  const values = parameters.numbers('value');
  const width = values.length / left.length;
  const outputs = parameters.numbers('output');
  let end = 0;
  return Array.from(parameters.numbers('sizes'), (size, index) => {
    const start = end;
    end += size;
    const own = (all: Float64Array) => all.subarray(start, end);
    return {
      left: own(left),
      right: own(right),
      column: own(column),
      threshold: own(threshold),
      defaultLeft: own(defaultLeft),
      cover: own(cover),
      values: values.subarray(start * width, end * width),
      output: outputs[index]!,
    };
  });
}
