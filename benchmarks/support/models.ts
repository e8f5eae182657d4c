import { join } from 'node:path';
import { ROOT } from './peers.js';

/** The package of the logistic regression on the iris flowers. */
export const IRIS = join(ROOT, 'examples', 'iris', 'model');

/** One flower, as a client of TensorFlow Serving asks. */
export const IRIS_REQUEST = '{"instances":[[5.1,3.5,1.4,0.2]]}';
