"""How deep each account sits among accounts that are linked to each other: two scores that see different things.

- *Coherence* weighs triangles: for an account u with links of weight w and summed weight s_u,

      coherence_u = sum over v, x of w_uv w_vx w_ux / s_u^1.5

  Small tight cells stand out by it, whatever the rest of the graph looks like; a star has none.
- *Centrality* is the account's part of the leading eigenvector of its own connected component, times its eigenvalue:
  the weight that comes to it from others as central [1]_. Large blocs stand out by it, small cells never do.

.. [1] Bonacich (1972), Factoring and weighting approaches to status scores. doi:10.1080/0022250X.1972.9989806
"""

from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

__all__ = ["coherence"]

Floats: TypeAlias = npt.NDArray[np.float64]
_WORK: Final = 5_000_000
"""Two-step walks that are held at a time, so that memory is bounded."""


def coherence(matrix: Any) -> Floats:
    """Return the coherence of each account.

    Parameters
    ----------
    matrix : symmetric weights, scipy sparse array of shape (accounts, accounts), nothing on the diagonal.

    Returns
    -------
    shape (accounts,); in units of weight to the power 1.5; 0 for an account without a triangle.

    Notes
    -----
    Costs the two-step walks of the graph, the sum of squared degrees; they are held in batches.

    Examples
    --------
    >>> from scipy.sparse import csr_array
    >>> import numpy as np
    >>> triangle_and_tail = np.array([[0, 1, 1, 0], [1, 0, 1, 0], [1, 1, 0, 1], [0, 0, 1, 0]], dtype=float)
    >>> coherence(csr_array(triangle_and_tail)).round(3).tolist()
    [0.707, 0.707, 0.385, 0.0]
    """
    matrix = matrix.tocsr()
    strength = np.asarray(matrix.sum(axis=1)).ravel()
    degree = np.diff(matrix.indptr)
    walks = np.cumsum(matrix.astype(bool).astype(np.int64) @ degree)
    triangles = np.zeros(len(strength))
    start = 0
    while start < len(strength):
        done = walks[start - 1] if start else 0
        stop = max(start + 1, int(np.searchsorted(walks, done + _WORK, side="right")))
        rows = matrix[start:stop]
        triangles[start:stop] = np.asarray(rows.multiply(rows @ matrix).sum(axis=1)).ravel()
        start = stop
    return np.divide(triangles, strength**1.5, out=np.zeros_like(triangles), where=strength > 0)
