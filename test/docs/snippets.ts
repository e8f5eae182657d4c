import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '../..');

/** A fenced block of a page, or an `@example` of a docstring. */
export interface Snippet {
  /** Path from the root of the repository. */
  readonly file: string;
  /** Line of its first line in the file, from 1. */
  readonly line: number;
  readonly language: string;
  readonly text: string;
  /** Title of the section, the last heading of level two before it. @default - before the first section */
  readonly section?: string;
  /** File of the reader's project that the sentence before the block names. @default - none */
  readonly path?: string;
  /** Why it is not run here, if the page says so. */
  readonly notRun?: string;
}

const FENCE =
  /^(?<before>(?:<!-- not run here: (?<reason>[^\n]*) -->\n\n?)?)```(?<language>\w+)[^\n]*\n(?<text>[\s\S]*?)^```$/gm;

/** Files below a folder with this ending, sorted, as paths from the root of the repository. */
function filesBelow(folder: string, ending: string): string[] {
  const names = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' });
  return names
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name))
    .sort();
}

/** The fenced blocks of the README and of every page under `docs` but the decisions. */
export function pageSnippets(): Snippet[] {
  const pages = ['README.md', ...filesBelow('docs', '.md').filter((file) => !file.includes('decisions'))];
  return pages.flatMap((file) => {
    const page = readFileSync(join(ROOT, file), 'utf8');
    return [...page.matchAll(FENCE)].map(({ index, groups }) => ({
      file,
      section: [...page.slice(0, index).matchAll(/^## (.+)$/gm)].at(-1)?.[1],
      path: /`([\w./-]+)`:\n+$/.exec(page.slice(0, index))?.[1],
      line: page.slice(0, index + groups!.before!.length).split('\n').length + 1,
      language: groups!.language!,
      text: groups!.text!,
      notRun: groups!.reason,
    }));
  });
}

const EXAMPLE = /^[ ]*\* @example\n(?<text>(?:[ ]*\*(?! @)(?:[^/\n][^\n]*)?\n)+)/gm;

/** The `@example` of every docstring of the library. */
export function docstringExamples(): Snippet[] {
  return filesBelow('lib', '.ts').flatMap((file) => {
    const source = readFileSync(join(ROOT, file), 'utf8');
    return [...source.matchAll(EXAMPLE)].map(({ index, groups }) => ({
      file,
      line: source.slice(0, index).split('\n').length + 1,
      language: 'ts',
      text: groups!.text!.replace(/^[ ]*\* ?/gm, '').replace(/^```(?:ts)?\n?/gm, ''),
    }));
  });
}
