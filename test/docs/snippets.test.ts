import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { docstringExamples, pageSnippets, ROOT, type Snippet } from './snippets.js';

const FOLDER = join(ROOT, '.cache/snippets');

/** What snippets may use without declaring it, because every reader has it by then. */
const KNOWN: Readonly<Record<string, string>> = {
  model: "import('modelship').Model",
  previousModel: "import('modelship').Model",
  vpc: "import('aws-cdk-lib/aws-ec2').IVpc",
  role: "import('aws-cdk-lib/aws-iam').IRole",
  key: "import('aws-cdk-lib/aws-kms').IKey",
  bucket: "import('aws-cdk-lib/aws-s3').IBucket",
  secret: "import('aws-cdk-lib/aws-secretsmanager').ISecret",
  topic: "import('aws-cdk-lib/aws-sns').ITopic",
};

/** The snippet as a module of its own: one line that declares what it uses, then its text. */
function moduleOf({ text }: Snippet): string {
  const stack = /'(?:modelship\/(?:azure|gcp)|cdktf)'/.test(text)
    ? "import('cdktf').TerraformStack"
    : "import('aws-cdk-lib').Stack";
  const declarations = Object.entries({ ...KNOWN, stack })
    .filter(([name]) => !new RegExp(`\\b(?:const|let|function) ${name}\\b`).test(text))
    .map(([name, type]) => `declare const ${name}: ${type};`);
  return `${declarations.join(' ')} export {};\n${text}`;
}

/** Snippets that compile on their own. personas.test.ts runs those that import another file of the reader's project. */
const snippets = [...pageSnippets(), ...docstringExamples()].filter(
  ({ language, text }) => language === 'ts' && !/ from '\.\.?\//.test(text),
);
const errors = new Map<string, string[]>();
/** Public constructs and choices whose docstring has no `@example`. */
const withoutExample: string[] = [];
const ENTRIES = ['lib/index.ts', 'lib/aws/index.ts', 'lib/azure/index.ts', 'lib/gcp/index.ts'].map((path) =>
  join(ROOT, path),
);
const fileOf = (index: number) => join(FOLDER, `snippet-${index}.ts`);

beforeAll(() => {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER, { recursive: true });
  for (const [index, snippet] of snippets.entries()) writeFileSync(fileOf(index), moduleOf(snippet));
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.base.json'), (path) => readFileSync(path, 'utf8'));
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, ROOT);
  const entry = (name: string) => join(ROOT, 'lib', name);
  const program = ts.createProgram([...ENTRIES, ...snippets.map((_, index) => fileOf(index))], {
    ...options,
    noEmit: true,
    declaration: false,
    noUnusedLocals: false,
    noUnusedParameters: false,
    types: ['node'],
    module: ts.ModuleKind.Preserve,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    paths: {
      modelship: [entry('index.ts')],
      'modelship/runtime': [entry('runtime.ts')],
      'modelship/*': [join(ROOT, 'lib/*/index.ts')],
      '@modelship/runtime': [join(ROOT, 'runtime/src/index.ts')],
      '@modelship/runtime/manifest': [join(ROOT, 'runtime/src/manifest/index.ts')],
      '@modelship/runtime/*': [join(ROOT, 'runtime/src/*.ts')],
    },
  });
  const checker = program.getTypeChecker();
  for (const entry of ENTRIES) {
    const module = checker.getSymbolAtLocation(program.getSourceFile(entry)!)!;
    for (const exported of checker.getExportsOfModule(module)) {
      const specifier = exported.declarations?.[0];
      if (specifier && ts.isExportSpecifier(specifier) && specifier.parent.parent.isTypeOnly) continue;
      const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
      const declaration = symbol.valueDeclaration;
      if (!declaration || !ts.isClassDeclaration(declaration) || symbol.name.endsWith('Error')) continue;
      const tags = ts.getJSDocTags(declaration).map(({ tagName }) => tagName.text);
      if (!tags.includes('example')) withoutExample.push(`${entry}: ${symbol.name}`);
    }
  }
  for (const [index] of snippets.entries()) {
    const source = program.getSourceFile(fileOf(index))!;
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    errors.set(
      fileOf(index),
      found.map(({ start, messageText }) => {
        // Line 0 is what the test wrote before the snippet.
        const { line } = source.getLineAndCharacterOfPosition(start ?? 0);
        return `line ${snippets[index]!.line + line - 1}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
      }),
    );
  }
}, 300_000);

afterAll(() => rmSync(FOLDER, { recursive: true, force: true }));

test.each(snippets.map((snippet, index) => ({ ...snippet, index })))('$file:$line compiles', ({ index }) => {
  expect(errors.get(fileOf(index))).toEqual([]);
});

test('every public construct and choice has an example in its docstring', () => {
  expect(withoutExample).toEqual([]);
});

const LINK = /\]\((?!https?:|#)([^)#\s]+)(?:#[^)]*)?\)/g;

test('every relative link of the pages leads to a file', () => {
  const pages = [...new Set(pageSnippets().map(({ file }) => file))];
  const broken = pages.flatMap((file) =>
    [...readFileSync(join(ROOT, file), 'utf8').matchAll(LINK)]
      .map(([, target]) => join(dirname(file), target!))
      .filter((target) => !existsSync(join(ROOT, target)))
      .map((target) => `${file}: ${target}`),
  );
  expect(broken).toEqual([]);
});
