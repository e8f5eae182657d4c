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
): { readonly fault?: string } {
  const { keyUsage } = certificate;
  const isRoot = ({ raw }: X509Certificate) => roots.some((root) => root.raw.equals(raw));
  // Authorities sign certificates, and no models. A certificate that is trusted by itself may be both.
  if (certificate.ca && !isRoot(certificate)) return { fault: 'which is an authority and may not sign models' };
  // An extended key usage that lists purposes allows no others.
  if (keyUsage && !keyUsage.includes(CODE_SIGNING)) return { fault: 'which may not sign code' };
  let current = certificate;
  for (let length = 0; length < MAX_LENGTH; length++) {
    const fault = timeFault(current);
    if (fault) return { fault };
    if (isRoot(current)) return {};
    const root = roots.find((issuer) => hasIssued(issuer, current));
    if (root) {
      const fault = timeFault(root);
      return fault ? { fault } : {};
    }
    const issuer = others.find((other) => other.ca && !other.raw.equals(current.raw) && hasIssued(other, current));
    if (!issuer) return { fault: `whose issuer ${current.issuer.replaceAll('\n', ', ')} is no trusted root` };
    current = issuer;
  }
  return { fault: `whose chain has more than ${MAX_LENGTH} certificates` };
}

function hasIssued(issuer: X509Certificate, certificate: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function timeFault({ validFrom, validTo }: X509Certificate): string | undefined {
  const now = Date.now();
  if (now > Date.parse(validTo)) return `which expired on ${validTo}`;
  if (now < Date.parse(validFrom)) return `which is valid only from ${validFrom}`;
  return undefined;
}
