import { expect, test } from 'vitest';
import { evaluationOf } from '../../../lib/evaluate/tasks/index.js';

test('names of classes that a server does not report are an error, and not wrong predictions', () => {
  const spec = { name: 'label', datatype: 'INT64', shape: [-1] } as const;
  const outputs = [{ ...spec, shape: [1], data: BigInt64Array.of(0n) }];
  const evaluation = evaluationOf([spec]);
  expect(() => evaluation.add([{ place: 'rows.csv, row 1', label: 'setosa' }], outputs)).toThrow(
    /row 1 has the label "setosa", and the model predicts numbers without names/,
  );
  evaluation.add([{ place: 'rows.csv, row 1', label: '0' }], outputs);
  expect(evaluation.all().metrics.accuracy).toBe(1);
});
