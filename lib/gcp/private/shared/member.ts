import { Token } from 'cdktf';
import type { Construct } from 'constructs';
import { shortHash } from '../../../terraform/names.js';

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

/** Returns the id of the construct that grants something to `member`. Each member has its own. */
export function grantId(scope: Construct, prefix: string, member: string): string {
  // The string of a token is not stable between syntheses, so the grant is named by its position.
  const name = Token.isUnresolved(member)
    ? scope.node.children.filter((child) => child.node.id.startsWith(`${prefix}-`)).length
    : shortHash(member, 8);
  return `${prefix}-${name}`;
}
