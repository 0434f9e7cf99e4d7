"""Nets as ONNX files: written from PyTorch, told how they are served, made smaller."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

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


def picture_net_as_onnx(net: Any, told: Mapping[str, str], *, shrink: bool) -> bytes:
    """ONNX bytes of a torch net from "picture" (N, 3, H, W) to "probabilities" (N, C, H, W), with ``told`` as its metadata.

    N, H and W stay free. ``shrink``: see :func:`shrink_weights`.
    """
    import onnx
    import torch

    axes = {0: "count", 2: "height", 3: "width"}
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
        warnings.simplefilter("ignore")
        file = Path(folder) / "net.onnx"
        torch.onnx.export(
            net.eval(),
            (torch.rand(1, 3, 96, 64),),
            file,
            input_names=["picture"],
            output_names=["probabilities"],
            dynamic_axes={"picture": axes, "probabilities": axes},
            opset_version=17,
            do_constant_folding=False,
            training=torch.onnx.TrainingMode.PRESERVE,  # as it is, in evaluation: normalisation folded in would not fit halves
            dynamo=False,
        )
        if shrink:
            shrink_weights(file)
        model = onnx.load(file)
    for key, value in told.items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    return bytes(model.SerializeToString())
