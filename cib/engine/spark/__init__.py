"""The engine of a cluster: Spark moves, groups and numbers rows, and the stages' own functions work on them."""

__all__: list[str] = []
