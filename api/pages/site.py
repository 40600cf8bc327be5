"""The site: every page with its address, and the one way from a browser's request to a page and back."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final
from urllib.parse import quote

from litestar import HttpMethod, Request, Response
from litestar.datastructures import Cookie
from litestar.handlers import HTTPRouteHandler

from api.accounts.sessions import same_csrf
from api.http.bodies import field_of
from api.http.operations import again_if_lost, check_kinds, methods
from api.http.problems import MOST_NAMED, Problem, ProblemType, note, problem_of
from api.locales import Locale, asked_languages, locale_of
from api.pages.addresses import DONE, PAGES
from api.pages.arrivals import Arrivals
from api.pages.forms import Form, Plain, command_of, nested, read_form
from api.pages.origins import check_same_site
from api.pages.page import Act, Drawn, Page
from api.pages.rendering import Rendering
from api.pages.visits import Returned, Visit
from api.run.wiring import Wiring
from domain.commands.register import REGISTER
from domain.messages import Message, counted, msg
from domain.refusals import CommandRejected, Invalid, NotFound
from domain.values import CONTROL, Channel
from history.runner import Answer, Contended, KeyReused, Stale
from history.runner import Request as Asked

HTML: Final = "text/html"
_PARAMETER: Final = re.compile(r"\{([a-z_]+)\}")
_VERSION: Final = re.compile(r"[A-Za-z0-9_-]{22}\Z", re.ASCII)
_KEY: Final = re.compile(r"[!-~]{1,200}\Z", re.ASCII)
_MOST_QUERY: Final = 300
_QUERY_NAME: Final = frozenset({"lang", "cursor", "as_of", "status", "round", "lines", "next", "show"})

SECURITY: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""What a page carries beside what every answer does."""


class Site:
    """The pages of one installation."""

    def __init__(self, wiring: Wiring) -> None:
        wiring = replace(wiring, reader=wiring.reader.through(Channel.PAGE))
        self._wiring = wiring
        self._rendering = Rendering()
        self._arrivals = Arrivals(wiring)

    def routes(self) -> list[HTTPRouteHandler]:
        """The handlers of all pages."""
        return [handler for page in PAGES for handler in self._handlers(page)]

    # From request to page

    def _handlers(self, page: Page) -> list[HTTPRouteHandler]:
        async def get(request: Request[Any, Any, Any]) -> Response[Any]:
            return await again_if_lost(lambda: self._get(page, request))

        async def post(request: Request[Any, Any, Any]) -> Response[Any]:
            return await self._post(page, request)

        made = [self.handler(HttpMethod.GET, page.path, get)]
        return [*made, self.handler(HttpMethod.POST, page.path, post)] if page.acts else made

    def handler(
        self,
        method: HttpMethod,
        path: str,
        function: Callable[[Request[Any, Any, Any]], Awaitable[Response[Any]]],
    ) -> HTTPRouteHandler:
        """A handler whose every failure is told by a page."""
        function.__annotations__ = {"request": Request[Any, Any, Any], "return": Response[Any]}
        return HTTPRouteHandler(
            _PARAMETER.sub(r"{\1:str}", path),
            http_method=methods(method),
            name=f"page {method} {path}",
            status_code=200,
            include_in_schema=False,
            exception_handlers={Exception: self.on_exception},
        )(function)

    async def visit(self, request: Request[Any, Any, Any]) -> Visit:
        """Who visits, and what they ask for. Raises `Problem` for an address that is not as it should be."""
        query: dict[str, str] = {}
        for name, value in request.query_params.multi_items():
            if name in query or name not in _QUERY_NAME or CONTROL.search(value) or len(value) > _MOST_QUERY:
                raise Problem(
                    ProblemType.MALFORMED, "The address has something after its ? that is not known here."
                )
            query[name] = value
        sessions = self._wiring.sessions
        return Visit(
            request=request,
            wiring=self._wiring,
            signed_in=await sessions.find(request.cookies.get(sessions.cookie_name)),
            path=request.path_params,
            query=query,
            languages=asked_languages(request, query.get("lang")),
        )

    async def _get(self, page: Page, request: Request[Any, Any, Any]) -> Response[Any]:
        visit = await self.visit(request)
        check_moment(page, visit)
        if visit.signed_in is None and not page.public:
            return redirect(f"/sign-in?next={quote(request.scope['path'], safe='/')}")
        check_kinds(visit.path)
        done = await self._arrivals.wait(request)
        drawn = await page.show(visit)
        return self.answer(
            visit,
            drawn,
            notice=DONE.get(done) if done else None,
            cookies=[self._arrivals.forget()] if done else [],
        )

    async def _post(self, page: Page, request: Request[Any, Any, Any]) -> Response[Any]:
        check_same_site(request, self._wiring.settings)
        form = (await read_form(request, self._wiring.settings.most_fields)).without_blank_rows()
        request.state.typed = form.typed()
        visit = await again_if_lost(lambda: self.visit(request))
        check_signed_form(visit, form)
        check_moment(page, visit)
        check_kinds(visit.path)
        if form.own("lines"):
            # Another submit button of the same form: it only asks for more rows, and writes nothing.
            more = Returned(form=form.own("form"), typed=form, sentence=None, status=200, key=form.own("key"))
            visit = replace(visit, returned=more)
            return self.answer(visit, await page.show(visit))
        act = next((each for each in page.acts if each.command == form.own("do")), None)
        if act is None:
            raise Problem(ProblemType.MALFORMED, "The form asks for something that is not done on this page.")
        try:
            answer = await self._run(visit, act, form)
        except (CommandRejected, Stale, KeyReused, Contended) as error:
            visit = replace(visit, returned=_returned(form, error))
            await self._arrivals.wait(request)
            return self.answer(visit, await page.show(visit))
        where = quote(request.scope["path"], safe="/") if act.then is None else act.then(visit, answer)
        if "lang" in visit.query:
            where += f"?lang={quote(visit.query['lang'])}"
        return redirect(where, cookies=[self._arrivals.after(answer.position, act.command)])

    async def _run(self, visit: Visit, act: Act, form: Form) -> Answer:
        kind = REGISTER[act.command].request
        typed: Plain = await act.filled(visit, form) if act.filled else nested(form.typed())
        told = {name: visit.path[place] for name, place in act.told.items()}
        key, seen = form.own("key"), form.own("seen")
        if not _KEY.match(key) or not (seen == "" or _VERSION.match(seen)):
            raise Problem(ProblemType.MALFORMED, "The form is not as the page sent it; open the page again.")
        command = command_of(kind, {**typed, **told})
        try:
            return await self._wiring.runner.run(
                Asked(
                    command=command,
                    actor=visit.who,
                    channel=Channel.PAGE,
                    key=key,
                    expected=seen or None,
                )
            )
        except NotFound as error:
            raise field_of(error, command, frozenset(told)) from None

    # Answers

    def answer(
        self, visit: Visit, drawn: Drawn, *, notice: str | None = None, cookies: list[Cookie] | None = None
    ) -> Response[bytes]:
        """A page as it is sent."""
        returned = visit.returned
        context = {
            **self._around(visit.request),
            "visit": visit,
            "signed_in": visit.signed_in is not None,
            "csrf": visit.signed_in.csrf if visit.signed_in else "",
            "untold": visit.signed_in is not None and visit.signed_in.untold,
            "languages": visit.languages,
            "returned": returned,
            "faults": _faults(returned, drawn.labels, visit.locale) if returned else (),
            "notice": notice,
            **drawn.context,
        }
        return Response(
            self._rendering.page(drawn.template, context, visit.locale),
            status_code=returned.status if returned else 200,
            media_type=HTML,
            headers={**SECURITY, "Content-Language": visit.locale.language},
            cookies=cookies or [],
        )

    def _around(self, request: Request[Any, Any, Any]) -> dict[str, Any]:  # Any: see Drawn
        """What every page shows around its own."""
        path = quote(request.scope["path"], safe="/")
        # An address that begins with two slashes is another host's, where a link leads to it.
        here = "/" if path.startswith("//") else path
        return {"demo": self._wiring.settings.demo, "here": here}

    def on_exception(self, request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        """A page that says in one sentence what is wrong, and gives back what was typed."""
        problem = problem_of(error)
        note(request, error, problem)
        locale = locale_of(asked_languages(request, request.query_params.get("lang")))
        context = {
            **self._around(request),
            "visit": None,
            # Whether a session stands behind a cookie is not asked here; without one, nobody is signed in.
            "signed_in": None if self._wiring.sessions.cookie_name in request.cookies else False,
            "csrf": "",
            "untold": False,
            "returned": None,
            "faults": (),
            "notice": None,
            "problem": problem,
            "sentence": locale.say(_SAID_ELSE.get(problem.kind, problem.detail)),
            "typed": request.state.get("typed") or {},
        }
        return Response(
            self._rendering.page("problem.html", context, locale),
            status_code=problem.kind.status,
            media_type=HTML,
            headers={**SECURITY, "Content-Language": locale.language, **problem.headers},
        )


_SAID_ELSE: Final = {
    ProblemType.INTERNAL: msg(
        "Something went wrong here; it has been noted. What was done is not done twice if you try again."
    ),
}


def check_moment(page: Page, visit: Visit) -> None:
    """Raise `Problem` if the address asks for a moment and the page shows only how things are now."""
    if "as_of" in visit.query and not page.as_of:
        raise Problem(
            ProblemType.MALFORMED,
            "This page shows how things are now, not at an earlier time; leave as_of out of its address.",
        )


def check_signed_form(visit: Visit, form: Form) -> None:
    """Raise `Problem` unless the form was made for this very session."""
    if visit.signed_in is None:
        raise Problem(
            ProblemType.UNAUTHORIZED,
            "You are not signed in any more, so nothing was done. Sign in, then send it again.",
        )
    if not same_csrf(visit.signed_in, form.own("csrf")):
        raise Problem(
            ProblemType.FORBIDDEN,
            "This form was made for another session, so nothing was done. Open its page again.",
        )


def redirect(where: str, *, cookies: list[Cookie] | None = None) -> Response[Any]:
    """Send the browser on, by a GET."""
    return Response(
        b"", status_code=303, headers={**SECURITY, "Location": where}, media_type=HTML, cookies=cookies or []
    )


def _returned(form: Form, error: CommandRejected | Stale | KeyReused | Contended) -> Returned:
    name, key = form.own("form"), form.own("key")
    match error:
        case Invalid():
            errors: dict[str, Message] = {}
            for each in error.errors[:MOST_NAMED]:
                errors.setdefault(each.field, each.detail)
            others = len(error.errors) - MOST_NAMED
            sentence = msg("Nothing was done yet. Please correct:")
            if others > 0 and error.more:
                sentence = msg(
                    "Nothing was done yet. Please correct these first; more than {count} others follow:",
                    count=others,
                )
            elif others > 0:
                sentence = counted(
                    "Nothing was done yet. Please correct these first; {count} other follows:",
                    "Nothing was done yet. Please correct these first; {count} others follow:",
                    count=others,
                )
            return Returned(form=name, typed=form, sentence=sentence, errors=errors, status=422, key=key)
        case Stale():
            sentence = msg(
                "Somebody changed this while you were looking at it, so nothing was done. It is shown here as it stands now, "
                "with what you typed: look at it again, then send it again."
            )
            return Returned(form=name, typed=form, sentence=sentence, status=412, key=key)
        case KeyReused():
            sentence = msg(
                "This form was sent before, with something else in it, and that was done. "
                "See whether this is still needed; if so, send it again."
            )
            return Returned(form=name, typed=form, sentence=sentence, status=422)
        case _:
            problem = problem_of(error)
            return Returned(
                form=name, typed=form, sentence=problem.detail, status=problem.kind.status, key=key
            )


@dataclass(frozen=True, slots=True)
class Fault:
    """One line of the summary above a form that came back, and the input that it leads to."""

    input: str
    label: str
    detail: str


def _faults(returned: Returned, labels: Mapping[str, str], locale: Locale) -> tuple[Fault, ...]:
    return tuple(
        Fault(f"{returned.form}-{name}", labels.get(name) or _label(name), locale.say(detail))
        for name, detail in returned.errors.items()
    )


def _label(name: str) -> str:
    last = re.split(r"[.\[]", name.removesuffix(".amount"))[-1]
    return last.rstrip("]").replace("_", " ").capitalize()
