import { Stack } from 'aws-cdk-lib';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Construct } from 'constructs';
import type { AsynchronousOptions, EndpointMode } from '../../mode.js';
import { asyncInputPrefix, asyncOutputPrefix } from './endpoint-config.js';

/** Endpoint that a caller may invoke. */
export interface InvokedEndpoint {
  readonly endpointArn: string;
  /** ARNs of the inference components. Callers invoke them by name, and IAM authorizes each as a separate resource. */
  readonly componentArns: readonly string[];
  readonly mode: EndpointMode;
  /** Whether responses may be streamed. */
  readonly streams: boolean;
  /** Key that encrypts the responses of an asynchronous endpoint. */
  readonly encryptionKey?: IKey;
}

/** Returns the URL of requests to an endpoint. */
export function invocationUrl(scope: Construct, endpointName: string, mode: EndpointMode): string {
  const { region, urlSuffix } = Stack.of(scope);
  const call = mode.kind === 'asynchronous' ? 'async-invocations' : 'invocations';
  return `https://runtime.sagemaker.${region}.${urlSuffix}/endpoints/${endpointName}/${call}`;
}

/** Grants permission to invoke an endpoint and, if it is asynchronous, to exchange objects with it. */
export function grantEndpoint(grantee: IGrantable, endpoint: InvokedEndpoint): Grant {
  const { endpointArn, componentArns, mode, streams, encryptionKey } = endpoint;
  const asynchronous = mode.settings.kind === 'asynchronous' ? mode.settings.options : undefined;
  const grant = Grant.addToPrincipal({
    grantee,
    actions: asynchronous
      ? ['sagemaker:InvokeEndpointAsync']
      : ['sagemaker:InvokeEndpoint', ...(streams ? [STREAM_ACTION] : [])],
    resourceArns: [endpointArn, ...componentArns],
  });
  const objects = asynchronous ? grantAsyncObjects(grantee, asynchronous, encryptionKey) : [];
  return objects.reduce((all, each) => all.combine(each), grant);
}

const STREAM_ACTION = 'sagemaker:InvokeEndpointWithResponseStream';

/** Grants a caller of an asynchronous endpoint the permissions to upload requests and to read responses. */
function grantAsyncObjects(grantee: IGrantable, options: AsynchronousOptions, key?: IKey): Grant[] {
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
