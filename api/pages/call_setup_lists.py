"""The pages on which staff write the lists of a draft: the questions that are asked first, and the stages."""

from __future__ import annotations

from api.inputs.submitted import Plain, SubmittedForm, nested, with_seconds
from api.pages.call_setup import SAVED, SETUP, around
from api.pages.call_work import MOVE, free, moved, rows, start_of, texts, work_of
from api.pages.page import Page, PageAction, PageContent
from api.pages.visits import Visit
from domain.messages import Message, msg

# Who can apply


async def _eligibility(visit: Visit) -> PageContent:
    work = await work_of(visit)
    start: dict[str, str] = {}
    for number, question in enumerate(work.call.eligibility):
        place = f"eligibility[{number}]"
        start |= {f"{place}.id": question.id, f"{place}.needed": question.needed}
        start |= start_of(f"{place}.label", question.label)
        start |= start_of(f"{place}.help", question.help)
        start |= start_of(f"{place}.refusal", question.refusal)
    labels: dict[str, Message | str] = {"eligibility": msg("Questions")}
    for number in range(len(work.call.eligibility) + 1):
        for part in ("label", "help", "refusal"):
            said = msg("Question {number}", number=number + 1)
            labels |= {f"eligibility[{number}].{part}": said}
            labels |= {f"eligibility[{number}].{part}.{code}": said for code in work.languages}
    return PageContent(
        "setup_eligibility.html",
        {**around(work, "eligibility"), "start": start},
        labels=labels,
        initiative=work.call.initiative,
    )


async def _eligibility_filled(visit: Visit, form: SubmittedForm) -> Plain:
    work = await work_of(visit)
    typed = nested(form.typed())
    taken = [each.id for each in work.call.eligibility]
    questions: list[Plain] = []
    for row in rows(typed.get("eligibility")):
        known = row.get("id") in taken
        label, refusal = texts(row.get("label")), texts(row.get("refusal"))
        if not known and not label and not refusal:
            continue
        if not known:
            row["id"] = free("e", taken)
            taken.append(row["id"])
        questions.append(
            {
                "id": row["id"],
                "label": label,
                "help": texts(row.get("help")),
                "refusal": refusal,
                "needed": row.get("needed") or "yes",
            }
        )
    return {"eligibility": moved(questions, typed.get(MOVE))}


# Stages


async def _stages(visit: Visit) -> PageContent:
    work = await work_of(visit)
    start: dict[str, str] = {}
    labels: dict[str, Message | str] = {"stages": msg("Stages")}
    for number, stage in enumerate(work.call.stages):
        place = f"stages[{number}]"
        start |= start_of(f"{place}.title", stage.title)
        start |= {
            f"{place}.id": stage.id,
            f"{place}.quorum": str(stage.quorum),
            f"{place}.blindness": stage.blindness,
            f"{place}.deadline": (stage.deadline or "")[:16],
        }
    for number in range(len(work.call.stages) + 1):
        place = f"stages[{number}]"
        labels |= {
            f"{place}.title": msg("Title of stage {number}", number=number + 1),
            f"{place}.quorum": msg("Reviews in stage {number}", number=number + 1),
            f"{place}.blindness": msg("What the jury of stage {number} sees", number=number + 1),
            f"{place}.deadline": msg("Deadline of stage {number}", number=number + 1),
        }
        labels |= {f"{place}.title.{code}": labels[f"{place}.title"] for code in work.languages}
    return PageContent(
        "setup_stages.html",
        {**around(work, "stages"), "start": start},
        labels=labels,
        initiative=work.call.initiative,
    )


async def _stages_filled(visit: Visit, form: SubmittedForm) -> Plain:
    work = await work_of(visit)
    typed = nested(form.typed())
    taken = [each.id for each in work.call.stages]
    outlines: list[Plain] = []
    for row in rows(typed.get("stages")):
        outline: Plain = {"id": row.get("id", ""), "title": texts(row.get("title"))}
        outline |= {name: row[name] for name in ("quorum", "blindness") if row.get(name)}
        if row.get("deadline"):
            outline |= with_seconds({"deadline": row["deadline"]}, "deadline")
        outlines.append(outline)
    outlines = moved(outlines, typed.get(MOVE))
    if typed.get("add"):
        # After an open stage, only an open one is possible.
        after = outlines[-1].get("blindness", "double") if outlines else "double"
        reviews = outlines[-1].get("quorum") if outlines else None
        outlines.append(
            {"id": free("s", taken), "blindness": after, **({"quorum": reviews} if reviews else {})}
        )
    return {"stages": outlines}


PAGES = (
    Page(
        path=f"{SETUP}/eligibility",
        show=_eligibility,
        acts=(PageAction(command="call.change_draft", done=SAVED, filled=_eligibility_filled),),
    ),
    Page(
        path=f"{SETUP}/stages",
        show=_stages,
        acts=(
            PageAction(
                command="call.change_stages",
                done=msg("The stages are saved."),
                filled=_stages_filled,
            ),
        ),
    ),
)
