export * from './content-hash.js';
export * from './generic.js';
export * from './package-files.js';
export * from './validator.js';
