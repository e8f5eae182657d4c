import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { AsynchronousOptions } from '../../mode.js';
import { asyncInputPrefix, asyncOutputPrefix } from './endpoint-config.js';

/** Grants a caller of an asynchronous endpoint the permissions to upload requests and to read responses. */
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
    // SageMaker encrypts responses with the endpoint's key, or else with the bucket's default.
    (key ?? outputBucket.encryptionKey)?.grantDecrypt(grantee),
  ];
  return grants.filter((grant) => grant !== undefined);
}
