"""What stands between numba-cuda and newer packages."""

from __future__ import annotations

import numpy as np
import pytest

from supplyshock_kernels.backends import SPECS
from supplyshock_kernels.backends.numba_cuda import devices


def test_a_name_that_numpy_has_lost_is_there_while_numba_cuda_is_loaded(monkeypatch):
    """numba-cuda 0.30 overloads `np.row_stack`, which NumPy 2.5 does not have: no kernel would compile."""
    monkeypatch.delattr(np, "row_stack", raising=False)
    with devices._names_of_old():
        assert np.row_stack(([1], [2])).tolist() == [[1], [2]]
    assert not hasattr(np, "row_stack")
    with pytest.raises(ZeroDivisionError), devices._names_of_old():
        raise ZeroDivisionError
    assert not hasattr(np, "row_stack")


def test_a_name_that_numpy_still_has_is_left_alone(monkeypatch):
    monkeypatch.setattr(np, "row_stack", "its own", raising=False)
    with devices._names_of_old():
        assert np.row_stack == "its own"
    assert np.row_stack == "its own"


def test_compilers_of_both_toolkits_are_noted():
    """The names of the wheels that `numba-cuda[cu12]` and `numba-cuda[cu13]` ask for."""
    assert {"nvidia-nvvm", "nvidia-nvjitlink"} <= set(SPECS["cuda"].packages)
    assert {"nvidia-cuda-nvcc-cu12", "nvidia-nvjitlink-cu12"} <= set(SPECS["cuda"].packages)
