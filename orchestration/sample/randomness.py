"""Where chance comes from: one independent generator for each table and part of the company.

A table that is added or changed leaves the numbers of all others as they were.
"""

import zlib

import numpy as np


def generator(seed: int, table: str, part: int = 0) -> np.random.Generator:
    """The generator of one table's part; the same three arguments always give the same numbers."""
    sequence = np.random.SeedSequence(seed, spawn_key=(zlib.crc32(table.encode()), part))
    return np.random.Generator(np.random.PCG64(sequence))


def shuffled_numbers(count: int, *, seed: int, table: str) -> np.ndarray:
    """The numbers 1 to `count`, each once, in no order that means anything.

    An affine map modulo `count` instead of a shuffle: no record's number tells its place in the file.
    """
    if count == 0:
        return np.empty(0, dtype=np.int64)
    step = max(1, int(count * 0.6180339887))
    while np.gcd(step, count) != 1:
        step += 1
    offset = int(generator(seed, f"{table} numbers").integers(count))
    return (np.arange(count, dtype=np.int64) * step + offset) % count + 1


def choose(rng: np.random.Generator, shares: list[float], size: int) -> np.ndarray:
    """Codes 0..len(shares)-1 drawn with these shares, as int8, shape (size,)."""
    edges = np.cumsum(shares) / np.sum(shares)
    return np.searchsorted(edges[:-1], rng.random(size), side="right").astype(np.int8)


def prefer(rng: np.random.Generator, preferred: np.ndarray, loyalty: float, shares: list[float]) -> np.ndarray:
    """Each one's preferred code with probability `loyalty`, otherwise a code drawn with the shares."""
    other = choose(rng, shares, len(preferred))
    return np.where(rng.random(len(preferred)) < loyalty, preferred, other).astype(np.int8)
