"""The page that shows nine words. They are shown once, so it has nothing that leads away before they are written down."""

from __future__ import annotations

from api.accounts.ways_in import MadeWords
from api.pages.page import PageContent
from api.pages.visits import Visit


def words_page(made: MadeWords, visit: Visit, *, onward: str, new: bool = False) -> PageContent:
    """The page for nine words that were made just now; `onward` is where its button leads. `new`: the person was registered
    just now."""
    context = {
        "words": made.words,
        "new": new,
        "onward": onward,
        "address": f"{visit.wiring.settings.address}/sign-in",
        "signed_in": None,
        "untold": False,
        "no_way_back": False,
        "shown_once": True,
    }
    return PageContent("words.html", context)
