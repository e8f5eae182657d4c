/** The version of the runtime, which is that of its package. */
export const RUNTIME_VERSION = '0.1.0';
