export { DEFAULT_TOLERANCE, type PackOptions, type Tolerance } from './options.js';
export { packModel } from './pack.js';
export { readSampleRequests, type SampleRequest, tensorsOfOpenInference } from './sample-requests.js';
export { sampleTensors } from './sample-tensors.js';
