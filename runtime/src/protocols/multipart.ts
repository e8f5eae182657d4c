import { invalid } from '../tensor/errors.js';

/** Maximum number of parts in a form. */
const MAX_PARTS = 100;

/** Whether a content type is that of a form. */
export function isForm(contentType: string): boolean {
  return /^\s*multipart\/form-data/i.test(contentType);
}

/** Field of a form. */
export interface Field {
  readonly name: string;
  readonly bytes: Buffer;
  /** Content type of the part. */
  readonly type: string;
  /** Whether it was sent as a file instead of as text. */
  readonly isFile: boolean;
}

/**
 * Returns the fields of a multipart form, sent as text or as files, in their order.
 *
 * @throws InferenceError `INVALID_ARGUMENT` if the body is not a valid form
 */
export async function multipartFields(body: Buffer, contentType: string): Promise<Field[]> {
  // busboy is loaded with the first form, because most servers never receive one.
  const { default: busboy } = await import('busboy');
  return new Promise((resolve, reject) => {
    const fail = (error: unknown) => reject(invalid(`the form cannot be read: ${(error as Error).message}`));
    const fields: Field[] = [];
    let form: ReturnType<typeof busboy>;
    try {
      form = busboy({
        headers: { 'content-type': contentType },
        // The server already limits the size of the body, so parts need no smaller limit.
        limits: { parts: MAX_PARTS, fieldSize: body.length, fileSize: body.length + 1 },
      });
    } catch (error) {
      fail(error);
      return;
    }
    form.on('field', (name, value, { mimeType }) =>
      fields.push({ name, bytes: Buffer.from(value), type: mimeType, isFile: false }),
    );
    form.on('file', (name, stream, { mimeType }) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('error', fail);
      stream.on('end', () => {
        fields.push({ name, bytes: Buffer.concat(chunks), type: mimeType, isFile: true });
      });
    });
    form.on('error', fail);
    form.on('close', () => resolve(fields));
    form.end(body);
  });
}
