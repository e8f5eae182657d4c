export * from './canary-image.js';
export * from './content-hash.js';
export * from './generic.js';
export * from './package-files.js';
export * from './runtime-environment.js';
export * from './validator.js';
