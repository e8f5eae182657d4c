export { CONVERSION_NAMES, CONVERSIONS, type ConversionName } from './conversions.js';
export { type OptimizeOptions, optimizePackage, type RowSource } from './optimize.js';
export { type Proof, readProof } from './proof.js';
