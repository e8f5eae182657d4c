/** Version of the runtime, equal to the version of its package. */
export const RUNTIME_VERSION = '0.1.0';
