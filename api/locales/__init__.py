"""Languages: what the domain and the read models say, in the language of whoever reads it.

`Locale` formats a `Message` in one language. Its catalogues (``ru.po`` beside this page; English is in the code itself)
are collected by ``make messages`` and translated by hand; docs/glossary.md says which word stands for which.
"""

from api.locales.choosing import asked_languages, chosen_locale, languages_of, locale_of
from api.locales.locale import ENGLISH, LANGUAGES, Locale

__all__ = ["ENGLISH", "LANGUAGES", "Locale", "asked_languages", "chosen_locale", "languages_of", "locale_of"]
