import type { Call } from './kinds.js';
import { type Json, Refusal } from './store.js';

/** Rules of names: https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules */
export function named(pattern: RegExp, isGlobal = false) {
  return ({ name, id, type }: Json, { store, before }: Call) => {
    if (!pattern.test(name)) throw new Refusal(400, 'InvalidResourceName', `${name} is not a valid name of ${type}`);
    const taken = isGlobal && !before && store.all().some((each) => each.type === type && each.name === name);
    if (taken) throw new Refusal(409, 'NameNotAvailable', `${id}: the name is already taken`);
  };
}
