"""Assertions about responses: their content, redirects and templates."""

from __future__ import annotations

import unittest
from collections import Counter
from typing import Any
from urllib.parse import parse_qsl, urlencode, urljoin, urlparse, urlsplit, urlunparse

from offbeat.http import QueryDict
from offbeat.http.request import split_domain_port, validate_host

from .markup import assert_and_parse_html
from .watching import AssertTemplateNotUsedContext, AssertTemplateUsedContext

__all__ = ["ResponseAssertions"]

__unittest = True


def _content_of(response: Any) -> bytes:
    """The content, also of a stream, which can be read again afterwards."""
    if not response.streaming:
        return bytes(response.content)
    if getattr(response, "is_async", False):
        content = _read_async(response)
    else:
        content = b"".join(response.streaming_content)
    response.streaming_content = [content]
    return content


def _read_async(response: Any) -> bytes:
    from offbeat.concurrency import wait

    async def read() -> bytes:
        return b"".join([part async for part in response.streaming_content])

    return wait(read())


def _normalized_url(url: Any) -> str:
    """The URL with its parameters in order of their names."""
    parts = urlparse(str(url))
    query = sorted(parse_qsl(parts.query), key=lambda pair: pair[0])
    return urlunparse(parts._replace(query=urlencode(query)))


class ResponseAssertions(unittest.TestCase):
    """Mixed into SimpleTestCase."""

    def assertRedirects(
        self,
        response: Any,
        expected_url: Any,
        status_code: int = 302,
        target_status_code: int = 200,
        msg_prefix: str = "",
        fetch_redirect_response: bool = True,
    ) -> None:
        """The response redirects to the URL, whose page can be loaded; or it followed redirects that end there."""
        prefix = f"{msg_prefix}: " if msg_prefix else ""
        if hasattr(response, "redirect_chain"):
            url = self._end_of_chain(response, status_code, target_status_code, prefix)
        else:
            self.assertEqual(
                response.status_code,
                status_code,
                f"{prefix}Response didn't redirect as expected: Response code was {response.status_code} "
                f"(expected {status_code})",
            )
            url = response.url
            target = urlsplit(url)
            if not target.path.startswith("/"):
                url = urljoin(response.request["PATH_INFO"], url)
            if fetch_redirect_response:
                self._fetch_target(response, urlsplit(url), target_status_code, prefix)
        self.assertEqual(
            _normalized_url(url),
            _normalized_url(expected_url),
            f"{prefix}Response redirected to '{url}', expected '{expected_url}'",
        )

    def _end_of_chain(self, response: Any, status_code: int, target_status_code: int, prefix: str) -> str:
        self.assertTrue(
            response.redirect_chain,
            f"{prefix}Response didn't redirect as expected: Response code was {response.status_code} "
            f"(expected {status_code})",
        )
        first = response.redirect_chain[0][1]
        self.assertEqual(
            first,
            status_code,
            f"{prefix}Initial response didn't redirect as expected: Response code was {first} "
            f"(expected {status_code})",
        )
        url: str = response.redirect_chain[-1][0]
        self.assertEqual(
            response.status_code,
            target_status_code,
            f"{prefix}Response didn't redirect as expected: Final Response code was {response.status_code} "
            f"(expected {target_status_code})",
        )
        return url

    def _fetch_target(self, response: Any, target: Any, target_status_code: int, prefix: str) -> None:
        if target.netloc:
            domain, _ = split_domain_port(target.netloc)
            from offbeat.conf import settings

            if domain and not validate_host(domain, settings.ALLOWED_HOSTS):
                raise ValueError(
                    "The test client is unable to fetch remote URLs (got "
                    f"{target.geturl()}). If the host is served by Django, add '{domain}' to ALLOWED_HOSTS. Otherwise, "
                    "use assertRedirects(..., fetch_redirect_response=False)."
                )
        client = response.client
        extra = dict(client.extra or {})
        fetched = client.get(
            target.path,
            data=QueryDict(target.query),
            follow=False,
            secure=target.scheme == "https",
            headers=client.headers,
            **extra,
        )
        if hasattr(fetched, "__await__"):
            from offbeat.concurrency import wait

            fetched = wait(fetched)
        self.assertEqual(
            fetched.status_code,
            target_status_code,
            f"{prefix}Couldn't retrieve redirection page '{target.path}': response code was {fetched.status_code} "
            f"(expected {target_status_code})",
        )

    def assertURLEqual(self, url1: Any, url2: Any, msg_prefix: str = "") -> None:
        """The URLs are the same but for the order of parameters with different names."""
        prefix = f"{msg_prefix}: " if msg_prefix else ""
        self.assertEqual(
            _normalized_url(url1),
            _normalized_url(url2),
            f"{prefix}Expected '{url1}' to equal '{url2}'.",
        )

    def _occurrences(
        self, response: Any, text: Any, status_code: int, msg_prefix: str, html: bool
    ) -> tuple[str, int, str, bytes]:
        # A response whose rendering was put off is rendered now.
        if hasattr(response, "render") and callable(response.render) and not response.is_rendered:
            response.render()
        prefix = f"{msg_prefix}: " if msg_prefix else ""
        self.assertEqual(
            response.status_code,
            status_code,
            f"{prefix}Couldn't retrieve content: Response code was {response.status_code} (expected {status_code})",
        )
        original = _content_of(response)
        if isinstance(text, bytes) and not html:
            return repr(text), original.count(text), prefix, original
        text = str(text)
        content: Any = original.decode(response.charset)
        if html:
            content = assert_and_parse_html(self, content, None, "Response's content is not valid HTML:")
            wanted: Any = assert_and_parse_html(self, text, None, "Second argument is not valid HTML:")
            return f"'{text}'", content.count(wanted), prefix, original
        return f"'{text}'", content.count(text), prefix, original

    def assertContains(
        self,
        response: Any,
        text: Any,
        count: int | None = None,
        status_code: int = 200,
        msg_prefix: str = "",
        html: bool = False,
    ) -> None:
        """The response has the status, and its content the text, `count` times if given."""
        text_repr, found, prefix, content = self._occurrences(response, text, status_code, msg_prefix, html)
        where = f"in the following response\n{content!r}"
        if count is not None:
            self.assertEqual(
                found, count, f"{prefix}Found {found} instances of {text_repr} (expected {count}) {where}"
            )
        else:
            self.assertTrue(found != 0, f"{prefix}Couldn't find {text_repr} {where}")

    def assertNotContains(
        self, response: Any, text: Any, status_code: int = 200, msg_prefix: str = "", html: bool = False
    ) -> None:
        """The response has the status, and its content not the text."""
        text_repr, found, prefix, content = self._occurrences(response, text, status_code, msg_prefix, html)
        self.assertEqual(
            found, 0, f"{prefix}{text_repr} unexpectedly found in the following response\n{content!r}"
        )

    def _template_arguments(
        self, response: Any, template_name: str | None, msg_prefix: str, method: str
    ) -> tuple[str | None, list[str] | None, str]:
        """The name, the names of the templates used, or None for a context manager, and the prefix."""
        if response is None and template_name is None:
            raise TypeError("response and/or template_name argument must be provided")
        prefix = f"{msg_prefix}: " if msg_prefix else ""
        if template_name is not None and response is not None and not hasattr(response, "templates"):
            raise ValueError(f"{method}() is only usable on responses fetched using the Django test Client.")
        if not hasattr(response, "templates") or (response is None and template_name):
            # With the template's name in the first place.
            return response if template_name is None else template_name, None, prefix
        return template_name, [t.name for t in response.templates if t.name is not None], prefix

    def assertTemplateUsed(
        self,
        response: Any = None,
        template_name: str | None = None,
        msg_prefix: str = "",
        count: int | None = None,
    ) -> Any:
        """The template was rendered for the response, `count` times if given; or in the ``with`` block."""
        name, used, prefix = self._template_arguments(
            response, template_name, msg_prefix, "assertTemplateUsed"
        )
        if used is None:
            return AssertTemplateUsedContext(self, name, prefix, count)
        return self._check_template_used(name, used, prefix, count)

    def _check_template_used(self, name: str | None, used: list[str], prefix: str, count: int | None) -> None:
        if not used or not name:
            self.fail(f"{prefix}No templates used to render the response")
        self.assertTrue(
            name in used,
            f"{prefix}Template '{name}' was not a template used to render the response. Actual template(s) used: "
            f"{', '.join(used)}",
        )
        if count is not None:
            rendered = Counter(used)[name or ""]
            self.assertEqual(
                rendered,
                count,
                f"{prefix}Template '{name}' was expected to be rendered {count} time(s) but was actually rendered "
                f"{rendered} time(s).",
            )

    def assertTemplateNotUsed(
        self, response: Any = None, template_name: str | None = None, msg_prefix: str = ""
    ) -> Any:
        """The template was not rendered for the response, or in the ``with`` block."""
        name, used, prefix = self._template_arguments(
            response, template_name, msg_prefix, "assertTemplateNotUsed"
        )
        if used is None:
            return AssertTemplateNotUsedContext(self, name, prefix, None)
        self.assertFalse(
            name in used, f"{prefix}Template '{name}' was used unexpectedly in rendering the response"
        )
        return None
