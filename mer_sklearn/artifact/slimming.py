"""Fewer nodes in a graph, and not one value changed.

What is traced holds a node for every constant, and repeats what several families ask for. A session
takes its time by the node, so before a graph is saved

* constants become initializers, equal ones one;
* nodes that compute the same from the same become one;
* copies of a value (`Identity`) are skipped, unless they are answers.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import onnx

__all__ = ["slim"]

Names: TypeAlias = dict[str, str]  # of values that are dropped: what stands for them


def slim(model: onnx.ModelProto) -> None:
    """Take out of a model what it can do without; its answers stay the same, bit for bit.

    Parameters
    ----------
    model : onnx.ModelProto
        A model of operators that always answer the same; changed in place.
    """
    _slim(model.graph, {})


def _slim(graph: onnx.GraphProto, outer: Names) -> None:
    """Slim a graph and the graphs inside its nodes; `outer` are the names dropped around it."""
    names = dict(outer)
    nodes = _without_constants(graph, names)
    outputs = {output.name for output in graph.output}
    kept: list[onnx.NodeProto] = []
    known: dict[Hashable, onnx.NodeProto] = {}
    for node in nodes:
        _rename(node, names)
        is_answer = not outputs.isdisjoint(node.output)
        same = known.setdefault(_computes(node), node)
        if node.op_type == "Identity" and not is_answer:
            names[node.output[0]] = node.input[0]
        elif same is not node and not is_answer:
            names.update(zip(node.output, same.output, strict=True))
        else:
            kept.append(node)
    _replace(graph.node, kept)


def _without_constants(graph: onnx.GraphProto, names: Names) -> list[onnx.NodeProto]:
    """Make the constants of a graph initializers, each stored once; return the other nodes."""
    tables, nodes = list(graph.initializer), []
    for node in graph.node:
        if node.op_type == "Constant" and node.attribute[0].HasField("t"):
            tables.append(node.attribute[0].t)
            tables[-1].name = node.output[0]
        else:
            nodes.append(node)
    found: dict[bytes, onnx.TensorProto] = {}
    for table in tables:
        same = found.setdefault(_content(table), table)
        if same is not table:
            names[table.name] = same.name
    _replace(graph.initializer, list(found.values()))
    return nodes


def _content(table: onnx.TensorProto) -> bytes:
    """Return what a table holds, whatever its name."""
    nameless = type(table)()
    nameless.CopyFrom(table)
    nameless.ClearField("name")
    return bytes(nameless.SerializeToString(deterministic=True))


def _rename(node: onnx.NodeProto, names: Names) -> None:
    """Let a node, and the graphs inside it, read the values that stand for dropped ones."""
    for place, name in enumerate(node.input):
        node.input[place] = names.get(name, name)
    for attribute in node.attribute:
        if attribute.HasField("g"):
            _slim(attribute.g, names)


def _computes(node: onnx.NodeProto) -> Hashable:
    """Return what a node computes from what; a node with a graph inside is like no other."""
    if any(attribute.HasField("g") for attribute in node.attribute):
        return id(node)
    settings = sorted(a.SerializeToString(deterministic=True) for a in node.attribute)
    return node.domain, node.op_type, len(node.output), tuple(node.input), tuple(settings)


def _replace(field: Any, messages: list[Any]) -> None:
    """Let a repeated field of a message hold only some of its messages."""
    copies = [type(message).FromString(message.SerializeToString()) for message in messages]
    del field[:]
    field.extend(copies)
