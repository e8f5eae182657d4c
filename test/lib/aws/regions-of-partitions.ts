/** A region of each partition of AWS, and the one with the longest name. */
export const REGIONS_OF_PARTITIONS = [
  'us-east-1',
  'ap-northeast-1',
  'cn-northwest-1',
  'us-gov-west-1',
  'eusc-de-east-1',
];
