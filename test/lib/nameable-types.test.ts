import { join, relative } from 'node:path';
import ts from 'typescript';
import { expect, test } from 'vitest';

const ROOT = join(__dirname, '../..');

/** Modules that users import, by the name in their import. */
const ENTRY_POINTS = {
  modelship: 'lib/index.ts',
  'modelship/aws': 'lib/aws/index.ts',
  'modelship/azure': 'lib/azure/index.ts',
  'modelship/gcp': 'lib/gcp/index.ts',
  'modelship/runtime': 'runtime/src/index.ts',
};

const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.test.json'), ts.sys.readFile);
const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
const program = ts.createProgram(
  Object.values(ENTRY_POINTS).map((file) => join(ROOT, file)),
  options,
);
const checker = program.getTypeChecker();

const resolved = (symbol: ts.Symbol): ts.Symbol =>
  symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;

const exported = new Map<ts.Symbol, string>();
/** Classes that users can name and cannot construct, because an entry point exports their type alone. */
const typesOnly = new Set<ts.Symbol>();
for (const file of Object.values(ENTRY_POINTS)) {
  const module = checker.getSymbolAtLocation(program.getSourceFile(join(ROOT, file))!)!;
  for (const symbol of checker.getExportsOfModule(module)) {
    exported.set(resolved(symbol), symbol.name);
    if (symbol.declarations?.some(ts.isTypeOnlyExportDeclaration)) typesOnly.add(resolved(symbol));
  }
}

const isHidden = (node: ts.Node): boolean =>
  ts.isPrivateIdentifier((node as ts.NamedDeclaration).name ?? node) ||
  (ts.canHaveModifiers(node) && !!ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword)) ||
  ts.getJSDocTags(node).some(({ tagName }) => tagName.text === 'internal');

/** Reports each type of ours in `node` that no entry point exports. */
function visit(node: ts.Node, owner: string, report: (owner: string, type: string) => void): void {
  const check = (symbol: ts.Symbol | undefined): void => {
    if (!symbol) return;
    const target = resolved(symbol);
    const declaration = target.declarations?.[0];
    if (!declaration || ts.isTypeParameterDeclaration(declaration) || exported.has(target)) return;
    const file = relative(ROOT, declaration.getSourceFile().fileName);
    if (/^(?:lib|runtime\/src)\//.test(file) && !/^__/.test(target.name)) report(owner, `${target.name} of ${file}`);
  };
  const isUnreachable =
    ts.isConstructorDeclaration(node) && typesOnly.has(checker.getSymbolAtLocation(node.parent.name!)!);
  const implemented = ts.isHeritageClause(node) && node.token === ts.SyntaxKind.ImplementsKeyword;
  if (isHidden(node) || isUnreachable || implemented) return;
  if (ts.isTypeReferenceNode(node)) check(checker.getSymbolAtLocation(node.typeName));
  if (ts.isExpressionWithTypeArguments(node)) check(checker.getSymbolAtLocation(node.expression));
  const named = ts.isClassElement(node) || ts.isTypeElement(node) ? node.name?.getText() : undefined;
  const inner = named ? `${owner}.${named}` : owner;
  const annotated = (node as { type?: ts.TypeNode }).type;
  if (isValueDeclaration(node) && !annotated && !ts.isConstructorDeclaration(node)) {
    const type = inferredType(node);
    for (const part of type.isUnionOrIntersection() ? type.types : [type]) {
      for (const each of [part, ...checker.getTypeArguments(part as ts.TypeReference)]) {
        check(each.aliasSymbol ?? each.getSymbol());
      }
    }
  }
  ts.forEachChild(node, (child) => {
    if (ts.isBlock(child) || ts.isDecorator(child)) return;
    if (child === (node as { initializer?: ts.Node }).initializer) return;
    visit(child, inner, report);
  });
}

const isValueDeclaration = (node: ts.Node): node is ts.SignatureDeclaration | ts.VariableDeclaration =>
  ts.isPropertyDeclaration(node) ||
  ts.isMethodDeclaration(node) ||
  ts.isGetAccessor(node) ||
  ts.isVariableDeclaration(node) ||
  ts.isFunctionDeclaration(node);

function inferredType(node: ts.SignatureDeclaration | ts.VariableDeclaration): ts.Type {
  const type = checker.getTypeAtLocation(node);
  return type.getCallSignatures()[0]?.getReturnType() ?? type;
}

test('each public member is typed by what users can import', () => {
  const found: string[] = [];
  for (const [symbol, name] of exported) {
    for (const declaration of symbol.declarations ?? []) {
      visit(declaration, name, (owner, type) => found.push(`${owner}: ${type}`));
    }
  }
  expect([...new Set(found)].sort()).toEqual([]);
}, 120_000);
