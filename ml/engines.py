"""The other engine: a bundled ONNX net in OpenVINO, with the face of an ONNX Runtime session.

ONNX Runtime serves by default. Where ``make bench`` shows OpenVINO ahead on the machine at hand, ``AIFASHION_GARMENT_ENGINE=openvino``
lets it serve the garment net (``pip install openvino``). Fabrics always come from ONNX Runtime: their bytes are promised.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

from ml.errors import ModelFileError

ENGINE_VARIABLE = "AIFASHION_GARMENT_ENGINE"
ENGINES = ("onnxruntime", "openvino")


def chosen_engine() -> str:
    """ "onnxruntime" or "openvino", from AIFASHION_GARMENT_ENGINE. Raises ModelFileError on any other word."""
    engine = os.environ.get(ENGINE_VARIABLE) or ENGINES[0]
    if engine not in ENGINES:
        raise ModelFileError(f"{ENGINE_VARIABLE} is '{engine}'; choose {' or '.join(ENGINES)}.")
    return engine


class OpenVinoSession:
    """``run`` as an ONNX Runtime session has it; safe to call from several threads at once, each with a request of its own.

    float32 throughout: bfloat16 kernels die where a hypervisor hides the processor's tiles.
    """

    def __init__(self, path: Path, threads: int | None = None) -> None:
        try:
            import openvino
        except ImportError:
            raise ModelFileError(
                f"{ENGINE_VARIABLE} asks for OpenVINO, which is not here: pip install openvino."
            ) from None
        cores = threads or int(os.environ.get("AIFASHION_MODEL_THREADS", "2"))
        hints = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": cores, "PERFORMANCE_HINT": "LATENCY"}
        self._net = openvino.Core().compile_model(str(path), "CPU", hints)
        self._own = threading.local()

    def run(self, _: None, feeds: dict[str, Any]) -> list[Any]:
        """All outputs for inputs given by name, float32 arrays of their own."""
        request = getattr(self._own, "request", None)
        if request is None:
            request = self._own.request = self._net.create_infer_request()
        request.infer(feeds)
        return [request.get_output_tensor(number).data.copy() for number in range(len(self._net.outputs))]
