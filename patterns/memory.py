"""A small, bounded memory of this process for things that are quick to ask for twice and slow to make."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Thing = TypeVar("Thing")


class Memory(Generic[Thing]):
    """The least lately used go first, when there are too many or they weigh too much. Safe from several threads."""

    def __init__(self, most: int, heaviest: int, weigh: Callable[[Thing], int]) -> None:
        self._most, self._heaviest, self._weigh = most, heaviest, weigh
        self._things: OrderedDict[Hashable, Thing] = OrderedDict()
        self._lock = threading.Lock()

    def recall(self, key: Hashable) -> Thing | None:
        with self._lock:
            if key not in self._things:
                return None
            self._things.move_to_end(key)
            return self._things[key]

    def keep(self, key: Hashable, thing: Thing) -> None:
        with self._lock:
            self._things[key] = thing
            while len(self._things) > self._most or self.weight() > self._heaviest:
                self._things.popitem(last=False)

    def weight(self) -> int:
        return sum(self._weigh(thing) for thing in self._things.values())

    def clear(self) -> None:
        with self._lock:
            self._things.clear()

    def __len__(self) -> int:
        return len(self._things)
