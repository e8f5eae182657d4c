import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { AsynchronousOptions } from '../../mode.js';
import { asyncInputPrefix, asyncOutputPrefix } from './endpoint-config.js';

/** What a caller of an asynchronous endpoint does beside calling it: putting requests, and reading answers. */
export function grantAsyncObjects(grantee: IGrantable, options: AsynchronousOptions, key?: IKey): Grant[] {
  const { outputBucket, inputBucket = outputBucket } = options;
  const grants = [
    Grant.addToPrincipal({
      grantee,
      actions: ['s3:PutObject', 's3:GetObject'],
      resourceArns: [inputBucket.arnForObjects(`${asyncInputPrefix(options)}*`)],
    }),
    inputBucket.encryptionKey?.grantEncryptDecrypt(grantee),
    Grant.addToPrincipal({
      grantee,
      actions: ['s3:GetObject'],
      resourceArns: [outputBucket.arnForObjects(`${asyncOutputPrefix(options)}*`)],
    }),
    // SageMaker writes with the endpoint's key, else as the bucket says.
    (key ?? outputBucket.encryptionKey)?.grantDecrypt(grantee),
  ];
  return grants.filter((grant) => grant !== undefined);
}
