import type { Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';

/** The ids of the warnings of ours that synthesis shows, sorted. */
export function warningIds(stack: Stack): string[] {
  return Annotations.fromStack(stack)
    .findWarning('*', Match.stringLikeRegexp('modelship:'))
    .map(({ entry }) => /modelship:\w+/.exec(String(entry.data))![0])
    .sort();
}
