export { explain } from './explain.js';
export { kserve } from './rest.js';
