import { Account } from './aws/account.js';
import { testLifecycle } from './aws/steps.js';
import { describeOnRequest } from './on-request.js';

describeOnRequest('aws --local', () => testLifecycle(() => Account.local()));
