import fc from 'fast-check';

/** JSON that looks like what the protocols take, with wrong values in every place. */
export function requestLike(names: readonly string[]): fc.Arbitrary<string> {
  const leaf = fc.oneof(
    fc.constantFrom(
      'NaN',
      '-Infinity',
      '1e999',
      '1.0',
      '-0',
      '18446744073709551616',
      'true',
      'null',
      '""',
      '"\\ud800"',
    ),
    fc.integer().map(String),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
    fc.string({ maxLength: 6 }).map((text) => JSON.stringify(text)),
    fc.constantFrom(
      '{"b64": "AAAA"}',
      '{"b64": "*"}',
      '{"b64": 1}',
      '"FP32"',
      '"x"',
      '"BYTES"',
      '[1, 2]',
      '[[1, 2], [3]]',
    ),
  );
  const name = fc.constantFrom(...names, '__proto__', 'constructor', '');
  const { value } = fc.letrec<{ value: string; list: string; object: string }>((tie) => ({
    value: fc.oneof({ maxDepth: 5, withCrossShrink: true }, leaf, tie('list'), tie('object')),
    list: fc.array(tie('value'), { maxLength: 4 }).map((items) => `[${items.join(', ')}]`),
    object: fc
      .array(fc.tuple(name, tie('value')), { maxLength: 4 })
      .map((members) => `{${members.map(([key, item]) => `${JSON.stringify(key)}: ${item}`).join(', ')}}`),
  }));
  const object = fc
    .array(fc.tuple(name, value), { minLength: 1, maxLength: 5 })
    .map((members) => `{${members.map(([key, item]) => `${JSON.stringify(key)}: ${item}`).join(', ')}}`);
  return fc.oneof({ weight: 4, arbitrary: object }, value);
}

/** `document` with some of its bytes cut, changed, added or doubled. */
export function damaged(document: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> {
  const edit = fc.tuple(
    fc.constantFrom('cut', 'change', 'insert', 'double'),
    fc.nat(),
    fc.integer({ min: 0, max: 255 }),
  );
  return fc.tuple(document, fc.array(edit, { minLength: 1, maxLength: 4 })).map(([bytes, edits]) =>
    edits.reduce((damaged, [kind, at, byte]) => {
      const index = at % (damaged.length + 1);
      const [head, tail] = [damaged.subarray(0, index), damaged.subarray(index)];
      if (kind === 'cut') return head;
      if (kind === 'change') return Buffer.concat([head, Buffer.from([byte]), tail.subarray(1)]);
      if (kind === 'insert') return Buffer.concat([head, Buffer.from([byte]), tail]);
      return Buffer.concat([head, tail.subarray(0, 8), tail]);
    }, bytes),
  );
}
