export { checkPickles, describeUnknown } from './check.js';
export { type PickleFinding, type PickleScan, scanPickles } from './scan.js';
