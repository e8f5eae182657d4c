export { torchServe } from './rest.js';
