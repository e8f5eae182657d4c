import { GateError, gateFolder } from '../../../bundle/gate-folder.js';
import type { ServingProps } from '../../../serving/props.js';
import type { Validator } from '../../../serving/validation/validator.js';

/** Reports questions of a gate that cannot be asked, and limits that no version can meet. */
export function checkGate(validator: Validator, { model, rollout }: ServingProps): void {
  const gate = rollout?.gate;
  if (!gate) return;
  const { outputDecimals, outputTopK } = model.guards;
  const shows = outputDecimals === undefined && outputTopK === undefined;
  validator.check(
    shows,
    'rollout.gate',
    'GATE_INVALID',
    'the guards of the model hide scores that the gate compares; remove the gate, or outputDecimals and outputTopK of the guards',
  );
  if (!shows) return;
  const values = valuesBelow('rollout.gate', gate);
  const areKnown = values.map(([prop, value]) => validator.known(prop, value, 'questions are written at synthesis'));
  if (!areKnown.every(Boolean)) return;
  try {
    gateFolder(model, gate);
  } catch (error) {
    if (!(error instanceof GateError)) throw error;
    validator.check(false, `rollout.gate.${error.option}`, 'GATE_INVALID', error.message);
  }
}

/** Returns the values of an object and of the objects in it, with their paths. */
function valuesBelow(path: string, value: unknown): [string, unknown][] {
  if (value === null || typeof value !== 'object') return [[path, value]];
  return Object.entries(value).flatMap(([name, each]) => valuesBelow(`${path}.${name}`, each));
}
