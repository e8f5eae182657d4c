import type { X509Certificate } from 'node:crypto';

/** Purpose of certificates that sign code, in their extended key usage: RFC 5280, 4.2.1.12. */
const CODE_SIGNING = '1.3.6.1.5.5.7.3.3';

/** Maximum length of a chain of certificates, which no public hierarchy reaches. */
const MAX_LENGTH = 10;

/**
 * Checks that a certificate leads to a trusted root, is valid now, and may sign.
 *
 * A signature has no trusted time, so that an expired certificate proves nothing.
 *
 * @param others certificates between it and a root, in any order
 * @returns why it is not trusted, if it is not
 */
export function trustedSigner(
  certificate: X509Certificate,
  others: readonly X509Certificate[],
  roots: readonly X509Certificate[],
): string | undefined {
  const isRoot = ({ raw }: X509Certificate) => roots.some((root) => root.raw.equals(raw));
  // Authorities sign certificates, and no models. A certificate that is trusted by itself may be both.
  if (certificate.ca && !isRoot(certificate)) return 'which is an authority and may not sign models';
  if (!maySignCode(certificate)) return 'which may not sign code';
  let current = certificate;
  for (let length = 0; length < MAX_LENGTH; length++) {
    const fault = timeFault(current);
    if (fault) return fault;
    if (isRoot(current)) return undefined;
    const root = roots.find((issuer) => hasIssued(issuer, current));
    if (root) return timeFault(root);
    const issuer = others.find(
      (other) => other.ca && maySignCode(other) && !other.raw.equals(current.raw) && hasIssued(other, current),
    );
    if (!issuer) return `whose issuer ${current.issuer.replaceAll('\n', ', ')} is no trusted root`;
    current = issuer;
  }
  return `whose chain has more than ${MAX_LENGTH} certificates`;
}

/** An extended key usage allows only the purposes that it lists, also for certificates below it. */
function maySignCode({ keyUsage }: X509Certificate): boolean {
  return !keyUsage || keyUsage.includes(CODE_SIGNING);
}

function hasIssued(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function timeFault({ validFrom, validTo }: X509Certificate): string | undefined {
  const now = Date.now();
  // A time that cannot be read is never valid.
  if (!(now <= Date.parse(validTo))) return `which expired on ${validTo}`;
  if (!(now >= Date.parse(validFrom))) return `which is valid only from ${validFrom}`;
  return undefined;
}
