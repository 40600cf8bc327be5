"""Facts of a correspondence, in words. No timeline shows them."""

from __future__ import annotations

from typing import assert_never

from domain.correspondence import (
    CorrespondenceFact,
    CorrespondenceMessageWritten,
    CorrespondenceNoteWritten,
    CorrespondenceSettled,
)
from domain.messages import msg
from projections.words.sentences import FactInWords


def correspondence_words(fact: CorrespondenceFact) -> FactInWords:
    """The words of a fact of a correspondence."""
    match fact:
        case CorrespondenceMessageWritten(side="applicant"):
            return FactInWords(msg("The applicant wrote a message to the staff."))
        case CorrespondenceMessageWritten():
            return FactInWords(msg("The staff wrote a message to the applicant."))
        case CorrespondenceSettled(side="applicant"):
            return FactInWords(msg("The applicant read the messages of the staff."))
        case CorrespondenceSettled():
            return FactInWords(msg("The staff read the messages of the applicant, which need no answer."))
        case CorrespondenceNoteWritten():
            return FactInWords(msg("The staff wrote a note for themselves."))
        case _:
            assert_never(fact)
