export { sageMaker } from './rest.js';
