import { execFileSync } from 'node:child_process';
import { sign } from 'node:crypto';
import { once } from 'node:events';
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRuntime, readConfig } from '@modelship/runtime/serve';
import { preAuthenticationEncoding, type SignatureTrust, verifySignature } from '@modelship/runtime/signature';
import { describe, expect, test } from 'vitest';
import { Model, Signer } from '../../../lib/model/index.js';
import { signatureTrust, signPackage } from '../../../lib/sign/index.js';
import { modelship } from '../cli/support.js';
import { CURVES, writeCertificates, writeKeys } from './signer-files.js';

const PYTHON = join(import.meta.dirname, '../../../.venv-clients/bin/python');

const folder = mkdtempSync(join(tmpdir(), 'modelship-sign-'));
const { key, publicKey } = writeKeys(folder, 'prime256v1', 'release');

let count = 0;

/** A copy of the package `iris`. */
function packaged(): string {
  const directory = join(folder, `package-${count++}`);
  cpSync(join(import.meta.dirname, '../../../examples/iris/model'), directory, { recursive: true });
  return directory;
}

const openssf = (...args: string[]) =>
  execFileSync(PYTHON, [join(import.meta.dirname, 'sign.py'), ...args], { stdio: 'pipe' });

const code = (work: Promise<unknown>) =>
  work.then(
    () => 'VERIFIED',
    (error) => error.code,
  );

/** What loading the package as a replica does says, with the variables that a construct sets. */
async function loaded(directory: string, signedBy: Signer): Promise<string> {
  const environment = { MODELSHIP_MODEL: directory, MODELSHIP_LOG_LEVEL: 'error', ...signedBy.environment };
  const runtime = createRuntime(readConfig(environment));
  try {
    return await code(runtime.load());
  } finally {
    await runtime.close();
  }
}

/** Expects that the package is rejected by the command, at synthesis, and by a replica that loads it. */
async function expectRejected(directory: string, signedBy: Signer, trust: SignatureTrust, expected: string) {
  expect(await code(verifySignature(directory, trust))).toBe(expected);
  expect(await code((async () => Model.fromDirectory(directory, { signedBy }))())).toBe(expected);
  // A replica compares the files with the manifest first.
  expect(await loaded(directory, signedBy)).toMatch(new RegExp(`^(${expected}|FILE_CHANGED|FILE_MISSING)$`));
}

const byKey = Signer.publicKey(publicKey);
const expectNotOfKey = async (directory: string, expected: string) =>
  expectRejected(directory, byKey, await signatureTrust({ key: publicKey }), expected);

test('a signed package is taken at synthesis, and loaded by a replica', async () => {
  const directory = packaged();
  await signPackage(directory, { key });
  expect(Model.fromDirectory(directory, { signedBy: byKey }).name).toBe('iris');
  expect(await loaded(directory, byKey)).toBe('VERIFIED');
});

test('a replica fetches the signature from a store, and starts only with it', async () => {
  const directory = packaged();
  const store = createServer(({ url }, response) => {
    const file = join(directory, url!);
    if (existsSync(file)) response.end(readFileSync(file));
    else response.writeHead(404).end();
  }).listen(0, '127.0.0.1');
  await once(store, 'listening');
  try {
    const url = `http://127.0.0.1:${(store.address() as AddressInfo).port}/`;
    expect(await loaded(url, byKey)).toBe('SIGNATURE_MISSING');
    await signPackage(directory, { key });
    expect(await loaded(url, byKey)).toBe('VERIFIED');
  } finally {
    store.close();
    store.closeAllConnections();
  }
});

describe.each(CURVES)('a key on %s', (curve) => {
  const keys = writeKeys(folder, curve);

  test('signs what OpenSSF’s package verifies, and it refuses the package once a file has changed', async () => {
    const directory = packaged();
    await signPackage(directory, { key: keys.key });
    openssf('verify', 'key', directory, keys.publicKey);
    appendFileSync(join(directory, 'model.onnx'), ' ');
    expect(() => openssf('verify', 'key', directory, keys.publicKey)).toThrow(/mismatch/i);
  });

  test('verifies what OpenSSF’s package signed', async () => {
    const directory = packaged();
    openssf('sign', 'key', directory, keys.key);
    const trust = await signatureTrust({ key: keys.publicKey });
    const { files, digest } = await verifySignature(directory, trust);
    expect(files).toBe(3);
    expect(await signPackage(directory, { key: keys.key })).toMatchObject({ files, digest });
  });
});

describe('a certificate', () => {
  const { certificate, between, roots, key: certified } = writeCertificates(folder);
  const chain = join(folder, 'chain.pem');
  writeFileSync(chain, readFileSync(certificate, 'utf8') + readFileSync(between, 'utf8'));

  test('signs what OpenSSF’s package verifies by the root', async () => {
    const directory = packaged();
    await signPackage(directory, { key: certified, certificate: chain });
    openssf('verify', 'certificate', directory, roots);
  });

  test('verifies what OpenSSF’s package signed, and names the signer', async () => {
    const directory = packaged();
    openssf('sign', 'certificate', directory, certified, certificate, between);
    const { signer } = await verifySignature(directory, await signatureTrust({ roots }));
    expect(signer).toBe('CN=signer');
  });

  test.each<[string, Parameters<typeof writeCertificates>[1], RegExp]>([
    ['for servers', { usage: 'serverAuth' }, /may not sign code/],
    ['of an authority for servers', { authorityUsage: 'serverAuth' }, /is no trusted root/],
    ['that has expired', { days: -1 }, /expired on/],
  ])('%s is not trusted', async (_, options, reason) => {
    const own = mkdtempSync(join(folder, 'certificates-'));
    const files = writeCertificates(own, options);
    const directory = packaged();
    writeFileSync(
      join(own, 'chain.pem'),
      readFileSync(files.certificate, 'utf8') + readFileSync(files.between, 'utf8'),
    );
    await signPackage(directory, { key: files.key, certificate: join(own, 'chain.pem') });
    const trust = await signatureTrust({ roots: files.roots });
    await expect(verifySignature(directory, trust)).rejects.toThrow(reason);
    await expectRejected(directory, Signer.certificates(files.roots), trust, 'SIGNATURE_UNTRUSTED');
  });

  test('of another root, or without those between, is not trusted', async () => {
    const own = mkdtempSync(join(folder, 'certificates-'));
    const other = writeCertificates(own).roots;
    const directory = packaged();
    await signPackage(directory, { key: certified, certificate: chain });
    expect(await loaded(directory, Signer.certificates(roots))).toBe('VERIFIED');
    const expectNotOfRoot = async (file: string) =>
      expectRejected(
        directory,
        Signer.certificates(file),
        await signatureTrust({ roots: file }),
        'SIGNATURE_UNTRUSTED',
      );
    await expectNotOfRoot(other);
    await expectNotOfKey(directory, 'SIGNATURE_UNTRUSTED');
    await signPackage(directory, { key: certified, certificate });
    await expectNotOfRoot(roots);
    await signPackage(directory, { key: certified });
    await expectNotOfRoot(roots);
  });

  test('of another key is rejected when signing', async () => {
    expect(await code(signPackage(packaged(), { key, certificate: chain }))).toBe('CERTIFICATE_UNUSABLE');
  });
});

/** The JSON of a signature, and the statement inside it. */
interface Parts {
  // biome-ignore lint/suspicious/noExplicitAny: the cases break the types
  bundle: any;
  // biome-ignore lint/suspicious/noExplicitAny: the cases break the types
  statement: any;
}

const bytes = (text: string) => Buffer.from(text).toString('base64');

describe('is rejected', () => {
  test.each<[string, (directory: string) => void, string]>([
    ['a changed model', (at) => appendFileSync(join(at, 'model.onnx'), ' '), 'SIGNATURE_DIFFERS'],
    ['a changed manifest', (at) => appendFileSync(join(at, 'model.json'), ' '), 'SIGNATURE_DIFFERS'],
    ['changed samples', (at) => writeFileSync(join(at, 'samples.json'), '[]'), 'SIGNATURE_DIFFERS'],
    ['an empty file', (at) => writeFileSync(join(at, 'model.onnx'), ''), 'SIGNATURE_DIFFERS'],
    ['a missing file', (at) => rmSync(join(at, 'samples.json')), 'SIGNATURE_DIFFERS'],
    ['a renamed file', (at) => renameSync(join(at, 'samples.json'), join(at, 'other.json')), 'SIGNATURE_DIFFERS'],
    ['an extra file', (at) => writeFileSync(join(at, 'readme.md'), ''), 'SIGNATURE_DIFFERS'],
    ['an extra hidden file', (at) => writeFileSync(join(at, '.hidden'), ''), 'SIGNATURE_DIFFERS'],
    [
      'an extra file in a folder',
      (at) => {
        mkdirSync(join(at, '.git'));
        writeFileSync(join(at, '.git', 'config'), '');
      },
      'SIGNATURE_DIFFERS',
    ],
    ['an extra link', (at) => symlinkSync('model.onnx', join(at, 'link')), 'FILE_UNLISTED'],
    ['a link that leads nowhere', (at) => symlinkSync('nowhere', join(at, 'link')), 'FILE_UNLISTED'],
    [
      'a link in place of a file',
      (at) => {
        renameSync(join(at, 'model.onnx'), `${at}.onnx`);
        symlinkSync(`${at}.onnx`, join(at, 'model.onnx'));
      },
      'FILE_UNLISTED',
    ],
    ['an extra pipe', (at) => execFileSync('mkfifo', [join(at, 'pipe')]), 'FILE_UNLISTED'],
    [
      'a pipe as the signature',
      (at) => {
        rmSync(join(at, 'model.sig'));
        execFileSync('mkfifo', [join(at, 'model.sig')]);
      },
      'SIGNATURE_MISSING',
    ],
    [
      'two files that changed places',
      (at) => {
        renameSync(join(at, 'samples.json'), join(at, 'x'));
        renameSync(join(at, 'model.onnx'), join(at, 'samples.json'));
        renameSync(join(at, 'x'), join(at, 'model.onnx'));
      },
      'SIGNATURE_DIFFERS',
    ],
    ['no signature', (at) => rmSync(join(at, 'model.sig')), 'SIGNATURE_MISSING'],
    [
      'a folder as the signature',
      (at) => {
        rmSync(join(at, 'model.sig'));
        mkdirSync(join(at, 'model.sig'));
      },
      'SIGNATURE_MISSING',
    ],
    ['an empty signature', (at) => writeFileSync(join(at, 'model.sig'), ''), 'SIGNATURE_INVALID'],
    ['a signature that is a list', (at) => writeFileSync(join(at, 'model.sig'), '[]'), 'SIGNATURE_INVALID'],
  ])('%s', async (_, tamper, expected) => {
    const directory = packaged();
    await signPackage(directory, { key });
    tamper(directory);
    await expectNotOfKey(directory, expected);
  });

  const edits: [string, (parts: Parts) => void, string][] = [
    ['another media type', ({ bundle }) => (bundle.mediaType = 'application/json'), 'SIGNATURE_INVALID'],
    ['no media type', ({ bundle }) => delete bundle.mediaType, 'SIGNATURE_INVALID'],
    ['no envelope', ({ bundle }) => delete bundle.dsseEnvelope, 'SIGNATURE_INVALID'],
    ['no verification material', ({ bundle }) => delete bundle.verificationMaterial, 'SIGNATURE_INVALID'],
    ['no key', ({ bundle }) => (bundle.verificationMaterial = {}), 'SIGNATURE_UNTRUSTED'],
    [
      'another key',
      ({ bundle }) => (bundle.verificationMaterial.publicKey.hint = 'a'.repeat(64)),
      'SIGNATURE_UNTRUSTED',
    ],
    ['another payload type', ({ bundle }) => (bundle.dsseEnvelope.payloadType = 'text/plain'), 'SIGNATURE_INVALID'],
    ['no signature', ({ bundle }) => (bundle.dsseEnvelope.signatures = []), 'SIGNATURE_INVALID'],
    ['two signatures', ({ bundle }) => bundle.dsseEnvelope.signatures.push({ sig: bytes('x') }), 'SIGNATURE_INVALID'],
    ['an empty signature', ({ bundle }) => (bundle.dsseEnvelope.signatures[0].sig = ''), 'SIGNATURE_INVALID'],
    [
      'a signature of zeros',
      ({ bundle }) => (bundle.dsseEnvelope.signatures[0].sig = bytes('\0'.repeat(70))),
      'SIGNATURE_INVALID',
    ],
    ['no base64', ({ bundle }) => (bundle.dsseEnvelope.signatures[0].sig = '…'), 'SIGNATURE_INVALID'],
    ['a payload that is no JSON', ({ bundle }) => (bundle.dsseEnvelope.payload = bytes('{')), 'SIGNATURE_INVALID'],
    [
      'another digest',
      ({ statement }) => (statement.predicate.resources[0].digest = 'a'.repeat(64)),
      'SIGNATURE_INVALID',
    ],
    ['a file less', ({ statement }) => statement.predicate.resources.pop(), 'SIGNATURE_INVALID'],
    ['another name', ({ statement }) => (statement.subject[0].name = 'other'), 'SIGNATURE_INVALID'],
    ['another order', ({ statement }) => statement.predicate.resources.reverse(), 'SIGNATURE_INVALID'],
  ];
  test.each(edits)('a signature with %s', async (_, edit, expected) => {
    const directory = packaged();
    const { file } = await signPackage(directory, { key });
    const bundle = JSON.parse(readFileSync(file, 'utf8'));
    const statement = JSON.parse(Buffer.from(bundle.dsseEnvelope.payload, 'base64').toString());
    const before = JSON.stringify(statement);
    edit({ bundle, statement });
    if (JSON.stringify(statement) !== before) bundle.dsseEnvelope.payload = bytes(JSON.stringify(statement));
    writeFileSync(file, JSON.stringify(bundle));
    await expectNotOfKey(directory, expected);
  });

  test.each<[string, (statement: Parts['statement']) => void]>([
    ['of another type', (statement) => (statement._type = 'https://in-toto.io/Statement/v0.1')],
    ['of version 0.2 of the format', (statement) => (statement.predicateType = 'https://model_signing/signature/v0.2')],
    ['with another digest algorithm', ({ predicate }) => (predicate.serialization.hash_type = 'sha512')],
    ['with BLAKE2 digests', ({ predicate }) => (predicate.resources[0].algorithm = 'blake2b')],
    ['of parts of files', ({ predicate }) => (predicate.serialization.method = 'shards')],
    ['of no files', ({ predicate }) => (predicate.resources = [])],
    ['with another digest of the model', ({ subject }) => (subject[0].digest.sha256 = 'a'.repeat(64))],
    ['of two models', ({ subject }) => subject.push(subject[0])],
  ])('a statement %s, signed by the trusted key', async (_, edit) => {
    const directory = packaged();
    const { file } = await signPackage(directory, { key });
    const bundle = JSON.parse(readFileSync(file, 'utf8'));
    const statement = JSON.parse(Buffer.from(bundle.dsseEnvelope.payload, 'base64').toString());
    edit(statement);
    const payload = Buffer.from(JSON.stringify(statement));
    bundle.dsseEnvelope.payload = payload.toString('base64');
    const signature = sign('sha256', preAuthenticationEncoding(payload), readFileSync(key));
    bundle.dsseEnvelope.signatures = [{ sig: signature.toString('base64') }];
    writeFileSync(file, JSON.stringify(bundle));
    await expectNotOfKey(directory, 'SIGNATURE_INVALID');
  });

  test('the signature of another version of the package', async () => {
    const [one, other] = [packaged(), packaged()];
    writeFileSync(join(other, 'model.json'), readFileSync(join(other, 'model.json'), 'utf8').replace(/\n/g, '\n '));
    cpSync((await signPackage(one, { key })).file, join(other, 'model.sig'));
    await expectNotOfKey(other, 'SIGNATURE_DIFFERS');
  });

  test('the signature of another key, with or without the hint of it', async () => {
    const directory = packaged();
    const { file } = await signPackage(directory, { key: writeKeys(folder, 'prime256v1', 'other').key });
    await expectNotOfKey(directory, 'SIGNATURE_UNTRUSTED');
    const bundle = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(file, JSON.stringify({ ...bundle, verificationMaterial: { publicKey: {} } }));
    await expectNotOfKey(directory, 'SIGNATURE_INVALID');
  });
});

test('signing replaces a link, and does not follow it', async () => {
  const directory = packaged();
  const other = join(folder, 'other-file');
  writeFileSync(other, 'kept');
  symlinkSync(other, join(directory, 'model.sig'));
  await signPackage(directory, { key });
  expect(readFileSync(other, 'utf8')).toBe('kept');
  expect(await code(verifySignature(directory, await signatureTrust({ key: publicKey })))).toBe('VERIFIED');
});

describe('signing rejects', () => {
  test('a package with a folder in place of the signature, and leaves nothing else behind', async () => {
    const directory = packaged();
    mkdirSync(join(directory, 'model.sig'));
    expect(await code(signPackage(directory, { key }))).toBe('OUTPUT_EXISTS');
    expect(readdirSync(directory).sort()).toEqual(['model.json', 'model.onnx', 'model.sig', 'samples.json']);
  });

  test('a package with files that its manifest does not list, and leaves nothing behind', async () => {
    const directory = packaged();
    writeFileSync(join(directory, 'readme.md'), '');
    expect(await code(signPackage(directory, { key }))).toBe('FILE_UNLISTED');
    expect(() => readFileSync(join(directory, 'model.sig'))).toThrow('ENOENT');
  });

  test('a package whose files differ from its manifest', async () => {
    const directory = packaged();
    appendFileSync(join(directory, 'model.onnx'), ' ');
    expect(await code(signPackage(directory, { key }))).toBe('FILE_CHANGED');
  });

  test.each<[string, () => string]>([
    ['a public key', () => publicKey],
    ['a file that is missing', () => join(folder, 'none.key')],
    ['a file that is no key', () => join(import.meta.dirname, 'sign.py')],
    ['a key on a curve that the specification does not have', () => writeKeys(folder, 'secp256k1').key],
  ])('%s', async (_, file) => {
    expect(await code(signPackage(packaged(), { key: file() }))).toBe('KEY_UNUSABLE');
  });

  test('an RSA key', async () => {
    execFileSync('openssl', ['genrsa', '-out', join(folder, 'rsa.key'), '2048'], { stdio: 'pipe' });
    const signed = signPackage(packaged(), { key: join(folder, 'rsa.key') });
    await expect(signed).rejects.toThrow('another key than an elliptic curve key of P-256, P-384 and P-521');
  });
});

describe('modelship sign and verify', () => {
  test('print the digest and the number of files', async () => {
    const directory = packaged();
    const signed = await modelship('sign', directory, '--key', key, '--json');
    expect(signed.code).toBe(0);
    const { digest } = JSON.parse(signed.stdout);
    const verified = await modelship('verify', directory, '--key', publicKey);
    expect(verified.stdout).toContain(digest);
    expect(verified.stdout).toContain('The signature is valid, and every file is the signed one.');
  });

  test('read an encrypted key by the passphrase in the environment, and never print it', async () => {
    const encrypted = join(folder, 'encrypted.key');
    const args = ['pkey', '-in', key, '-aes256', '-passout', 'pass:open-sesame', '-out', encrypted];
    execFileSync('openssl', args, { stdio: 'pipe' });
    const directory = packaged();
    const without = await modelship('sign', directory, '--key', encrypted);
    expect(without.code).toBe(1);
    process.env.MODELSHIP_KEY_PASSPHRASE = 'open-sesame';
    try {
      const signed = await modelship('sign', directory, '--key', encrypted);
      expect(signed.code).toBe(0);
      expect(signed.stdout + signed.stderr).not.toContain('open-sesame');
    } finally {
      delete process.env.MODELSHIP_KEY_PASSPHRASE;
    }
  });

  test('refuse to verify with a private key, and without a key or a root', async () => {
    const directory = packaged();
    await signPackage(directory, { key });
    const secret = await modelship('verify', directory, '--key', key);
    expect(secret.stderr).toContain('is a private key, which only the signer should have');
    expect((await modelship('verify', directory)).stderr).toContain('Give either --key or --roots');
  });
});
