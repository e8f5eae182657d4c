import { Duration, RemovalPolicy, Size } from 'aws-cdk-lib';
import { arrayOf, object, options, type PropType, required, STRING } from '../../../serving/validation/prop-types.js';
import type { S3FilesOrigin } from '../../s3-files-origin.js';

/** Types of the props whose values come from the AWS CDK. */
export const VPC = object('an IVpc, such as Vpc.fromLookup(…)', 'vpcId');
export const SUBNETS = object('a SubnetSelection, such as { subnetType: SubnetType.PRIVATE_ISOLATED }');
export const SECURITY_GROUPS = arrayOf(object('an ISecurityGroup', 'securityGroupId'));
export const VPC_ENDPOINTS = arrayOf(object('an IVpcEndpoint, such as new InterfaceVpcEndpoint(…)', 'vpcEndpointId'));
export const ROLE = object('an IRole, such as Role.fromRoleArn(…)', 'roleArn');
export const KEY = object('an IKey, such as new Key(…)', 'keyArn');
export const BUCKET = object('an IBucket, such as new Bucket(…)', 'bucketArn');
export const ALARMS = arrayOf(object('an IAlarm, such as new Alarm(…)', 'alarmArn'));
export const ALARM_ACTIONS = arrayOf(object('an IAlarmAction, such as new SnsAction(topic)', 'bind'));
/** Types of the settings of model data that are objects under a prefix. */
export const OBJECTS = { bucket: required(BUCKET), prefix: required(STRING) };
export const FILE_SYSTEM = object('an IFileSystem, such as new FileSystem(…)', 'fileSystemId');
export const ACCESS_POINT = object('an IAccessPoint, such as fileSystem.addAccessPoint(…)', 'accessPointId');
/** Types of the settings of model data in Amazon S3 Files. */
export const S3_FILES = {
  accessPoint: required(object('an IAccessPointRef, such as new CfnAccessPoint(…)', 'accessPointRef')),
  folder: required(STRING),
  origin: options<S3FilesOrigin>('an object such as { bucket, prefix }', OBJECTS),
};
export const DURATION: PropType = {
  expected: 'a Duration, such as Duration.minutes(5)',
  matches: (value) => value instanceof Duration,
};
export const SIZE: PropType = {
  expected: 'a Size, such as Size.gibibytes(100)',
  matches: (value) => value instanceof Size,
};
export const REMOVAL_POLICY: PropType = {
  expected: 'a RemovalPolicy, such as RemovalPolicy.DESTROY',
  matches: (value) => Object.values<unknown>(RemovalPolicy).includes(value),
};

/** Secret values of environment variables. */
export const SECRETS = object('an object such as { NAME: Secret.fromSecretsManager(…) }');
export const SECRET = object('a Secret, such as Secret.fromSecretsManager(…)', 'arn', 'grantRead');
