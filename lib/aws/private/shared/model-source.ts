import { ArnFormat, Stack } from 'aws-cdk-lib';
import { type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { ModelSource } from '../../../serving/servers/source.js';

/** Grants a role permission to list and read only the S3 prefix that a server downloads the model from. */
export function grantSource(role: IRole, source?: ModelSource): void {
  if (source?.kind !== 's3') return;
  const bucket = Stack.of(role).formatArn({
    service: 's3',
    region: '',
    account: '',
    resource: source.bucket!,
    arnFormat: ArnFormat.NO_RESOURCE_NAME,
  });
  const folder = source.prefix ? `${source.prefix}/` : '';
  role.addToPrincipalPolicy(new PolicyStatement({ actions: ['s3:GetObject'], resources: [`${bucket}/${folder}*`] }));
  role.addToPrincipalPolicy(
    new PolicyStatement({
      actions: ['s3:ListBucket'],
      resources: [bucket],
      ...(source.prefix ? { conditions: { StringLike: { 's3:prefix': [source.prefix, `${folder}*`] } } } : {}),
    }),
  );
}
