export { Model, type ModelOptions } from './model.js';
