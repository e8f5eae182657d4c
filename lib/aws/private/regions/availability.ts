// Made by scripts/aws_regions.py, which says where it is from: do not edit. Names are separated by spaces.

/** The packages it was read from. */
export const SOURCES = 'moto 5.2.1, cfn-lint 1.51.0, botocore 1.43.11';

/** When they were published. */
export const AS_OF = 'May 2026';

/** Where it is known what EC2 offers. */
export const EC2_REGIONS =
  'af-south-1 ap-east-1 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1 ' +
  'ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ca-central-1 ca-west-1 eu-central-1 eu-central-2 ' +
  'eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 il-central-1 me-central-1 me-south-1 sa-east-1 ' +
  'us-east-1 us-east-2 us-west-1 us-west-2';

/** Families of instances that these regions lack, and the others of {@link EC2_REGIONS} have. */
export const FAMILY_LACKING = {
  c5: 'ap-southeast-5',
  c5d: 'ap-southeast-5 ca-west-1',
  c6g: '',
  c6gd: 'ap-east-1 ap-south-2 ap-southeast-4 ap-southeast-5 ca-west-1 eu-south-1 il-central-1 me-central-1 me-south-1',
  c6gn: 'af-south-1 ap-south-2 ap-southeast-4 eu-central-2 eu-south-2 me-central-1',
  c6i: 'ap-southeast-3 ap-southeast-4 eu-central-2 eu-south-2 me-central-1',
  c6in: '',
  c7g: 'ap-southeast-4 me-central-1',
  c7i: 'ca-west-1 eu-south-1 il-central-1 me-south-1',
  c8g: 'af-south-1 ca-west-1 eu-west-3 il-central-1 me-central-1 me-south-1',
  g4dn:
    'ap-south-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ca-west-1 eu-central-2 eu-south-2 il-central-1 ' +
    'me-central-1',
  g5:
    'af-south-1 ap-northeast-3 ap-south-2 ap-southeast-1 ap-southeast-4 ap-southeast-5 ca-west-1 eu-central-2 ' +
    'eu-south-1 eu-south-2 eu-west-3 me-south-1 us-west-1',
  g6:
    'af-south-1 ap-east-1 ap-northeast-3 ap-south-2 ap-southeast-1 ap-southeast-3 ap-southeast-4 ca-west-1 ' +
    'eu-south-1 eu-west-1 il-central-1 me-south-1 us-west-1',
  gr6:
    'af-south-1 ap-east-1 ap-northeast-3 ap-south-2 ap-southeast-1 ap-southeast-3 ap-southeast-4 ca-west-1 ' +
    'eu-south-1 eu-west-1 il-central-1 me-central-1 me-south-1 us-west-1',
  inf1:
    'ap-northeast-3 ap-south-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ca-west-1 eu-central-2 eu-south-2 ' +
    'il-central-1 me-central-1',
  m5: 'ap-southeast-5',
  m5d: 'ap-southeast-5',
  m6g: '',
  m6gd: '',
  m6i: 'ap-southeast-4 eu-south-2',
  m7i: 'ap-south-2 ca-west-1 me-south-1',
  m8g: 'il-central-1',
  r5: 'ap-southeast-5',
  r5d: 'ap-southeast-5 ca-west-1',
  r6g: '',
  r6gd: 'ap-east-1 ap-south-2 ap-southeast-4 ap-southeast-5 ca-west-1 eu-south-1 il-central-1 me-central-1 me-south-1',
  r6i: 'ap-southeast-3 ap-southeast-4 eu-south-2',
  r7gd: 'ap-southeast-4 ca-central-1 ca-west-1 eu-central-2 me-south-1',
  r7i: 'af-south-1 ap-east-1 ca-west-1 eu-central-2 il-central-1 me-central-1 me-south-1',
  r8g: 'af-south-1 ca-west-1 eu-south-1 il-central-1 me-south-1',
};

/** Families of instances that only these regions have. */
export const FAMILY_ONLY = {
  dl1: 'us-east-1 us-west-2',
  g6e:
    'ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 eu-central-1 eu-north-1 eu-south-2 me-central-1 ' +
    'us-east-1 us-east-2 us-west-2',
  g6f:
    'ap-northeast-1 ap-northeast-2 ap-south-1 ap-southeast-2 ca-central-1 eu-central-1 eu-north-1 eu-south-2 ' +
    'eu-west-2 sa-east-1 us-east-1 us-east-2 us-west-2',
  g7e: 'ap-northeast-1 ap-northeast-2 eu-south-2 us-east-1 us-east-2 us-west-2',
  gr6f:
    'ap-northeast-1 ap-northeast-2 ap-south-1 ap-southeast-2 ca-central-1 eu-central-1 eu-north-1 eu-south-2 ' +
    'eu-west-2 sa-east-1 us-east-1 us-east-2 us-west-2',
  inf2:
    'ap-northeast-1 ap-northeast-2 ap-south-1 ap-southeast-1 ap-southeast-2 eu-central-1 eu-north-1 eu-west-1 ' +
    'eu-west-2 eu-west-3 sa-east-1 us-east-1 us-east-2 us-west-2',
  p4d:
    'ap-northeast-1 ap-northeast-2 ap-south-1 ap-southeast-2 ca-central-1 eu-central-1 eu-north-1 eu-west-1 ' +
    'eu-west-2 sa-east-1 us-east-1 us-east-2 us-west-2',
  p4de: 'ap-northeast-1 ap-southeast-1 eu-central-1 il-central-1 us-east-1 us-west-2',
  p5:
    'ap-northeast-1 ap-northeast-2 ap-south-1 ap-southeast-2 ap-southeast-3 ca-central-1 eu-north-1 eu-west-2 ' +
    'sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2',
  p5e: 'ap-southeast-2 ap-southeast-3 eu-north-1 eu-west-2 sa-east-1 us-east-2 us-west-2',
  p5en:
    'ap-northeast-1 ap-northeast-2 ap-south-1 ap-southeast-3 eu-north-1 eu-south-2 me-central-1 us-east-1 us-east-2 ' +
    'us-west-1 us-west-2',
  'p6-b200': 'us-east-1 us-east-2 us-west-2',
  'p6-b300': 'us-west-2',
  trn1: 'ap-south-1 ap-southeast-2 ap-southeast-4 us-east-1 us-east-2 us-west-2',
  trn1n: 'us-east-1 us-east-2 us-west-2',
  trn2: 'ap-southeast-4 sa-east-1 us-east-2',
};

/** Families with NVIDIA GPUs and Intel or AMD processors. */
export const NVIDIA_FAMILIES = 'g4dn g5 g6 g6e g6f g7e gr6 gr6f p4d p4de p5 p5e p5en p6-b200 p6-b300';

/** Families that SageMaker takes for endpoints, but for those that EC2 retires. */
export const ENDPOINT_FAMILIES =
  'c5 c5d c6g c6gd c6gn c6i c6in c7g c7i c8g dl1 g4dn g5 g6 g6e g7e inf1 inf2 m5 m5d m6g m6gd m6i m7i m8g p4d p4de ' +
  'p5 p5e p5en p6-b200 p6-b300 p6e-gb200 r5 r5d r6g r6gd r6i r7gd r7i r8g trn1 trn1n trn2';

/** Families that SageMaker takes for batch transform, but for those that EC2 retires. */
export const TRANSFORM_FAMILIES = 'c5 c6i c7i g4dn g5 g6 inf2 m5 m6i m7i r6i r7i trn1';

/** Where it is known which types of resources CloudFormation has. */
export const CLOUDFORMATION_REGIONS =
  'af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 ' +
  'ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7 ' +
  'ca-central-1 ca-west-1 cn-north-1 cn-northwest-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 ' +
  'eu-west-1 eu-west-2 eu-west-3 il-central-1 me-central-1 me-south-1 mx-central-1 sa-east-1 us-east-1 us-east-2 ' +
  'us-gov-east-1 us-gov-west-1 us-west-1 us-west-2';

/** Where CloudFormation lacks a type of resource. */
export const TYPE_LACKING = {
  'AWS::ApiGatewayV2::Api': 'ap-east-2 ap-southeast-6',
  'AWS::CodeBuild::Project': 'ap-east-2 ca-west-1 mx-central-1',
  'AWS::Lambda::Url':
    'ap-east-2 ap-south-2 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7 ca-west-1 cn-northwest-1 ' +
    'eu-central-2 eu-south-2 il-central-1 me-central-1 mx-central-1 us-gov-east-1 us-gov-west-1',
  'AWS::S3Files::AccessPoint': 'cn-north-1 cn-northwest-1 me-central-1 me-south-1',
  'AWS::SageMaker::Endpoint':
    'ap-east-2 ap-south-2 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7 ca-west-1 eu-central-2 ' +
    'eu-south-2 il-central-1 me-central-1 mx-central-1 us-gov-east-1',
  'AWS::SageMaker::InferenceComponent':
    'af-south-1 ap-east-1 ap-east-2 ap-northeast-3 ap-south-2 ap-southeast-4 ap-southeast-5 ap-southeast-6 ' +
    'ap-southeast-7 ca-west-1 cn-north-1 cn-northwest-1 eu-central-2 eu-south-1 eu-south-2 eu-west-3 il-central-1 ' +
    'me-south-1 mx-central-1 us-gov-east-1 us-gov-west-1 us-west-1',
  'AWS::SageMaker::Model':
    'ap-east-2 ap-south-2 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7 ca-west-1 eu-central-2 ' +
    'eu-south-2 il-central-1 me-central-1 mx-central-1 us-gov-east-1',
};
