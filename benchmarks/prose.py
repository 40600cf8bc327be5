"""Invented prose for measured submissions: the same for the same seed, and never the same text twice.

Repeated text would flatter whatever compresses or caches; so words of a list are drawn by their frequency, as in real
prose, and put into sentences.
"""

from __future__ import annotations

import random
from typing import Final

# fmt: off
_LIST: Final = (
    "и в не на что с как по к мы из у за о от это для но до или если так уже только был быть чтобы когда где все их наш "
    "она они время год дом город театр музей выставка книга голос память язык слово сцена зритель художник автор проект "
    "работа мастерская студия музыка концерт запись архив письмо перевод издание журнал встреча лекция школа ребёнок "
    "семья эмиграция граница дорога поезд море берег север зима снег свет тень окно дверь стена улица площадь рынок "
    "история документ свидетель разговор рассказ повесть стихи поэт режиссёр актёр костюм декорация камера монтаж фильм "
    "показ фестиваль премьера репетиция расписание бюджет аренда билет перелёт гонорар печать бумага краска холст глина "
    "дерево металл ткань звук шум тишина ритм хор оркестр скрипка фортепиано песня танец тело движение жест взгляд лицо "
    "имя адрес страна родина изгнание возвращение надежда страх свобода право закон суд тюрьма война мир победа утрата "
    "находить искать строить писать читать говорить молчать слушать видеть помнить забывать начинать продолжать собирать "
    "показывать учить готовить переводить издавать снимать ставить играть петь рисовать лепить хранить открывать "
    "новый старый общий личный живой тихий долгий короткий важный простой редкий забытый чужой свой первый последний "
    "независимый совместный камерный уличный детский взрослый русский местный европейский цифровой бумажный"
)
_BUDGET_ITEMS: Final = ("аренда зала", "гонорары участников", "перелёты и поезда", "печать тиража", "перевод текстов",
                        "монтаж записи", "материалы мастерской", "страхование работ", "реклама показов", "прочие расходы")
# fmt: on
_WORDS: Final = _LIST.split()
_WEIGHTS: Final = [1 / (rank + 3) for rank in range(len(_WORDS))]


class Prose:
    """Endless invented Russian prose from one seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def title(self) -> str:
        """A title of three to six words."""
        return " ".join(self._words(self._random.randint(3, 6))).capitalize()

    def text(self, size: int) -> str:
        """About `size` bytes of UTF-8: whole sentences, the last one may end early."""
        sentences: list[str] = []
        missing = size
        while missing > 0:
            sentence = f"{' '.join(self._words(self._random.randint(5, 18))).capitalize()}."
            sentences.append(sentence)
            missing -= len(sentence.encode()) + 1
        return " ".join(sentences).encode()[:size].decode("utf-8", "ignore").strip()

    def amounts(self, count: int) -> list[int]:
        """Sums in minor units, each different in size, none zero."""
        return [self._random.randint(5_000, 250_000) for _ in range(count)]

    def _words(self, count: int) -> list[str]:
        return self._random.choices(_WORDS, _WEIGHTS, k=count)


def budget_items() -> tuple[str, ...]:
    """What the ten lines of a budget are for."""
    return _BUDGET_ITEMS
