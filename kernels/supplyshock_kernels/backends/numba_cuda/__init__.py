"""The model in one kernel of a GPU, compiled by numba-cuda: a warp is a role, a lane a path, state in shared memory."""
