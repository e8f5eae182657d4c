import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Curves of the specification, by OpenSSL's names. */
export const CURVES = ['prime256v1', 'secp384r1', 'secp521r1'];

function openssl(folder: string, ...args: string[]): void {
  execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
}

/** Writes a pair of keys as people make them, and returns their paths. */
export function writeKeys(folder: string, curve = 'prime256v1', name = curve): { key: string; publicKey: string } {
  openssl(folder, 'ecparam', '-name', curve, '-genkey', '-noout', '-out', `${name}.key`);
  openssl(folder, 'pkey', '-in', `${name}.key`, '-pubout', '-out', `${name}.pub`);
  return { key: join(folder, `${name}.key`), publicKey: join(folder, `${name}.pub`) };
}

/** Writes a root, an authority below it and the certificate of a key, and returns the paths. */
export function writeCertificates(folder: string, { usage = 'codeSigning', days = 30, authorityUsage = '' } = {}) {
  const request = (subject: string, key: string) =>
    openssl(folder, 'req', '-new', '-key', key, '-subj', `/CN=${subject}`, '-out', `${subject}.csr`);
  const issue = (subject: string, issuer: string, extensions: string, ...validity: string[]) => {
    writeFileSync(join(folder, `${subject}.ext`), extensions);
    const by = ['-CA', `${issuer}.pem`, '-CAkey', `${issuer}.key`, '-CAcreateserial'];
    const out = ['-extfile', `${subject}.ext`, '-out', `${subject}.pem`];
    openssl(folder, 'x509', '-req', '-in', `${subject}.csr`, ...by, ...validity, ...out);
  };
  const name = 'signer';
  const purposes = authorityUsage && `extendedKeyUsage=${authorityUsage}\n`;
  const authority = `basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n${purposes}`;
  for (const each of ['root', 'authority', name]) writeKeys(folder, 'prime256v1', each);
  const root = ['-x509', '-key', 'root.key', '-subj', '/CN=root', '-days', '365', '-out', 'root.pem'];
  openssl(folder, 'req', '-new', ...root, '-addext', 'keyUsage=critical,keyCertSign,cRLSign');
  request('authority', 'authority.key');
  issue('authority', 'root', authority, '-days', '365');
  request(name, `${name}.key`);
  const leaf = `basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=${usage}\n`;
  issue(name, 'authority', leaf, '-days', String(days));
  const [certificate, between, roots, key] = [`${name}.pem`, 'authority.pem', 'root.pem', `${name}.key`].map((file) =>
    join(folder, file),
  );
  return { certificate: certificate!, between: between!, roots: roots!, key: key! };
}
