import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ModelPackageError, onnxMetadata } from '@modelship/runtime/manifest';

/** Models of a folder that reads text. */
export interface OcrModels {
  /** Path of the model that finds lines. */
  readonly detection: string;
  /** Path of the model that tells whether a line is upside down. @default - the folder has none */
  readonly direction?: string;
  /** Path of the model that recognizes characters. */
  readonly recognition: string;
}

/** Part of the names that PaddleOCR, RapidOCR and their converters give to the model of each step. */
const STEPS = {
  detection: /(^|[_-])det(ection)?([_.-]|$)/i,
  direction: /(^|[_-])(cls|direction|textline_ori)([_.-]|$)/i,
  recognition: /(^|[_-])rec(ognition)?([_.-]|$)/i,
} as const;

type Step = keyof typeof STEPS;

const CHARACTERS = /(keys|dict|characters?)[^/]*\.txt$/i;

/** Name in the metadata of an ONNX model that holds the characters, one on each line. */
const METADATA = 'character';

/** Ends of lines of the metadata, as RapidOCR splits it. */
const LINE_ENDS = /\r\n|[\n\v\f\r\x85\u2028\u2029]/;

function filesIn(folder: string): string[] {
  return readdirSync(folder).sort();
}

function modelsOf(folder: string, step: Step): string[] {
  return filesIn(folder).filter((name) => name.endsWith('.onnx') && STEPS[step].test(name));
}

/** Whether a path is a folder with ONNX models of PaddleOCR. */
export function isPaddleOcrFolder(path: string): boolean {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return false;
  return modelsOf(path, 'detection').length > 0 && modelsOf(path, 'recognition').length > 0;
}

/**
 * Chooses the model of each step.
 *
 * @param weights name of the model that recognizes characters, if there are several
 * @throws ModelPackageError `FILE_MISSING` if several models fit a step
 */
export function chooseModels(folder: string, weights?: string): OcrModels {
  const faults: string[] = [];
  const only = (step: Step): string | undefined => {
    const all = modelsOf(folder, step);
    const named = step === 'recognition' && weights !== undefined;
    const found = named ? all.filter((name) => [name, basename(name, '.onnx')].includes(weights)) : all;
    if (found.length === 1 || (found.length === 0 && step === 'direction')) return found[0];
    const list = all.join(', ');
    if (named)
      faults.push(`no model for ${step} named ${JSON.stringify(weights)}; \`--weights\` must be one of ${list}`);
    else if (step === 'recognition') faults.push(`several models for ${step}: ${list}. Choose one with \`--weights\``);
    else faults.push(`several models for ${step}: ${list}. Copy one of them with the other files to another folder`);
    return undefined;
  };
  const [detection, direction, recognition] = [only('detection'), only('direction'), only('recognition')];
  if (faults.length > 0) throw new ModelPackageError('FILE_MISSING', `${folder} has ${faults.join('; ')}.`);
  return {
    detection: join(folder, detection!),
    ...(direction !== undefined && { direction: join(folder, direction) }),
    recognition: join(folder, recognition!),
  };
}

/**
 * Returns the characters of the classes after the first one, from the metadata of the model or a text file beside it. Both
 * leave out the space, which is the last class of most models.
 *
 * @param classes number of classes of the model. -1 if it is not known
 * @throws ModelPackageError `FILE_MISSING` if there is no list, `ARTIFACT_INVALID` if none has as many as the model has classes
 */
export function charactersOf(folder: string, recognition: string, classes: number): string[] {
  const lists = listsFor(folder, recognition);
  if (lists.length === 0) {
    throw new ModelPackageError(
      'FILE_MISSING',
      `${recognition} has no list of characters: neither \`${METADATA}\` in its metadata nor a file such as ` +
        'ppocr_keys_v1.txt beside it. Copy the list that the model was trained with to the folder.',
    );
  }
  for (const { characters } of lists) {
    if (classes === -1 || classes === characters.length + 2) return [...characters, ' '];
    if (classes === characters.length + 1) return characters;
  }
  const found = lists.map(({ place, characters }) => `${place} has ${characters.length}`).join(', ');
  throw new ModelPackageError(
    'ARTIFACT_INVALID',
    `${recognition} has ${classes} classes, which are ${classes - 2} characters, the space and one class for none; ${found}. ` +
      'Copy the list that the model was trained with to the folder.',
  );
}

function listsFor(folder: string, recognition: string): { place: string; characters: string[] }[] {
  const inside = onnxMetadata(recognition).get(METADATA);
  if (inside !== undefined) return [{ place: 'its metadata', characters: linesOf(inside, LINE_ENDS) }];
  return filesIn(folder)
    .filter((name) => CHARACTERS.test(name))
    .map((name) => ({ place: name, characters: linesOf(readFileSync(join(folder, name), 'utf8'), /\r?\n/) }));
}

function linesOf(text: string, end: RegExp): string[] {
  const lines = text.split(end);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}
