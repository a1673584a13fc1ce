"""Slimming takes nodes out of a graph, and the answers stay."""

from __future__ import annotations

import ndonnx as ndx
import numpy as np
import onnx
import onnxruntime
import pytest
import spox
import spox.opset.ai.onnx.v21 as op
from onnx import TensorProto, helper, numpy_helper

from mer_sklearn.artifact.slimming import slim
from mer_sklearn.features import preset
from mer_sklearn.features.onnx_ops import GraphOps
from mer_sklearn.features.rows import family_columns


def value(name):
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, [2])


def constant(name, number):
    table = numpy_helper.from_array(np.float32(number))
    return helper.make_node("Constant", [], [name], value=table)


def model_of(nodes, tables=(), outputs=("y",)):
    answers = [value(name) for name in outputs]
    graph = helper.make_graph(nodes, "g", [value("x")], answers, list(tables))
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)


def run(model, x):
    onnx.checker.check_model(model, full_check=True)
    return onnxruntime.InferenceSession(model.SerializeToString()).run(None, {"x": x})


def test_constants_become_tables_and_equals_become_one():
    nodes = [
        *(constant("a", 2.0), constant("b", 2.0)),
        *(helper.make_node("Mul", ["x", name], [f"x{name}"]) for name in "abc"),
        helper.make_node("Sum", ["xa", "xb", "xc"], ["sum"]),
        helper.make_node("Identity", ["sum"], ["copy"]),
        helper.make_node("Neg", ["copy"], ["y"]),
    ]
    model = model_of(nodes, [numpy_helper.from_array(np.float32(2.0), "c")])
    before = run(model, np.ones(2, np.float32))
    slim(model)
    assert [node.op_type for node in model.graph.node] == ["Mul", "Sum", "Neg"]
    assert [table.name for table in model.graph.initializer] == ["c"]
    np.testing.assert_array_equal(run(model, np.ones(2, np.float32)), before)


def test_what_differs_in_a_setting_or_a_type_stays():
    nodes = [
        helper.make_node("LeakyRelu", ["x"], ["a"], alpha=0.1),
        helper.make_node("LeakyRelu", ["x"], ["b"], alpha=0.2),
        helper.make_node("Sub", ["a", "b"], ["u"]),
        helper.make_node("Sub", ["b", "a"], ["v"]),
        helper.make_node("Add", ["u", "v"], ["y"]),
    ]
    model = model_of(nodes)
    slim(model)
    assert len(model.graph.node) == 5
    tables = [
        numpy_helper.from_array(np.zeros(2, kind), kind.__name__) for kind in (np.float32, np.int32)
    ]
    model = model_of([helper.make_node("Add", ["x", "float32"], ["y"])], tables)
    slim(model)
    assert len(model.graph.initializer) == 2


def test_an_answer_keeps_its_name():
    nodes = [
        helper.make_node("Neg", ["x"], ["y"]),
        helper.make_node("Neg", ["x"], ["z"]),
        helper.make_node("Identity", ["y"], ["copy"]),
    ]
    model = model_of(nodes, outputs=("y", "z", "copy"))
    x = np.array([1.0, -3.0], np.float32)
    slim(model)
    found = run(model, x)
    assert [output.name for output in model.graph.output] == ["y", "z", "copy"]
    for answer in found:
        np.testing.assert_array_equal(answer, -x)


def test_graphs_inside_nodes_follow():
    """A body reads values of the graph around it; those it knows by another name afterwards."""
    start = spox.argument(spox.Tensor(np.float32, (2,)))
    twice = [op.mul(start, op.const(np.float32(2.0))) for _ in range(2)]

    def body(n, go_on, total):
        step = op.add(op.add(total, twice[0]), op.mul(twice[1], op.const(np.float32(1.0))))
        again = op.add(op.add(total, twice[0]), op.mul(twice[1], op.const(np.float32(1.0))))
        return go_on, op.add(step, again)

    (total,) = op.loop(op.const([3]), op.const([True]), [start], body=body)
    model = spox.build({"x": start}, {"y": op.add(total, op.add(*twice))})
    before = run(model, np.array([1.0, -2.0], np.float32))
    n_before = len(_body(model).node)
    slim(model)
    assert len(_body(model).node) < n_before - 3
    assert sum(node.op_type == "Mul" for node in model.graph.node) == 1
    np.testing.assert_array_equal(run(model, np.array([1.0, -2.0], np.float32)), before)


def _body(model):
    (loop,) = (node for node in model.graph.node if node.op_type == "Loop")
    return next(attribute.g for attribute in loop.attribute if attribute.name == "body")


@pytest.fixture(scope="module")
def traced():
    signal = ndx.argument(shape=("n_clips", "n_samples"), dtype=ndx.float32)
    columns = ndx.concat(family_columns(GraphOps(), signal, preset("music")), axis=-1)
    return spox.build({"x": signal.unwrap_spox()}, {"y": columns.unwrap_spox()})


def test_features_keep_every_bit(traced, rng):
    """The preset music: half of its nodes go, and nothing else."""
    slimmed = onnx.ModelProto.FromString(traced.SerializeToString())
    slim(slimmed)
    assert len(slimmed.graph.node) < 1_600
    assert len(slimmed.graph.node) < 0.6 * len(traced.graph.node)
    settings = onnxruntime.SessionOptions()
    settings.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    settings.enable_mem_reuse = False
    sessions = [
        onnxruntime.InferenceSession(model.SerializeToString(), settings)
        for model in (traced, slimmed)
    ]
    for n_samples in (1, 3_000, 100_000):
        x = rng.normal(scale=0.1, size=(2, n_samples)).astype(np.float32)
        before, after = (session.run(None, {"x": x})[0] for session in sessions)
        np.testing.assert_array_equal(after, before)


def test_a_slim_graph_stays_as_it_is(traced):
    once = onnx.ModelProto.FromString(traced.SerializeToString())
    slim(once)
    twice = onnx.ModelProto.FromString(once.SerializeToString())
    slim(twice)
    assert twice.SerializeToString(deterministic=True) == once.SerializeToString(deterministic=True)
