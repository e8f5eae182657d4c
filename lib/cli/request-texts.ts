import { elementTexts, memberTexts } from '../json/exact-json.js';
import { REQUEST_MEMBERS } from '../pack/index.js';
import { CommandFailure } from './failure.js';

/** A request with its original text. */
export interface RequestText {
  readonly text: string;
  /** Whether the request uses the Open Inference Protocol rather than TensorFlow Serving's. */
  readonly isOpenInference: boolean;
}

/**
 * Splits `text` into requests: a single one, a list, a list of rows, or the samples of a package. Expected responses are removed.
 *
 * @throws CommandFailure `DATA_INVALID`
 */
export function requestTexts(text: string): RequestText[] {
  try {
    const entries = elementTexts(text) ?? [text];
    const isRowList = entries.length > 0 && entries[0] !== text && entries.every(isRow);
    return (isRowList ? [`{"instances": ${text}}`] : entries).map(requestText);
  } catch (error) {
    if (error instanceof CommandFailure) throw error;
    throw new CommandFailure('DATA_INVALID', `the request is not JSON (${(error as Error).message}).`);
  }
}

function isRow(entry: string): boolean {
  const isObject = memberTexts(entry)?.every(([name]) => !REQUEST_MEMBERS.includes(name)) ?? false;
  return isObject || elementTexts(entry) !== undefined;
}

function requestText(entry: string): RequestText {
  const request = memberTexts(entry)?.find(([name]) => name === 'request')?.[1];
  const members = memberTexts(request ?? entry);
  const isRequest = members?.some(([name]) => name === 'instances' || name === 'inputs');
  if (!members || !isRequest) {
    throw new CommandFailure(
      'DATA_INVALID',
      'a request needs `instances` or `inputs`, such as {"instances": [[5.1, 3.5, 1.4, 0.2]]}; ' +
        `got ${entry.trim().slice(0, 60)}.`,
    );
  }
  const inputs = members.find(([name]) => name === 'inputs')?.[1];
  const tensors = inputs === undefined ? [] : tensorMembers(inputs);
  const isOpenInference = tensors.length > 0 && tensors.every((names) => names.includes('datatype'));
  const kept = members.filter(([name, value]) => !isExpectation(name, value, isOpenInference));
  if (kept.length === members.length) return { text: request ?? entry, isOpenInference };
  return { text: `{${kept.map(([name, value]) => `${JSON.stringify(name)}: ${value}`).join(', ')}}`, isOpenInference };
}

/**
 * Whether the member is an expected response. In the Open Inference Protocol, `outputs` without data select outputs,
 * and `outputs` with data are expected responses.
 */
function isExpectation(name: string, value: string, isOpenInference: boolean): boolean {
  if (name === 'outputs') return !isOpenInference || tensorMembers(value).some((names) => names.includes('data'));
  return name === 'predictions';
}

/** Returns the member names of each tensor in a list. Other values have none. */
function tensorMembers(text: string): string[][] {
  return (elementTexts(text) ?? []).map((tensor) => (memberTexts(tensor) ?? []).map(([name]) => name));
}
