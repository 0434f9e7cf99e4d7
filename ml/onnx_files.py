"""Nets as ONNX files: written from PyTorch, told how they are served, made smaller."""

from __future__ import annotations

import json
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

SMALLEST_TO_SHRINK = 256


def round_to_half(net: Any) -> Any:
    """Round every weight of a torch net to what half precision can hold, so that both exported files carry the very same net."""
    import torch

    with torch.no_grad():
        for value in net.state_dict().values():
            if value.dtype == torch.float32:
                value.copy_(value.half().float())
    return net


def in_half(net: Any) -> dict[str, Any]:
    """The tensors of a net by name, as they are kept: floating-point ones in half precision."""
    return {name: value.half() if value.is_floating_point() else value for name, value in net.state_dict().items()}


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


def share_weights(net: bytes, weights: Path) -> bytes:
    """ONNX bytes whose half-precision weights are read from a safetensors file that lies beside it, where that holds the same bytes.

    Both formats keep tensors as plain little-endian bytes, and ONNX may keep them in any file (external data): so one copy serves
    both. ``weights``: the file, which must keep its name. The runtime finds it by that name in the folder of the ONNX file.
    """
    import onnx

    model = onnx.load_from_string(net)
    content = weights.read_bytes()
    places = _places(content)
    for tensor in model.graph.initializer:
        place = places.get(len(tensor.raw_data), ())
        start = next((at for at in place if content[at : at + len(tensor.raw_data)] == tensor.raw_data), None)
        if start is None or len(tensor.raw_data) < 2 * SMALLEST_TO_SHRINK:
            continue
        onnx.external_data_helper.set_external_data(tensor, weights.name, start, len(tensor.raw_data))
        tensor.ClearField("raw_data")
        tensor.data_location = onnx.TensorProto.EXTERNAL
    return bytes(model.SerializeToString())


def _places(content: bytes) -> dict[int, list[int]]:
    """Length in bytes → where in the content of a safetensors file tensors of that length begin."""
    header = int.from_bytes(content[:8], "little")
    found: dict[int, list[int]] = {}
    for name, told in json.loads(content[8 : 8 + header]).items():
        if name != "__metadata__":
            start, end = told["data_offsets"]
            found.setdefault(end - start, []).append(8 + header + start)
    return found


def picture_net_as_onnx(
    net: Any,
    told: Mapping[str, str],
    *,
    shrink: bool,
    shape: tuple[int, int, int] | None = None,
    outputs: Sequence[str] = ("probabilities",),
) -> bytes:
    """ONNX bytes of a torch net from "picture" (N, C, H, W) to ``outputs`` (N, ..., h, w), with ``told`` as its metadata.

    ``shape``: C, H and W; where none is given C is 3, and H and W stay free. N is always free. ``shrink``: see :func:`shrink_weights`.
    """
    import onnx
    import torch

    axes = {0: "count"} if shape else {0: "count", 2: "height", 3: "width"}
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
        warnings.simplefilter("ignore")
        file = Path(folder) / "net.onnx"
        torch.onnx.export(
            net.eval(),
            (torch.rand(1, *(shape or (3, 96, 64))),),
            file,
            input_names=["picture"],
            output_names=list(outputs),
            dynamic_axes=dict.fromkeys(("picture", *outputs), axes),
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
