import { tensorBytes, tensorFromBytes } from './binary.js';
import { type Datatype, typedArrayOf } from './datatype.js';
import { invalid } from './errors.js';
import { elementCount, type Tensor, type TensorSpec } from './tensor.js';

const MAGIC = Buffer.from('\x93NUMPY', 'latin1');

/** The header ends at a multiple of this, so that the data can be mapped. */
const ALIGNMENT = 64;

const DESCRIPTIONS: Partial<Record<Datatype, string>> = {
  BOOL: '|b1',
  UINT8: '|u1',
  INT8: '|i1',
  UINT16: '<u2',
  INT16: '<i2',
  UINT32: '<u4',
  INT32: '<i4',
  UINT64: '<u8',
  INT64: '<i8',
  FP16: '<f2',
  FP32: '<f4',
  FP64: '<f8',
};

/**
 * A tensor from an array that NumPy saved. Numbers of another type are converted where the input is of floats, because
 * NumPy's own default is float64.
 *
 * @throws InferenceError `INVALID_ARGUMENT`
 */
export function tensorFromNpy(spec: TensorSpec, bytes: Buffer): Tensor {
  const { descr, fortran, shape, dataAt } = readHeader(bytes);
  if (fortran) throw invalid('npy: the array is in Fortran order: save numpy.ascontiguousarray(array)');
  const datatype = (Object.keys(DESCRIPTIONS) as Datatype[]).find((candidate) => DESCRIPTIONS[candidate] === descr);
  if (!datatype || datatype === 'BYTES') {
    throw invalid(`npy: got dtype ${descr}, one of ${Object.values(DESCRIPTIONS).join(', ')} is needed`);
  }
  const tensor = tensorFromBytes(spec.name, datatype, shape, bytes.subarray(dataAt));
  if (datatype === spec.datatype) return tensor;
  if ((spec.datatype !== 'FP32' && spec.datatype !== 'FP64') || datatype === 'FP16') {
    throw invalid(`npy: got dtype ${descr}, input ${spec.name} takes ${DESCRIPTIONS[spec.datatype] ?? spec.datatype}`);
  }
  const data = new (typedArrayOf(spec.datatype))(elementCount(shape));
  for (let index = 0; index < data.length; index++) data[index] = Number(tensor.data[index]);
  return { name: spec.name, datatype: spec.datatype, shape, data };
}

/**
 * The array as NumPy saves it.
 *
 * @throws InferenceError `INVALID_ARGUMENT` for datatypes that NumPy has not
 */
export function npyFromTensor(tensor: Tensor): Buffer {
  const descr = DESCRIPTIONS[tensor.datatype];
  if (!descr) throw invalid(`output ${tensor.name}: npy cannot carry ${tensor.datatype}`);
  const shape = tensor.shape.length === 1 ? `${tensor.shape[0]},` : tensor.shape.join(', ');
  const header = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape}), }`;
  const before = MAGIC.length + 4;
  const padded = Math.ceil((before + header.length + 1) / ALIGNMENT) * ALIGNMENT - before;
  const length = Buffer.alloc(4);
  length[0] = 1;
  length.writeUInt16LE(padded, 2);
  return Buffer.concat([MAGIC, length, Buffer.from(`${header.padEnd(padded - 1)}\n`), tensorBytes(tensor)]);
}

interface Header {
  readonly descr: string;
  readonly fortran: boolean;
  readonly shape: number[];
  readonly dataAt: number;
}

function readHeader(bytes: Buffer): Header {
  if (bytes.length < MAGIC.length + 6 || !bytes.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw invalid('npy: the body does not start as a file of numpy.save');
  }
  // Version 1 has a length of 16 bits, the later ones of 32.
  const isFirst = bytes[MAGIC.length] === 1;
  const textAt = MAGIC.length + (isFirst ? 4 : 6);
  const dataAt = textAt + (isFirst ? bytes.readUInt16LE(MAGIC.length + 2) : bytes.readUInt32LE(MAGIC.length + 2));
  if (dataAt > bytes.length) throw invalid('npy: the header is cut');
  const text = bytes.toString('latin1', textAt, Math.min(dataAt, textAt + 1024));
  const descr = /'descr':\s*'([^']*)'/.exec(text)?.[1];
  const fortran = /'fortran_order':\s*(True|False)/.exec(text)?.[1];
  const shape = /'shape':\s*\(([\d,\s]*)\)/.exec(text)?.[1];
  if (descr === undefined || fortran === undefined || shape === undefined) {
    throw invalid('npy: the header is not that of an array of numbers');
  }
  const sizes = shape
    .split(',')
    .map((size) => size.trim())
    .filter((size) => size !== '');
  return { descr: descr.replace(/^=/, '<'), fortran: fortran === 'True', shape: sizes.map(Number), dataAt };
}
