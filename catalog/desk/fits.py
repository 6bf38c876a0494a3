"""Fitted models for proposals, cached in this process."""

import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from catalog.desk.proposals import Proposer
from catalog.models import (
    Issue,
    Publication,
)

MOST_DOUBTED = 1_000


class _Fit:
    """A model fitted to the issues of a publication at one moment."""

    def __init__(self, publication: Publication) -> None:
        begin = time.monotonic()
        self.version = publication.version
        self.size = Issue.objects.listed().filter(publication=publication).count()
        self.proposer = Proposer.fit(publication)
        self.made_at = time.monotonic()
        self._cost = self.made_at - begin
        self._lock = threading.Lock()
        self._search: Future[list[int]] | None = None

    def is_good_for(self, version: int) -> bool:
        is_young = time.monotonic() - self.made_at < Fits.SHARE * self._cost
        return self.version == version or is_young

    def disagreements(self, wait: float) -> list[int] | None:
        """Return the disagreements; a thread searches for them once. None if not yet found."""
        with self._lock:
            if self._search is None:
                self._search = _aside(self.proposer.disagreements)
        try:
            return self._search.result(wait)
        except TimeoutError:
            return None


def _aside[T](work: Callable[[], T]) -> Future[T]:
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    # A daemon thread does not keep the server from stopping.
    threading.Thread(target=run, daemon=True).start()
    return future


@dataclass(slots=True)
class _Kept:
    """The cache entry of a publication; the thread that fits the model holds the lock."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    fit: _Fit | None = None
    doubted: dict[int, tuple[int | None, int | None]] | None = None
    # Time of the fit that found them.
    doubted_at: float = 0


class Fits:
    """A cache of fitted models, in this process.

    Fitting takes seconds for ten thousand issues, and each edit of a curator changes one of them. A
    fitted model is therefore reused for `SHARE` times its fitting time, even if other issues have
    changed: fitting takes at most one percent of the time, and a small publication is fitted again
    after every edit. The issue that proposals are made for is always read anew. Models for
    `MOST_ISSUES` issues are kept, about 5 kB per issue, the most recently used ones.
    """

    SHARE = 100
    MOST_ISSUES = 50_000

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[tuple[Any, ...], _Kept] = {}

    def proposer(self, publication: Publication) -> Proposer:
        return self._fit(self._of(publication), publication).proposer

    def doubted(
        self, publication: Publication, *, is_begun: bool, wait: float
    ) -> Mapping[int, tuple[int | None, int | None]] | None:
        """Return the disagreements, with the tier and cluster that each issue has.

        None if they are not found within `wait` seconds. A walk in progress keeps its list, even if
        the model is fitted again.
        """
        kept = self._of(publication)
        if not is_begun and kept.doubted is not None:
            return kept.doubted
        fit = self._fit(kept, publication)
        found = fit.disagreements(wait)
        if found is None:
            return None
        if kept.doubted is None or kept.doubted_at != fit.made_at:
            rows = Issue.objects.filter(pk__in=found[:MOST_DOUBTED]).order_by()
            stands = {pk: given for pk, *given in rows.values_list("pk", "tier", "cluster_id")}
            kept.doubted = {pk: (stands[pk][0], stands[pk][1]) for pk in found if pk in stands}
            kept.doubted_at = fit.made_at
        return kept.doubted

    def known_doubts(
        self, publication: Publication
    ) -> Mapping[int, tuple[int | None, int | None]] | None:
        """Return the disagreements that have been found already; None if there was no search."""
        with self._lock:
            kept = self._kept.get(self._key(publication))
        return kept.doubted if kept else None

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()

    @staticmethod
    def _key(publication: Publication) -> tuple[Any, ...]:
        # A database that replaces another one counts its publications from 1 again.
        return publication.pk, publication.created_at

    def _of(self, publication: Publication) -> _Kept:
        with self._lock:
            # The most recently used entry is last.
            kept = self._kept.pop(self._key(publication), None) or _Kept()
            self._kept[self._key(publication)] = kept
            return kept

    def _fit(self, kept: _Kept, publication: Publication) -> _Fit:
        fit = kept.fit
        if fit and fit.is_good_for(publication.version):
            return fit
        # While one thread fits, others use the old model, or wait for the first one.
        if not kept.lock.acquire(blocking=fit is None):
            return fit  # type: ignore[return-value]
        try:
            if kept.fit is None or not kept.fit.is_good_for(publication.version):
                kept.fit = _Fit(publication)
                self._make_room()
            return kept.fit
        finally:
            kept.lock.release()

    def _make_room(self) -> None:
        """Drop the least recently used models; the most recent one always stays."""
        with self._lock:
            sizes = {key: kept.fit.size if kept.fit else 0 for key, kept in self._kept.items()}
            whole = sum(sizes.values())
            for key in list(sizes)[:-1]:
                if whole <= self.MOST_ISSUES:
                    break
                whole -= sizes[key]
                del self._kept[key]


fits = Fits()
