"""How many swatches each category has, and whether they are enough to train a generator."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Count, Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from patterns.models import Category
from patterns.swatches.models import Swatch
from patterns.words import in_digits

State = Swatch.State
GOOD, LEAST = 150, 50  # pictures. The bundled generators learned from 150 each (180, every sixth kept aside to judge)
_TOO_MANY = 0.25  # of the accepted ones may be doubtful before it is said
_ACCEPTED = Q(state=State.ACCEPTED)
_DOUBTFUL = Q(is_tiny=True) | Q(is_blurry=True) | Q(like__isnull=False)


@dataclass(frozen=True)
class Tally:
    """``pictures``: how many different ones the accepted swatches were cut from. ``doubtful``: tiny, blurry or double, and accepted."""

    new: int = 0
    accepted: int = 0
    rejected: int = 0
    pictures: int = 0
    doubtful: int = 0

    @property
    def total(self) -> int:
        return self.new + self.accepted + self.rejected


@dataclass(frozen=True)
class Verdict:
    """``level``: "none", "few" or "enough", in words; ``reason``: a sentence or two for staff. Training is possible unless "none"."""

    level: str
    words: str
    reason: str


def tallies() -> dict[int, Tally]:
    """Of every category that has swatches, by its primary key: one query."""
    rows = (
        Swatch.objects.order_by()
        .values("category")
        .annotate(
            of_new=Count("pk", filter=Q(state=State.NEW)),
            of_accepted=Count("pk", filter=_ACCEPTED),
            of_rejected=Count("pk", filter=Q(state=State.REJECTED)),
            pictures=Count("item", filter=_ACCEPTED, distinct=True) + Count("pk", filter=_ACCEPTED & Q(item=None)),
            doubtful=Count("pk", filter=_ACCEPTED & _DOUBTFUL),
        )
        .values_list("category", "of_new", "of_accepted", "of_rejected", "pictures", "doubtful")
    )
    return {category: Tally(*counts) for category, *counts in rows}


def tally_of(category: Category) -> Tally:
    return tallies().get(category.pk, Tally())


def judge(tally: Tally) -> Verdict:
    """Is this enough to train, and why."""
    many, base, caveat = tally.pictures, _from(tally), _caveat(tally)
    if many < LEAST:
        return Verdict(
            "none",
            _("Not enough"),
            _("%(base)s. Accept %(more)s more to train; %(good)s would be good.")
            % {"base": base, "more": LEAST - many, "good": GOOD},
        )
    if many < GOOD:
        alike = _("Its fabrics will resemble each other; %(more)s more would be good.") % {"more": GOOD - many}
        return Verdict("few", _("Can be trained"), f"{base}. {alike}{caveat}")
    return Verdict("enough", _("Ready to train"), f"{base}.{caveat}")


def _from(tally: Tally) -> str:
    if tally.pictures == tally.accepted:
        return _("%(count)s accepted") % {"count": in_digits(tally.accepted)}
    said = ngettext(
        "%(count)s accepted, cut from %(pictures)s picture",
        "%(count)s accepted, cut from %(pictures)s pictures",
        tally.pictures,
    )
    return said % {"count": in_digits(tally.accepted), "pictures": in_digits(tally.pictures)}


def _caveat(tally: Tally) -> str:
    if tally.doubtful <= _TOO_MANY * tally.accepted:
        return ""
    said = _("%(count)s of them are marked tiny, blurry or double: look at those again first.")
    return f" {said % {'count': in_digits(tally.doubtful)}}"
