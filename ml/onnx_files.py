"""Small changes to ONNX files on disk."""

from __future__ import annotations

from pathlib import Path

SMALLEST_TO_SHRINK = 256


def shrink_weights(path: Path) -> None:
    """Store the model's float32 weights as float16, each widened by a Cast that the runtime folds away on loading.

    Halves the file; the arithmetic stays float32. Exact when the weights were rounded to float16 before.
    """
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    model = onnx.load(path)
    graph = model.graph
    casts = []
    for weight in graph.initializer:
        values = numpy_helper.to_array(weight)
        if weight.data_type != TensorProto.FLOAT or values.size < SMALLEST_TO_SHRINK:
            continue
        name = weight.name
        weight.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}.half"))
        casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
    for node in reversed(casts):
        graph.node.insert(0, node)
    onnx.checker.check_model(model)
    onnx.save(model, path)
