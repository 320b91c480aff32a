"""The pages of debug mode: an exception with its frames, a path that matched nothing, the start page."""

from __future__ import annotations

import functools
import itertools
import re
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

from offbeat.conf import setting_value, settings
from offbeat.http import Http404, HttpRequest, HttpResponse, HttpResponseNotFound
from offbeat.template import Context, Engine, TemplateDoesNotExist
from offbeat.urls import resolve
from offbeat.utils import timezone
from offbeat.utils.datastructures import MultiValueDict
from offbeat.utils.encoding import force_str
from offbeat.utils.module_loading import import_string
from offbeat.utils.safestring import mark_safe
from offbeat.utils.version import get_docs_version
from offbeat.views.debug_pages import default_page, not_found_page, not_found_text, report_page, report_text
from offbeat.views.decorators.debug import code_key, coroutine_functions_to_sensitive_variables

__all__ = [
    "CallableSettingWrapper",
    "ExceptionCycleWarning",
    "ExceptionReporter",
    "SafeExceptionReporterFilter",
    "cleanse_setting",
    "default_urlconf",
    "get_default_exception_reporter_filter",
    "get_exception_reporter_class",
    "get_exception_reporter_filter",
    "technical_404_response",
    "technical_500_response",
]

CONTEXT_LINES = 7
LONGEST_VALUE = 4096
ENCODING_LINE = re.compile(rb"^[ \t\f]*#.*?coding[:=][ \t]*([-_.a-zA-Z0-9]+)")


class ExceptionCycleWarning(UserWarning):
    """The chain of causes and contexts of an exception leads back to itself."""


class CallableSettingWrapper:
    """Shows a setting that can be called, without anybody calling it."""

    def __init__(self, callable_setting: Any) -> None:
        self._wrapped = callable_setting

    def __repr__(self) -> str:
        return repr(self._wrapped)


def technical_500_response(
    request: Any, exc_type: Any, exc_value: Any, tb: Any, status_code: int = 500
) -> HttpResponse:
    """Return the report of an exception: a page where the client takes HTML, else plain text."""
    reporter = get_exception_reporter_class(request)(request, exc_type, exc_value, tb)
    preferred = request.get_preferred_type(["text/html", "text/plain"])
    if preferred == "text/html":
        return _without_policy(HttpResponse(reporter.get_traceback_html(), "text/html", status_code))  # type: ignore[no-any-return]
    return HttpResponse(
        reporter.get_traceback_text(), status=status_code, content_type="text/plain; charset=utf-8"
    )


def _without_policy(response: Any) -> Any:
    """Return the response, marked so that a site's content security policy does not take away its style."""
    response._csp_config = {}
    response._csp_ro_config = {}
    return response


@functools.lru_cache
def get_default_exception_reporter_filter() -> Any:
    """Return an instance of DEFAULT_EXCEPTION_REPORTER_FILTER."""
    return _import(settings.DEFAULT_EXCEPTION_REPORTER_FILTER)()


def _import(path: str) -> Any:
    return import_string(f"offbeat.{path[7:]}" if path.startswith("django.") else path)


def get_exception_reporter_filter(request: Any) -> Any:
    """Return the request's ``exception_reporter_filter``, or the default one."""
    return getattr(request, "exception_reporter_filter", None) or get_default_exception_reporter_filter()


def get_exception_reporter_class(request: Any) -> Any:
    """Return the request's ``exception_reporter_class``, or DEFAULT_EXCEPTION_REPORTER."""
    default = _import(settings.DEFAULT_EXCEPTION_REPORTER)
    return getattr(request, "exception_reporter_class", default)


class SafeExceptionReporterFilter:
    """Hides what must not be in a report: settings and META by name, marked variables and parameters."""

    cleansed_substitute = "********************"
    hidden_settings = re.compile("API|AUTH|TOKEN|KEY|SECRET|PASS|SIGNATURE|HTTP_COOKIE", flags=re.IGNORECASE)

    def cleanse_setting(self, key: Any, value: Any) -> Any:
        """Return a value to show for a setting, its parts cleansed as well."""
        if key == settings.SESSION_COOKIE_NAME:
            is_sensitive = True
        else:
            try:
                is_sensitive = bool(self.hidden_settings.search(key))
            except TypeError:
                is_sensitive = False
        if is_sensitive:
            return self.cleansed_substitute
        if isinstance(value, dict):
            return {name: self.cleanse_setting(name, item) for name, item in value.items()}
        if isinstance(value, list):
            return [self.cleanse_setting("", item) for item in value]
        if isinstance(value, tuple):
            return tuple(self.cleanse_setting("", item) for item in value)
        return CallableSettingWrapper(value) if callable(value) else value

    def get_safe_settings(self) -> dict[str, Any]:
        """Return the settings to show."""
        return {
            name: self.cleanse_setting(name, setting_value(name)) for name in dir(settings) if name.isupper()
        }

    def get_safe_request_meta(self, request: Any) -> dict[str, Any]:
        """Return META to show."""
        if not hasattr(request, "META"):
            return {}
        return {name: self.cleanse_setting(name, value) for name, value in request.META.items()}

    def get_safe_cookies(self, request: Any) -> dict[str, Any]:
        """Return the cookies to show."""
        if not hasattr(request, "COOKIES"):
            return {}
        return {name: self.cleanse_setting(name, value) for name, value in request.COOKIES.items()}

    def is_active(self, request: Any) -> bool:
        """Tell whether marked values are hidden; in debug mode they are not."""
        return settings.DEBUG is False

    def get_cleansed_multivaluedict(self, request: Any, multivaluedict: Any) -> Any:
        """Return a copy without the values of marked POST parameters."""
        names = getattr(request, "sensitive_post_parameters", [])
        if not self.is_active(request) or not names:
            return multivaluedict
        copy = multivaluedict.copy()
        for name in names:
            if name in copy:
                copy[name] = self.cleansed_substitute
        return copy

    def get_post_parameters(self, request: Any) -> Any:
        """Return the POST parameters to show."""
        if request is None:
            return {}
        names = getattr(request, "sensitive_post_parameters", [])
        if not self.is_active(request) or not names:
            return request.POST
        cleansed = request.POST.copy()
        for name in cleansed if names == "__ALL__" else names:
            if name in cleansed:
                cleansed[name] = self.cleansed_substitute
        return cleansed

    def cleanse_special_types(self, request: Any, value: Any) -> Any:
        """Return a value to show for one of a type that may hold POST parameters."""
        try:
            # A broken lazy object fails here, and would fail wherever the report shows it.
            is_multivaluedict = isinstance(value, MultiValueDict)
        except Exception as error:
            return f"{error!r} while evaluating {value!r}"
        return self.get_cleansed_multivaluedict(request, value) if is_multivaluedict else value

    def get_traceback_frame_variables(self, request: Any, tb_frame: Any) -> list[tuple[str, Any]]:
        """Return the names and values of a frame's variables to show."""
        sensitive = self._marked(tb_frame)
        active = self.is_active(request)
        if active and sensitive == "__ALL__":
            return [(name, self.cleansed_substitute) for name in tb_frame.f_locals]
        variables = []
        for name, value in tb_frame.f_locals.items():
            if active and sensitive and name in sensitive:
                value = self.cleansed_substitute
            elif active and isinstance(value, HttpRequest):
                # Its repr() shows the path only; its POST is cleansed where it is shown.
                pass
            else:
                value = self.cleanse_special_types(request, value)
            variables.append((name, value))
        if active and tb_frame.f_code.co_name == "sensitive_variables_wrapper":
            # The decorator's own frame has the same values as its arguments.
            variables = [
                (name, self.cleansed_substitute if name in ("func_args", "func_kwargs") else value)
                for name, value in variables
            ]
        return variables

    def _marked(self, tb_frame: Any) -> Any:
        """Return the names that the function's decorator marked, "__ALL__", or None."""
        code = tb_frame.f_code
        marks = coroutine_functions_to_sensitive_variables.get(
            code_key(code.co_filename, code.co_firstlineno)
        )
        if marks:
            return marks
        frame = tb_frame.f_back
        while frame is not None:
            if frame.f_code.co_name == "sensitive_variables_wrapper" and (
                "sensitive_variables_wrapper" in frame.f_locals
            ):
                return getattr(frame.f_locals["sensitive_variables_wrapper"], "sensitive_variables", None)
            frame = frame.f_back
        return None


def _readable(read: Callable[[], Any]) -> list[tuple[str, Any]]:
    """Return the items of a part of the request, or why there are none: it may be what the report is about."""
    try:
        return list(read().items())
    except Exception as error:
        return [("(cannot be read)", error)]


class ExceptionReporter:
    """Collects what there is to know about an exception and shows it."""

    @property
    def html_template_path(self) -> Path | None:
        """The template of the page; None uses the built-in page."""
        return None

    @property
    def text_template_path(self) -> Path | None:
        """The template of the plain text; None uses the built-in one."""
        return None

    def __init__(self, request: Any, exc_type: Any, exc_value: Any, tb: Any, is_email: bool = False) -> None:
        self.request = request
        self.filter = get_exception_reporter_filter(request)
        self.exc_type = exc_type
        self.exc_value = exc_value
        self.tb = tb
        self.is_email = is_email
        self.template_info = getattr(exc_value, "template_debug", None)
        self.template_does_not_exist = False
        self.postmortem: Any = None

    def _get_raw_insecure_uri(self) -> str | None:
        """Return the request's URI with a host that was not checked."""
        request = self.request
        if request is None:
            return None
        return f"{request.scheme}://{request._get_raw_host()}{request.get_full_path()}"

    def get_traceback_data(self) -> dict[str, Any]:
        """Return everything the report shows."""
        if self.exc_type and issubclass(self.exc_type, TemplateDoesNotExist):
            self.template_does_not_exist = True
            self.postmortem = self.exc_value.chain or [self.exc_value]
        frames = self.get_traceback_frames()
        for frame in frames:
            if "vars" in frame:
                frame["vars"] = [(name, _shown(value)) for name, value in frame["vars"]]
        request = self.request
        data: dict[str, Any] = {
            "is_email": self.is_email,
            "unicode_hint": self._unicode_hint(),
            "frames": frames,
            "request": request,
            "request_meta": self.filter.get_safe_request_meta(request),
            "request_COOKIES_items": self.filter.get_safe_cookies(request).items(),
            "user_str": self._user(),
            "filtered_POST_items": _readable(lambda: self.filter.get_post_parameters(request)),
            "settings": self.filter.get_safe_settings(),
            "sys_executable": sys.executable,
            "sys_version_info": ".".join(map(str, sys.version_info[:3])),
            "server_time": timezone.now(),
            "django_version_info": _version(),
            "sys_path": sys.path,
            "template_info": self.template_info,
            "template_does_not_exist": self.template_does_not_exist,
            "postmortem": self.postmortem,
            "raising_view_name": getattr(request, "resolver_match", None)
            and request.resolver_match._func_path,
        }
        if request is not None:
            data["request_GET_items"] = _readable(lambda: request.GET)
            data["request_FILES_items"] = _readable(lambda: request.FILES) if request.method == "POST" else ()
            data["request_insecure_uri"] = self._get_raw_insecure_uri()
        if self.exc_type:
            data["exception_type"] = self.exc_type.__name__
        if self.exc_value:
            data["exception_value"] = getattr(self.exc_value, "raw_error_message", self.exc_value)
            notes = getattr(self.exc_value, "__notes__", None)
            if notes:
                data["exception_notes"] = "\n" + "\n".join(str(note) for note in notes)
        if frames:
            data["lastframe"] = frames[-1]
        return data

    def _unicode_hint(self) -> str:
        if not self.exc_type or not issubclass(self.exc_type, UnicodeError):
            return ""
        start = getattr(self.exc_value, "start", None)
        end = getattr(self.exc_value, "end", None)
        if start is None or end is None:
            return ""
        text = self.exc_value.args[1]
        return force_str(text[max(start - 5, 0) : min(end + 5, len(text))], "ascii", errors="replace")  # type: ignore[no-any-return]

    def _user(self) -> str | None:
        if self.request is None or not hasattr(self.request, "user"):
            return None
        try:
            return str(self.request.user)
        except Exception:
            # The exception at hand may be the reason why there is no user.
            return "[unable to retrieve the current user]"

    def get_traceback_html(self) -> str:
        """Return the report as a page."""
        data = self.get_traceback_data()
        path = self.html_template_path
        return report_page(data) if path is None else _render(path, data)

    def get_traceback_text(self) -> str:
        """Return the report as plain text."""
        data = self.get_traceback_data()
        path = self.text_template_path
        return report_text(data) if path is None else _render(path, data)

    def _get_source(self, filename: str, loader: Any, module_name: str) -> list[Any] | None:
        source = None
        if hasattr(loader, "get_source"):
            try:
                source = loader.get_source(module_name)
            except ImportError:
                source = None
            if source is not None:
                return source.splitlines()  # type: ignore[no-any-return]
        try:
            return Path(filename).read_bytes().splitlines()
        except OSError:
            return None

    def _get_lines_from_file(
        self, filename: str, lineno: int, context_lines: int, loader: Any = None, module_name: str = ""
    ) -> tuple[int | None, list[str], str, list[str]]:
        """Return ``(first line's number, lines before, the line, lines after)``; the number counts from 0."""
        source = self._get_source(filename, loader, module_name)
        if source is None:
            return None, [], "", []
        lines = _decode(source)
        lower = max(0, lineno - context_lines)
        try:
            return lower, lines[lower:lineno], lines[lineno], lines[lineno + 1 : lineno + 1 + context_lines]
        except IndexError:
            # The file has changed since it was loaded.
            return None, [], "", []

    def _get_explicit_or_implicit_cause(self, exc_value: Any) -> Any:
        explicit = getattr(exc_value, "__cause__", None)
        suppressed = getattr(exc_value, "__suppress_context__", None)
        implicit = getattr(exc_value, "__context__", None)
        return explicit or (None if suppressed else implicit)

    def get_traceback_frames(self) -> list[dict[str, Any]]:
        """Return the frames of the exception and of its causes, the first cause first."""
        exceptions: list[Any] = []
        exc_value = self.exc_value
        while exc_value:
            exceptions.append(exc_value)
            exc_value = self._get_explicit_or_implicit_cause(exc_value)
            if exc_value in exceptions:
                import warnings

                warnings.warn(
                    f"Cycle in the exception chain detected: exception '{exc_value}' encountered again.",
                    ExceptionCycleWarning,
                    stacklevel=2,
                )
                break
        if not exceptions:
            return []
        frames: list[dict[str, Any]] = []
        exc_value = exceptions.pop()
        tb = self.tb if not exceptions else exc_value.__traceback__
        while True:
            frames.extend(self.get_exception_traceback_frames(exc_value, tb))
            if not exceptions:
                return frames
            exc_value = exceptions.pop()
            tb = exc_value.__traceback__

    def get_exception_traceback_frames(self, exc_value: Any, tb: Any) -> Any:
        """Yield the frames of one exception."""
        cause = self._get_explicit_or_implicit_cause(exc_value)
        explicit = getattr(exc_value, "__cause__", None)
        if tb is None:
            yield {
                "exc_cause": cause,
                "exc_cause_explicit": explicit,
                "tb": None,
                "type": "user",
            }
        while tb is not None:
            # A frame that asks to be hidden, as the template engine's do.
            if tb.tb_frame.f_locals.get("__traceback_hide__"):
                tb = tb.tb_next
                continue
            yield self._frame(tb, cause, explicit)
            tb = tb.tb_next

    def _frame(self, tb: Any, cause: Any, explicit: Any) -> dict[str, Any]:
        frame = tb.tb_frame
        filename = frame.f_code.co_filename
        lineno = tb.tb_lineno - 1
        loader = frame.f_globals.get("__loader__")
        module_name = frame.f_globals.get("__name__") or ""
        first, before, line, after = self._get_lines_from_file(
            filename, lineno, CONTEXT_LINES, loader, module_name
        )
        if first is None:
            first, before, line, after = lineno, [], "<source code not available>", []
        framework = module_name.split(".")[0] in ("offbeat", "django")
        return {
            "exc_cause": cause,
            "exc_cause_explicit": explicit,
            "tb": tb,
            "type": "offbeat" if framework else "user",
            "filename": filename,
            "function": frame.f_code.co_name,
            "lineno": lineno + 1,
            "vars": self.filter.get_traceback_frame_variables(self.request, frame),
            "id": id(tb),
            "pre_context": before,
            "context_line": line,
            "post_context": after,
            "pre_context_lineno": first + 1,
            "colno": _columns(tb, line),
        }


def _columns(tb: Any, line: str) -> str:
    """Return marks below the part of the line that raised, empty when it is unknown."""
    positions = next(itertools.islice(tb.tb_frame.f_code.co_positions(), tb.tb_lasti // 2, None), None)
    if positions is None:
        return ""
    start_line, end_line, start, end = positions
    if start_line is None or start is None or end is None:
        return ""
    if start_line != end_line:
        end = len(line)
    return "\n" + " " * start + "^" * (end - start)  # type: ignore[no-any-return]


def _decode(source: list[Any]) -> list[str]:
    """Return lines as text, by the file's coding line (PEP 263)."""
    if source and isinstance(source[0], bytes):
        encoding = "ascii"
        for line in source[:2]:
            found = ENCODING_LINE.search(line)
            if found:
                encoding = found[1].decode("ascii")
                break
        else:
            encoding = "utf-8"
        return [line.decode(encoding, "replace") for line in source]
    return source


def _shown(value: Any) -> str:
    """Return the text for a variable: its repr(), cut where it is very long."""
    try:
        text = repr(value)
    except Exception as error:
        text = f"Error in formatting: {type(error).__name__}: {error}"
    if len(text) > LONGEST_VALUE:
        text = f"{text[:LONGEST_VALUE]}… <trimmed {len(text)} bytes string>"
    return text


def _version() -> str:
    from offbeat import get_version

    return get_version()


def _render(path: Path, data: dict[str, Any]) -> str:
    engine = Engine(debug=True, libraries={"i18n": "offbeat.templatetags.i18n"})
    template = engine.from_string(Path(path).read_text(encoding="utf-8"))
    return str(template.render(Context(data, autoescape=str(path).endswith(".html"), use_l10n=False)))


def technical_404_response(request: Any, exception: Exception) -> HttpResponse:
    """Return the page for a path that matched nothing, or the start page of an empty project.

    Plain text where the client does not take HTML.
    """
    try:
        error_url = exception.args[0]["path"]
    except (IndexError, TypeError, KeyError):
        error_url = request.path_info[1:]
    tried = None
    resolved = True
    try:
        tried = exception.args[0]["tried"]
    except (IndexError, TypeError, KeyError):
        match = getattr(request, "resolver_match", None)
        tried = match.tried if match else None
    else:
        resolved = False
        if not tried or _only_the_start(request, tried):
            return default_urlconf(request)
    urlconf = getattr(request, "urlconf", settings.ROOT_URLCONF)
    if isinstance(urlconf, types.ModuleType):
        urlconf = urlconf.__name__
    with_path = request.path_info
    data = {
        "urlconf": urlconf,
        "root_urlconf": settings.ROOT_URLCONF,
        "request_path": error_url,
        "urlpatterns": tried,
        "resolved": resolved,
        "reason": str(exception) if resolved else "",
        "request": request,
        "settings": get_default_exception_reporter_filter().get_safe_settings(),
        "raising_view_name": _raising_view(with_path),
    }
    if request.get_preferred_type(["text/html", "text/plain"]) != "text/html":
        return HttpResponseNotFound(not_found_text(data), content_type="text/plain; charset=utf-8")
    # Through the template engine, so that what watches rendered templates sees the data of the page.
    data["page"] = mark_safe(not_found_page(data))
    page = HttpResponseNotFound(_whole_page().render(Context(data)))
    return _without_policy(page)  # type: ignore[no-any-return]


@functools.cache
def _whole_page() -> Any:
    return Engine().from_string("{{ page }}")


def _only_the_start(request: Any, tried: Any) -> bool:
    """Tell whether the URLconf has the admin site only and the root was asked for."""
    return bool(
        request.path_info == "/"
        and len(tried) == 1
        and len(tried[0]) == 1
        and getattr(tried[0][0], "app_name", "") == getattr(tried[0][0], "namespace", "") == "admin"
    )


def _raising_view(path: str) -> str:
    try:
        match = resolve(path)
    except Http404:
        return ""
    return match._func_path


def default_urlconf(request: Any) -> HttpResponse:
    """Return the page of a project that has no URLs yet."""
    return _without_policy(HttpResponse(default_page(get_docs_version())))  # type: ignore[no-any-return]


def cleanse_setting(key: Any, value: Any) -> Any:
    """Return a value to show for a setting, by the default filter."""
    return get_default_exception_reporter_filter().cleanse_setting(key, value)
