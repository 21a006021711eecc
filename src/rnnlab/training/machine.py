"""Sets the process up for training: device, threads, precision, and what makes a CPU fast."""

import contextlib
import ctypes
import os
import platform
import sys
import time
from dataclasses import dataclass

import psutil
import torch

from rnnlab.errors import LabError
from rnnlab.settings.training import MachineSettings


@dataclass(frozen=True)
class Machine:
    """Where a net lives, and in which precision its products are taken."""

    device: torch.device
    precision: str

    def autocast(self) -> contextlib.AbstractContextManager[object]:
        """Products in bf16 if that is the precision; weights and sums stay fp32 either way."""
        return torch.autocast(
            self.device.type, torch.bfloat16, enabled=self.precision == "bf16", cache_enabled=False
        )

    def seconds(self) -> float:
        """A clock for differences: what else the machine does is no part of a net's cost.

        It counts this process's time on processors; beside a GPU, the wall's.
        """
        return time.perf_counter() if self.device.type == "cuda" else time.process_time()

    def describe(self) -> dict[str, str | int]:
        """What a run records about its environment; the same at every run on one machine."""
        cuda = self.device.type == "cuda"
        return {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "system": platform.system(),
            "machine": platform.machine(),
            "device": torch.cuda.get_device_name(self.device) if cuda else "cpu",
            "cpu_capability": torch.backends.cpu.get_cpu_capability(),
            "precision": self.precision,
            "threads": torch.get_num_threads(),
        }


def prepare(settings: MachineSettings) -> Machine:
    """Set this process up as `settings` say, bit-reproducibly.

    Raises LabError if CUDA is asked for and absent.
    """
    _keep_large_blocks()
    # oneDNN keeps what it has prepared for the last 1024 shapes of input, some MB each, and hardly
    # a batch is as long as another; read at its first use.
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "16")
    # Gradients that vanish through hundreds of steps end as denormal floats, which a CPU
    # multiplies many times slower than ordinary ones.
    torch.set_flush_denormal(True)
    torch.set_num_threads(settings.threads)
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    # As `use_deterministic_algorithms(True)` does; but that imports PyTorch's compiler too, which
    # takes as long as PyTorch itself.
    torch.set_deterministic_debug_mode("error")
    # Deterministic mode also fills fresh memory, for code that reads before it writes; none here
    # does, and the filling takes a tenth of a step.
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    torch.backends.cudnn.benchmark = False
    return Machine(_device(settings.device), _precision(settings))


def _device(wanted: str) -> torch.device:
    if wanted == "cuda" and not torch.cuda.is_available():
        raise LabError(
            "params.yaml asks for device: cuda, but PyTorch sees none; set device: auto."
        )
    return torch.device("cuda" if wanted != "cpu" and torch.cuda.is_available() else "cpu")


def _precision(settings: MachineSettings) -> str:
    if settings.precision != "auto":
        return settings.precision
    if _device(settings.device).type == "cuda":
        return "bf16" if torch.cuda.is_bf16_supported(including_emulation=False) else "fp32"
    native = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    return "bf16" if native else "fp32"


def usage(device: torch.device) -> dict[str, float]:
    """How busy the machine is, by MLflow's names for it; the processor since the last call."""
    memory = psutil.virtual_memory()
    found = {
        "cpu_utilization_percentage": psutil.cpu_percent(),
        "system_memory_usage_megabytes": memory.used / 1e6,
        "system_memory_usage_percentage": 100 * memory.used / memory.total,
        "process_memory_usage_megabytes": psutil.Process().memory_info().rss / 1e6,
    }
    if device.type == "cuda":
        free, total = torch.cuda.mem_get_info(device)
        found["gpu_0_memory_usage_megabytes"] = (total - free) / 1e6
        found["gpu_0_memory_usage_percentage"] = 100 * (total - free) / total
        with contextlib.suppress(ModuleNotFoundError):  # without nvidia-ml-py
            found["gpu_0_utilization_percentage"] = float(torch.cuda.utilization(device))
    return {name: round(value, 1) for name, value in found.items()}


def _keep_large_blocks() -> None:
    """Tell glibc's malloc to keep freed activations instead of returning them to the kernel.

    Every step frees and asks for the same tens of MB; fetched anew, each page is zeroed first.
    Larger blocks, of the rare long batches, go back: kept, they lie in the way of others of other
    sizes, and a deep net then holds twice the memory it uses.
    """
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        trim_threshold, top_pad, mmap_threshold = -1, -2, -3
        mallopt(mmap_threshold, 1 << 27)
        mallopt(trim_threshold, (1 << 31) - 1)
        mallopt(top_pad, 1 << 26)
