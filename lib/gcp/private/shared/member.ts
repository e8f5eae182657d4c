import { Token } from 'cdktf';
import type { Construct } from 'constructs';

/**
 * Forms of IAM members: https://cloud.google.com/iam/docs/principal-identifiers. The last alternative has the groups of
 * basic roles in a project.
 */
const MEMBER = new RegExp(
  [
    '^(?:user|group|serviceAccount):[^\\s:@]+@[^\\s:@]+\\.[^\\s:@]+$',
    '^serviceAccount:[^\\s:@]+(?::[^\\s:@]+)?\\.svc\\.id\\.goog\\[[^\\s/]+/[^\\s/]+\\]$',
    '^domain:[^\\s:@/]+\\.[^\\s:@/]+$',
    '^(?:principal|principalSet)://[^\\s]+\\.googleapis\\.com/[^\\s]+$',
    '^project(?:Owner|Editor|Viewer):[^\\s@/]+$',
  ].join('|'),
);

/**
 * Returns `member` unchanged.
 *
 * @param anonymous fix for a member that stands for everyone
 * @throws Error if `member` does not have the form of an IAM member, or stands for everyone
 */
export function requireMember(scope: Construct, member: string, anonymous: string, method = 'grantInvoke'): string {
  if (Token.isUnresolved(member)) return member;
  const got = `${scope.node.path}: ${method}() got ${JSON.stringify(member)}`;
  if (member === 'allUsers' || member === 'allAuthenticatedUsers') {
    throw new Error(`${got}, which is anyone on the internet. ${anonymous}`);
  }
  if (typeof member === 'string' && MEMBER.test(member)) return member;
  throw new Error(
    `${got}. Pass an IAM member: \`serviceAccount:EMAIL\`, \`user:EMAIL\`, \`group:EMAIL\`, \`domain:DOMAIN\`, ` +
      '`principal://…` or `principalSet://…`',
  );
}
