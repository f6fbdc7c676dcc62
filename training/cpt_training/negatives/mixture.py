"""Where the similarities of pairs part into those of wrong ones and those of right ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.mixture import GaussianMixture  # type: ignore[import-untyped]

MOST = 100_000
"""Similarities that the mixture is fitted to; of more, so many are drawn."""


def parting(similarities: NDArray[np.float64], seed: int = 0) -> float | None:
    """The similarity at which one is as likely of the higher as of the lower of two Gaussians.

    Gao et al. (2025, "OASIS", similarity refinement): two Gaussians are fitted to the similarities
    of all pairs, right and wrong, and a wrong one beyond their intersection may be mislabelled.

    Args:
        similarities: float64 (n,), in [0, 1].
        seed: of the draw where there are more than are fitted to.

    Returns:
        The intersection between the two means. None where there is none: too few similarities, or
        one Gaussian explains them as well by the Bayesian information criterion.
    """
    if len(np.unique(similarities)) < 4:
        return None
    if len(similarities) > MOST:
        similarities = np.random.default_rng(seed).choice(similarities, MOST, replace=False)
    column = similarities[:, None]
    one, mixture = (GaussianMixture(n, random_state=seed).fit(column) for n in (1, 2))
    if one.bic(column) <= mixture.bic(column):
        return None
    order = np.argsort(mixture.means_[:, 0])
    low, high = mixture.means_[order, 0]
    # The difference of two logarithms of weighted normal densities is a parabola.
    variances, weights = mixture.covariances_[order, 0, 0], mixture.weights_[order]
    squares = 1 / (2 * variances)
    parabola = [
        squares[0] - squares[1],
        2 * (squares[1] * high - squares[0] * low),
        squares[0] * low**2
        - squares[1] * high**2
        + np.log(weights[1] / weights[0])
        - np.log(variances[1] / variances[0]) / 2,
    ]
    between = [root.real for root in np.roots(parabola) if abs(root.imag) < 1e-9]
    return next((float(root) for root in sorted(between) if low < root < high), None)
