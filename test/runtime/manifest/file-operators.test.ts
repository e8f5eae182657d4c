import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileOperators } from '@modelship/runtime/manifest';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = join(__dirname, '..', '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'modelship-operators-'));

/** Saves an ONNX model whose node and whose branch have operators of another library, and one with a function. */
const SAVE_ONNX = `
import sys
import onnx
from onnx import TensorProto, helper

def save(name, operator, functions=()):
    value = helper.make_tensor_value_info
    branch = helper.make_graph([helper.make_node(operator, ["x"], ["z"], domain="evil")], "b", [],
        [value("z", TensorProto.FLOAT, [1])])
    yes = helper.make_node("Constant", [], ["yes"], value=helper.make_tensor("t", TensorProto.BOOL, [], [True]))
    graph = helper.make_graph([yes, helper.make_node("If", ["yes"], ["y"], then_branch=branch, else_branch=branch)],
        "g", [value("x", TensorProto.FLOAT, [1])], [value("y", TensorProto.FLOAT, [1])])
    model = helper.make_model(graph, functions=functions, opset_imports=[helper.make_opsetid("", 18)])
    onnx.save_model(model, f"{sys.argv[1]}/{name}.onnx")

save("custom", "OpenFile")
relu = helper.make_node("Relu", ["a"], ["b"])
save("function", "Twice", [helper.make_function("evil", "Twice", ["a"], ["b"], [relu], [helper.make_opsetid("", 18)])])
`;

beforeAll(() => {
  const python = join(root, '.venv', 'bin', 'python');
  execFileSync(python, [join(root, 'test/runtime/engines/python/save_reaching_out.py'), folder], { stdio: 'pipe' });
  execFileSync(python, ['-c', SAVE_ONNX, folder]);
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true }));

test('operators of a SavedModel and of TorchScript that read or write files are named, also in functions', () => {
  expect(fileOperators(join(folder, 'files'), 'saved_model')).toEqual(['ReadFile', 'WriteFile']);
  expect(fileOperators(join(folder, 'reader.pt'), 'torchscript')).toEqual(['torch.from_file']);
});

test('operators of ONNX that another library would run are named, and functions of the model are not', () => {
  expect(fileOperators(join(folder, 'custom.onnx'), 'onnx')).toEqual(['evil.OpenFile']);
  expect(fileOperators(join(folder, 'function.onnx'), 'onnx')).toEqual([]);
  expect(fileOperators(join(root, 'examples', 'iris', 'model.onnx'), 'onnx')).toEqual([]);
});
