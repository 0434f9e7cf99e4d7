"""A small, bounded memory of this process for things that are quick to ask for twice and slow to make."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Thing = TypeVar("Thing")
OF_PEOPLE = 3600.0  # seconds that what is made of people's pictures may be remembered


class Memory(Generic[Thing]):
    """The least lately used go first, when there are too many or they weigh too much. Safe from several threads.

    ``seconds``: nothing is remembered longer than this; for what is made of people's pictures.
    """

    def __init__(self, most: int, heaviest: int, weigh: Callable[[Thing], int], seconds: float = float("inf")) -> None:
        self._most, self._heaviest, self._weigh, self._seconds = most, heaviest, weigh, seconds
        self._things: OrderedDict[Hashable, tuple[Thing, float]] = OrderedDict()  # and since when
        self._lock = threading.Lock()

    def recall(self, key: Hashable) -> Thing | None:
        with self._lock:
            self._forget_old()
            if key not in self._things:
                return None
            self._things.move_to_end(key)
            return self._things[key][0]

    def keep(self, key: Hashable, thing: Thing) -> None:
        with self._lock:
            self._forget_old()
            self._things[key] = thing, time.monotonic()
            while len(self._things) > self._most or self.weight() > self._heaviest:
                self._things.popitem(last=False)

    def forget(self, is_meant: Callable[[Hashable], bool]) -> None:
        """Let go of everything whose key is meant."""
        with self._lock:
            self._drop([key for key in self._things if is_meant(key)])

    def _forget_old(self) -> None:
        now = time.monotonic()
        self._drop([key for key, (_, since) in self._things.items() if now - since > self._seconds])

    def _drop(self, keys: list[Hashable]) -> None:
        for key in keys:
            del self._things[key]

    def weight(self) -> int:
        return sum(self._weigh(thing) for thing, _ in self._things.values())

    def clear(self) -> None:
        with self._lock:
            self._things.clear()

    def __len__(self) -> int:
        return len(self._things)
