export { kserve } from './rest.js';
