"""What the tests share: worlds to test in, a backend without a model, processes, servers.

`pythonpath = ["tests"]` in pyproject.toml makes it importable, `processes.environment` in processes that tests start.
"""
