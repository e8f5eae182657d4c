export { cohere } from './rest.js';
