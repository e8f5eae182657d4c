import { invalid } from '../tensor/errors.js';

/** Parts that a form may have. */
const MAX_PARTS = 100;

/** One field of a form. */
export interface Field {
  readonly bytes: Buffer;
  /** The type its part names; empty if none. */
  readonly type: string;
}

/**
 * The field `name` of a multipart form, whether sent as text or as a file.
 *
 * @throws InferenceError `INVALID_ARGUMENT` if the body is no such form
 */
export async function multipartField(body: Buffer, contentType: string, name: string): Promise<Field | undefined> {
  // Loaded at the first form: most servers never see one.
  const { default: busboy } = await import('busboy');
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => reject(invalid(`the form cannot be read: ${(error as Error).message}`));
    let found: Field | undefined;
    let form: ReturnType<typeof busboy>;
    try {
      form = busboy({
        headers: { 'content-type': contentType },
        // The server has bounded the body, so that a part need not be.
        limits: { parts: MAX_PARTS, fieldSize: body.length, fileSize: body.length + 1 },
      });
    } catch (error) {
      fail(error);
      return;
    }
    form.on('field', (field, value, { mimeType }) => {
      if (field === name) found ??= { bytes: Buffer.from(value), type: mimeType };
    });
    form.on('file', (field, stream, { mimeType }) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('error', fail);
      stream.on('end', () => {
        if (field === name) found ??= { bytes: Buffer.concat(chunks), type: mimeType };
      });
    });
    form.on('error', fail);
    form.on('close', () => resolve(found));
    form.end(body);
  });
}
