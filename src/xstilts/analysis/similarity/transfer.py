"""How well what one model shows of a task's rows foretells their labels: nothing is trained for it.

In: features [rows, width] or class probabilities [rows, classes] of a model, and the labels of the rows. Out: one
number, higher is better. Formulas and sources: docs/science.md.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]

RANK = 1e-12  # squared singular values below this share of the largest count as 0
SPAN = np.log(1e8)  # how far the ratio of precisions may lie beyond the squared singular values
STEPS, ZOOMS = 400, 6


def logme(features: Numbers, labels: Labels) -> float:
    """The log evidence of linear models of the classes on the features, a row and class (You et al. 2021).

    For each class the largest, over a = alpha / beta, of log N(t | 0, (I + F F' / a) / beta) with t in {0, 1} and beta
    at its best, n / (r0 + sum x_i^2 a / (a + s_i^2)): F = U S V', x = U't, r0 = |t|^2 - |x|^2. The fixed point of the
    paper's iteration is such a maximum; this also holds where there are fewer rows than features, where the iteration
    may run away. The evidence does not change when features are rotated or columns of zeros are added.
    """
    found = np.asarray(features, dtype=np.float64)
    wide = found.shape[1] >= len(found)
    squares, vectors = np.linalg.eigh(found @ found.T if wide else found.T @ found)
    kept = squares > RANK * max(float(squares.max(initial=0.0)), np.finfo(float).tiny)
    squares, vectors = squares[kept], vectors[:, kept]
    evidence = []
    for one in np.unique(labels):
        target = (labels == one).astype(np.float64)
        projected = (vectors.T @ target) ** 2 if wide else (vectors.T @ (found.T @ target)) ** 2 / squares
        evidence.append(_evidence(projected, squares, target))
    return float(np.mean(evidence))


def _evidence(projected: Numbers, squares: Numbers, target: Numbers) -> float:
    n = len(target)
    left = max(float(target @ target) - float(projected.sum()), 0.0)

    def at(logs: Numbers) -> Numbers:
        ratio = np.exp(logs)[:, None]
        rest = left + (projected * ratio / (ratio + squares)).sum(axis=1)
        spread = np.log1p(squares / ratio).sum(axis=1)
        found: Numbers = -0.5 * (n * np.log(2 * np.pi * np.maximum(rest, 1e-300) / n) + spread + n)
        return found

    if not len(squares):
        return float(at(np.zeros(1))[0]) / n
    low, high = float(np.log(squares.min())) - SPAN, float(np.log(squares.max())) + SPAN
    best = 0.0
    for _ in range(ZOOMS):
        logs = np.linspace(low, high, STEPS)
        values = at(logs)
        place = int(values.argmax())
        best, step = float(values[place]), logs[1] - logs[0]
        low, high = max(low, logs[place] - 2 * step), min(high, logs[place] + 2 * step)
    return best / n


def h_score(features: Numbers, labels: Labels) -> float:
    """tr(cov(f)^+ cov(E[f | y])): how far classes lie apart in units of the features' spread (Bao et al. 2019)."""
    centred, means = _means(features, labels)
    inverse = np.linalg.pinv(centred.T @ centred / len(centred), hermitian=True)
    return float(np.sum(inverse * (means.T @ means / len(means))))


def regularised_h_score(features: Numbers, labels: Labels) -> float:
    """The same with Ledoit and Wolf's covariance, times 1 less its shrinkage (Ibrahim et al. 2021)."""
    centred, means = _means(features, labels)
    covariance, shrinkage = ledoit_wolf(centred)
    inverse = np.linalg.pinv(covariance, hermitian=True)
    return float((1 - shrinkage) * np.sum(inverse * (means.T @ means / len(means))))


def ledoit_wolf(centred: Numbers) -> tuple[Numbers, float]:
    """The covariance (1 - a) S + a m I of centred rows, m the mean variance, and the shrinkage a (Ledoit, Wolf 2004):
    a = min(b, d) / d with d = |S - m I|^2 and b = sum_k |x_k x_k' - S|^2 / n^2.
    """
    n, width = centred.shape
    plain = centred.T @ centred / n
    mean = float(np.trace(plain)) / width
    far = float((plain**2).sum()) - width * mean**2
    noise = (float((np.square(centred).sum(axis=1) ** 2).sum()) / n - float((plain**2).sum())) / n
    shrinkage = min(noise, far) / far if far > 0 else 0.0
    return (1 - shrinkage) * plain + shrinkage * mean * np.eye(width), shrinkage


def _means(features: Numbers, labels: Labels) -> tuple[Numbers, Numbers]:
    """Centred features, and in their place the mean of each row's class."""
    centred = np.asarray(features, dtype=np.float64)
    centred = centred - centred.mean(axis=0)
    _, place = np.unique(labels, return_inverse=True)
    counts = np.bincount(place)
    sums = np.zeros((len(counts), centred.shape[1]))
    np.add.at(sums, place, centred)
    return centred, (sums / counts[:, None])[place]


def leep(probabilities: Numbers, labels: Labels) -> float:
    """Mean log of sum_z P(y | z) p(z | x): source classes z as a view of the target's classes y (Nguyen et al. 2020).
    ``probabilities`` [rows, source classes]."""
    _, place = np.unique(labels, return_inverse=True)
    joint = np.zeros((int(place.max()) + 1, probabilities.shape[1]))
    np.add.at(joint, place, np.asarray(probabilities, dtype=np.float64) / len(place))
    given = joint / np.maximum(joint.sum(axis=0, keepdims=True), 1e-300)
    return float(np.log((probabilities @ given.T)[np.arange(len(place)), place]).mean())


def nce(predicted: Labels, labels: Labels) -> float:
    """-H(Y | Z), in nats: what the source's hard predictions z leave open of the labels (Tran et al. 2019)."""
    _, y = np.unique(labels, return_inverse=True)
    _, z = np.unique(predicted, return_inverse=True)
    joint = np.zeros((int(z.max()) + 1, int(y.max()) + 1))
    np.add.at(joint, (z, y), 1 / len(y))
    given = joint / joint.sum(axis=1, keepdims=True)
    return float((joint * np.log(np.where(joint > 0, given, 1.0))).sum())
