import { NUMBER, options } from './prop-types.js';

/** Options of `WebAcl.managed()`, the same on every cloud. */
interface ManagedWebAclOptions {
  readonly requestsPerFiveMinutes?: number;
}

/** Types of the members that the settings of `WebAcl.managed()` have. */
export const MANAGED_WEB_ACL = {
  options: options<ManagedWebAclOptions>('an object such as { requestsPerFiveMinutes: 2000 }', {
    requestsPerFiveMinutes: NUMBER,
  }),
};
