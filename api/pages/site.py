"""The site: serves every page, from a browser's request to the answer."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Any, Final
from urllib.parse import quote

from litestar import HttpMethod, Request, Response
from litestar.datastructures import Cookie
from litestar.handlers import HTTPRouteHandler

from api.drafts.drafts import DraftChanged
from api.http.failing import note, problem_of
from api.http.named_ids import field_of
from api.http.operations import again_if_lost, check_kinds, methods
from api.http.problems import Problem, ProblemType
from api.inputs.submitted import SubmittedForm
from api.locales import LANGUAGES, locale_of
from api.pages import proving
from api.pages.addresses import DONE, PAGES
from api.pages.arrivals import Arrivals
from api.pages.checks import NOT_AS_SENT, NOT_OF_THIS_PAGE, check_moment, check_signed_form
from api.pages.drafting import (
    CHANGED_MEANWHILE,
    DRAFT_BUTTONS,
    PageDrafts,
    answer_for_script,
    changed_elsewhere,
    draft_of_another,
    other_writers,
    place_of,
    saved,
    submitted_revision,
    try_to_save,
    with_drafts,
)
from api.pages.error_frames import frame_for, remember_typed, remember_visitor
from api.pages.forms import read_form
from api.pages.frame import Frame, frame_of, known
from api.pages.giving_away import looked_at_again
from api.pages.headings import problem_context
from api.pages.labels import given_back
from api.pages.languages import LanguageChoice, same_place
from api.pages.list_files import ENDINGS, LISTS, ListFiles
from api.pages.origins import check_same_site
from api.pages.page import Page, PageAction, PageContent, command_sent, would_succeed
from api.pages.previews import previewed
from api.pages.rendering import Rendering
from api.pages.responses import HTML, SECURITY, WITH_PASSKEYS, WITH_SCRIPT, for_script, redirect
from api.pages.returned_forms import at_inputs, faults_of, returned_form
from api.pages.visits import Returned, Visit
from api.run.wiring import Wiring
from domain.commands.register import REGISTER
from domain.deciding import Command
from domain.messages import Message, msg
from domain.refusals import CommandRejected, Forbidden, Invalid, NotFound, Refused
from domain.texts import CONTROL
from domain.values import Channel
from history.appends import Unavailable
from history.keyfiles import KeysUnusable
from history.requests import Answer, Contended, KeyReused, Stale
from history.requests import Request as Asked

_PARAMETER: Final = re.compile(r"\{([a-z_]+)\}")
_VERSION: Final = re.compile(r"[A-Za-z0-9_-]{22}\Z", re.ASCII)
_KEY: Final = re.compile(r"[!-~]{1,200}\Z", re.ASCII)
_MOST_QUERY: Final = 300
_QUERY_NAME: Final = frozenset(
    {"lang", "cursor", "as_of", "status", "round", "lines", "next", "show", "kept", "role"}
)


class Site:
    """The pages of one installation."""

    def __init__(self, wiring: Wiring) -> None:
        wiring = replace(wiring, reader=wiring.reader.through(Channel.PAGE))
        self._wiring = wiring
        self._rendering = Rendering()
        self._arrivals = Arrivals(wiring)
        self._languages = LanguageChoice(f"{wiring.sessions.cookie_name}-language")

    def routes(self) -> list[HTTPRouteHandler]:
        """The handlers of all pages."""
        return [
            *(handler for page in PAGES for handler in self._handlers(page)),
            *(self._file_handler(files, ending) for files in LISTS for ending in ENDINGS),
        ]

    # From request to page

    def _handlers(self, page: Page) -> list[HTTPRouteHandler]:
        async def get(request: Request[Any, Any, Any]) -> Response[Any]:
            return await again_if_lost(lambda: self._get(page, request))

        async def post(request: Request[Any, Any, Any]) -> Response[Any]:
            return await self._post(page, request)

        made = [self.handler(HttpMethod.GET, page.path, get)]
        takes = page.acts or page.tries
        return [*made, self.handler(HttpMethod.POST, page.path, post)] if takes else made

    def _file_handler(self, files: ListFiles, ending: str) -> HTTPRouteHandler:
        async def answered(request: Request[Any, Any, Any]) -> Response[Any]:
            visit = await self.visit(request)
            if visit.signed_in is None:
                return redirect("/sign-in")
            check_kinds(visit.path)
            await self._arrivals.wait(request)
            return await files.answer(visit, ending)

        async def get(request: Request[Any, Any, Any]) -> Response[Any]:
            return await again_if_lost(lambda: answered(request))

        return self.handler(HttpMethod.GET, f"{files.path}.{ending}", get)

    def handler(
        self,
        method: HttpMethod,
        path: str,
        function: Callable[[Request[Any, Any, Any]], Awaitable[Response[Any]]],
    ) -> HTTPRouteHandler:
        """A handler whose failures are all answered by a page."""

        async def guarded(request: Request[Any, Any, Any]) -> Response[Any]:
            try:
                return await function(request)
            except Exception as error:
                await remember_visitor(self._wiring, request, problem_of(error).kind.status)
                raise

        guarded.__annotations__ = {"request": Request[Any, Any, Any], "return": Response[Any]}
        return HTTPRouteHandler(
            _PARAMETER.sub(r"{\1:str}", path),
            http_method=methods(method),
            name=f"page {method} {path}",
            status_code=200,
            include_in_schema=False,
            exception_handlers={Exception: self.on_exception},
        )(guarded)

    async def visit(self, request: Request[Any, Any, Any], form: SubmittedForm | None = None) -> Visit:
        """The visitor and their request; a submitted `form` can choose the language. Raises `Problem` for a wrong
        address."""
        query: dict[str, str] = {}
        for name, value in request.query_params.multi_items():
            if name in query or name not in _QUERY_NAME or CONTROL.search(value) or len(value) > _MOST_QUERY:
                raise Problem(
                    ProblemType.MALFORMED,
                    msg("This address has a parameter that this page does not know."),
                )
            query[name] = value
        if form is not None and form.own("language") in LANGUAGES:
            query["lang"] = form.own("language")
        sessions = self._wiring.sessions
        signed_in = await sessions.find(request.cookies.get(sessions.cookie_name))
        me = None if signed_in is None else await known(self._wiring.reader, signed_in.person)
        return Visit(
            request=request,
            wiring=self._wiring,
            signed_in=signed_in,
            path=request.path_params,
            query=query,
            languages=self._languages.languages(request, query.get("lang"), me.language if me else None),
            me=me,
        )

    async def _get(self, page: Page, request: Request[Any, Any, Any]) -> Response[Any]:
        visit = await self.visit(request)
        check_moment(page, visit)
        if visit.signed_in is None and not page.public:
            return redirect(f"/sign-in?next={quote(request.scope['path'], safe='/')}")
        check_kinds(visit.path)
        done = await self._arrivals.wait(request)
        visit = await proving.with_kept(await with_drafts(visit, page.drafts), page.drafts)
        drawn = await page.show(visit)
        return await self.answer(
            visit,
            drawn,
            notice=DONE.get(done) if done else None,
            cookies=[self._arrivals.forget()] if done else [],
        )

    async def _post(self, page: Page, request: Request[Any, Any, Any]) -> Response[Any]:
        check_same_site(request, self._wiring.settings)
        form = await read_form(request, self._wiring.settings.most_fields)
        form = form.rearranged().without_blank_rows()
        request.state.language = form.own("language")
        remember_typed(self._wiring, request, form)
        visit = await again_if_lost(lambda: self.visit(request, form))
        remember_typed(self._wiring, request, form, visit.signed_in)
        if (
            visit.signed_in is None
            and form.own("draft") != "auto"
            and not page.only_tries(form.own("do"))
            and (again := await proving.session_ended(visit, form))
        ):
            return again
        check_signed_form(visit, form)
        check_moment(page, visit)
        check_kinds(visit.path)
        if form.own("away"):
            return await proving.throw_away(visit)
        # Another form of the page that comes back is shown beside the drafts, as on opening it.
        visit = await with_drafts(visit, page.drafts)
        drafts = page.drafts if page.drafts and form.own("do") in page.drafts.commands else None
        if drafts is not None and form.own("draft") in DRAFT_BUTTONS:
            return await self._draft(page, drafts, visit, form)
        if proving.changes_language(page, form):
            with contextlib.suppress(Unavailable, KeysUnusable):
                return await proving.in_other_language(await try_to_save(visit, drafts, form), form)
        if any(form.own(button) for button in ("lines", "rows", "language", "step")):
            # Another button of the same form: it asks for more rows, another order of them, another language or the next step, and writes
            # nothing but the draft.
            visit = await try_to_save(visit, drafts, form)
            more = Returned(form=form.own("form"), typed=form, sentence=None, status=200, key=form.own("key"))
            visit = replace(visit, returned=more)
            return await self.answer(visit, await page.show(visit))
        act = next((each for each in page.acts if each.command == form.own("do")), None)
        own = page.runs_for is None or form.own("do") == page.runs_for
        if act is None and own and page.runs is not None and _KEY.match(form.own("key")):
            try:
                drawn = await page.runs(visit, form, partial(self._run_one, visit))
                await proving.sent(visit, form)
            except (Invalid, Refused, KeyReused, Contended) as error:
                visit = replace(visit, returned=returned_form(form, error))
                drawn = await page.show(visit)
            return await self.answer(visit, drawn)
        if act is None:
            raise Problem(ProblemType.MALFORMED, NOT_OF_THIS_PAGE)
        if drafts is not None:
            succeeds = partial(would_succeed, visit, act, form)
            if (shown := await looked_at_again(visit, drafts, form, succeeds)) is not None:
                return await self.answer(shown, await page.show(shown))
        if REGISTER[act.command].grave and proving.must_sign_in_again(visit):
            return await proving.sign_in_again(visit, form)
        try:
            answer = await self._run(visit, act, form)
        except (CommandRejected, Stale, KeyReused, Contended) as error:
            kept = await try_to_save(visit, drafts, form)
            back = at_inputs(returned_form(form, error, drafted=kept is not visit), act)
            visit = replace(kept, returned=back)
            await self._arrivals.wait(request)
            return await self.answer(visit, await page.show(visit))
        for ended in page.drafts.ends(act.command) if page.drafts else ():
            seen = submitted_revision(visit, ended) if ended == act.command else None
            await self._wiring.drafts.discard(place_of(visit, ended), seen=seen)
        await proving.sent(visit, form)
        where = quote(request.scope["path"], safe="/") if act.then is None else act.then(visit, answer)
        if "lang" in visit.query:
            where += f"?lang={quote(visit.query['lang'])}"
        return redirect(where, cookies=[self._arrivals.after(answer.position, act.command)])

    async def _draft(
        self, page: Page, drafts: PageDrafts, visit: Visit, form: SubmittedForm
    ) -> Response[Any]:
        """A button, or the script, that saves, previews or deletes the draft of a form."""
        wanted = form.own("draft")
        here = proving.same_address(visit)
        if wanted == "discard":
            if draft_of_another(visit):
                raise Forbidden(msg("Only the person whose draft this is can delete it."))
            await self._wiring.drafts.discard(place_of(visit, form.own("do")))
            await proving.sent(visit, form)
            return redirect("/me" if visit.shared else here)
        try:
            visit = await saved(visit, drafts, form)
        except DraftChanged as changed:
            if wanted == "auto":
                return for_script(409, {"said": visit.locale.say(CHANGED_MEANWHILE)})
            visit = changed_elsewhere(visit, form, changed.draft)
            return await self.answer(visit, await page.show(visit))
        except CommandRejected as error:
            if wanted == "auto":
                return for_script(422, {"said": visit.locale.say(problem_of(error).detail)})
            visit = replace(visit, returned=returned_form(form, error))
            return await self.answer(visit, await page.show(visit))
        await proving.sent(visit, form)
        if wanted == "auto":
            return for_script(200, await answer_for_script(visit, drafts, form))
        if wanted == "preview":
            return await self.answer(visit, await previewed(visit, drafts, form))
        return redirect(here)

    async def _run_one(self, visit: Visit, command: Command, key: str, seen: str | None) -> Answer:
        if seen is not None and not _VERSION.match(seen):
            raise Problem(ProblemType.MALFORMED, NOT_AS_SENT)
        return await self._wiring.runner.run(
            Asked(command=command, actor=visit.who, channel=Channel.PAGE, key=key, expected=seen)
        )

    async def _run(self, visit: Visit, act: PageAction, form: SubmittedForm) -> Answer:
        key, seen = form.own("key"), form.own("seen")
        if not _KEY.match(key) or not (seen == "" or _VERSION.match(seen)):
            raise Problem(ProblemType.MALFORMED, NOT_AS_SENT)
        command, in_address = await command_sent(visit, act, form)
        try:
            return await self._wiring.runner.run(
                Asked(
                    command=command,
                    actor=visit.who,
                    channel=Channel.PAGE,
                    key=key,
                    expected=seen or None,
                    writers=await other_writers(visit, act.command),
                )
            )
        except NotFound as error:
            raise field_of(error, command, in_address) from None

    # Answers

    async def answer(
        self,
        visit: Visit,
        drawn: PageContent,
        *,
        notice: Message | None = None,
        cookies: list[Cookie] | None = None,
        status: int | None = None,
    ) -> Response[bytes]:
        """A page as it is sent; without a `status`, that of the form that came back, or 200."""
        returned = visit.returned
        signed_in = visit.signed_in is not None
        frame = await frame_of(self._wiring.reader, visit.me, drawn.initiative, signed_in=signed_in)
        context = {
            **self._around(visit.request, frame, dict(visit.query)),
            "visit": visit,
            "signed_in": signed_in,
            "csrf": visit.signed_in.csrf if visit.signed_in else "",
            "untold": visit.signed_in is not None and visit.signed_in.untold,
            "no_way_back": visit.signed_in is not None and visit.signed_in.no_way_back,
            "needs_factor": [each for each in visit.me.initiatives if each.lacks_factor] if visit.me else [],
            "recovery_asked": visit.me is not None and visit.me.recovery_asked,
            "shown_once": False,
            "own_form": None,
            "languages": visit.languages,
            "returned": returned,
            "own_labels": drawn.labels,
            "faults": faults_of(returned, drawn.labels, visit.locale) if returned else (),
            "notice": notice,
            "script": drawn.script,
            "passkeys": drawn.passkeys,
            **drawn.context,
        }
        return Response(
            self._rendering.page(drawn.template, context, visit.locale, drawn.parts),
            status_code=status or (returned.status if returned else 200),
            media_type=HTML,
            headers={
                **(WITH_SCRIPT if drawn.script else WITH_PASSKEYS if drawn.passkeys else SECURITY),
                "Content-Language": visit.locale.language,
            },
            cookies=[*(cookies or []), *self._languages.cookies(visit.request, visit.query.get("lang"))],
        )

    def _around(
        self, request: Request[Any, Any, Any], frame: Frame, query: dict[str, str]
    ) -> dict[str, Any]:  # Any: see PageContent
        """The values that every page needs for its frame."""
        path = quote(request.scope["path"], safe="/")
        # An address that begins with two slashes would lead to another host.
        here = "/" if path.startswith("//") else path
        return {
            "demo": self._wiring.settings.demo,
            "now": self._wiring.clock(),
            "here": here,
            "frame": frame,
            "in_language": {language: same_place(here, query, language) for language in LANGUAGES},
        }

    def on_exception(self, request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        """A page that says in one sentence what is wrong, and shows what was typed."""
        problem = problem_of(error)
        note(request, error, problem)
        chosen = request.state.get("language") or request.query_params.get("lang")
        locale = locale_of(self._languages.languages(request, chosen))
        frame, visitor = frame_for(self._wiring, request)
        context = {
            **self._around(request, frame, {}),
            **problem_context(problem, given_back(request.state.get("typed") or {})),
            "made_with": request.state.get("made_with", ""),
            **visitor,
        }
        return Response(
            self._rendering.page("problem.html", context, locale),
            status_code=problem.kind.status,
            media_type=HTML,
            headers={**SECURITY, "Content-Language": locale.language, **problem.headers},
            cookies=self._languages.cookies(request, chosen),
        )
