export { DEFAULT_TOLERANCE, type PackOptions, type ReferenceRows, type Tolerance } from './options.js';
export { packModel } from './pack.js';
export { pythonOptions } from './python-options.js';
export {
  parseSampleRequests,
  REQUEST_MEMBERS,
  readSampleRequests,
  type SampleRequest,
  type SampleTensors,
  tensorsOfOpenInference,
  tensorsOfPredictions,
} from './sample-requests.js';
export { sampleInputs, sampleTensors } from './sample-tensors.js';
