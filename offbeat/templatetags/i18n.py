"""``{% load i18n %}`` (Django documentation: topics/i18n/translation)."""

from __future__ import annotations

import re
from copy import copy
from decimal import Decimal
from typing import Any

from offbeat.conf import settings
from offbeat.template import Library, Node, TemplateSyntaxError, Variable
from offbeat.template.base import TokenType
from offbeat.template.nodes import NOTHING, READS, Effects, render_value_in_context, writes
from offbeat.utils import translation
from offbeat.utils.safestring import SafeData, SafeString, mark_safe

__all__ = ["register"]

register = Library()


class _Sets(Node):
    """Base of the nodes that set a variable and output nothing."""

    child_nodelists = ()

    def __init__(self, variable: str) -> None:
        self.variable = variable

    def value(self, context: Any) -> Any:
        """The variable's value."""
        raise NotImplementedError("subclasses say what the value is")

    def render(self, context: Any) -> str:
        context[self.variable] = self.value(context)
        return ""

    def emit(self, gen: Any) -> None:
        gen.opaque(self)

    def effects(self) -> Effects:
        return READS | writes(self.variable)


class GetAvailableLanguagesNode(_Sets):
    """``{% get_available_languages %}``."""

    def value(self, context: Any) -> Any:
        return [(code, translation.gettext(name)) for code, name in settings.LANGUAGES]


class GetCurrentLanguageNode(_Sets):
    """``{% get_current_language %}``."""

    def value(self, context: Any) -> Any:
        return translation.get_language()


class GetCurrentLanguageBidiNode(_Sets):
    """``{% get_current_language_bidi %}``."""

    def value(self, context: Any) -> Any:
        return translation.get_language_bidi()


class GetLanguageInfoNode(_Sets):
    """``{% get_language_info %}``."""

    def __init__(self, lang_code: Any, variable: str) -> None:
        super().__init__(variable)
        self.lang_code = lang_code

    def value(self, context: Any) -> Any:
        return translation.get_language_info(self.lang_code.resolve(context))


class GetLanguageInfoListNode(_Sets):
    """``{% get_language_info_list %}``."""

    def __init__(self, languages: Any, variable: str) -> None:
        super().__init__(variable)
        self.languages = languages

    def value(self, context: Any) -> Any:
        # Codes, or (code, name) pairs as in the LANGUAGES setting.
        return [
            translation.get_language_info(language if isinstance(language, str) else str(language[0]))
            for language in self.languages.resolve(context)
        ]


class TranslateNode(Node):
    """``{% translate %}``."""

    child_nodelists = ()

    def __init__(
        self, filter_expression: Any, noop: bool, asvar: str | None = None, message_context: Any = None
    ) -> None:
        self.noop = noop
        self.asvar = asvar
        self.message_context = message_context
        self.filter_expression = filter_expression
        if isinstance(filter_expression.var, str):
            literal = Variable("''")
            literal.literal = filter_expression.var
            filter_expression.is_var = True
            filter_expression.var = literal
        filter_expression.var.translate = not noop

    def _resolve(self, context: Any) -> Any:
        expression = self.filter_expression
        if self.message_context:
            # The node is shared between threads, the message's context belongs to this rendering.
            expression = copy(expression)
            expression.var = copy(expression.var)
            expression.var.message_context = self.message_context.resolve(context)
        return expression.resolve(context)

    def render(self, context: Any) -> str:
        value = render_value_in_context(self._resolve(context), context)
        # A template's percent signs were doubled for the catalogue.
        is_safe = isinstance(value, SafeData)
        value = value.replace("%%", "%")
        if is_safe:
            value = mark_safe(value)
        if self.asvar:
            context[self.asvar] = value
            return ""
        return value

    def emit(self, gen: Any) -> None:
        gen.opaque(self)

    def effects(self) -> Effects:
        expressions = [self.filter_expression, *([self.message_context] if self.message_context else [])]
        return writes(self.asvar) | (NOTHING if all(map(_is_constant, expressions)) else READS)


def _is_constant(expression: Any) -> bool:
    """True if the value does not depend on the context."""
    if expression.is_var and expression.var.lookups is not None:
        return False
    return not any(is_var for _func, args in expression.filters for is_var, _arg in args)


class BlockTranslateNode(Node):
    """``{% blocktranslate %}``."""

    child_nodelists = ()

    def __init__(
        self,
        extra_context: dict[str, Any],
        singular: list[Any],
        plural: list[Any] | None = None,
        countervar: str | None = None,
        counter: Any = None,
        message_context: Any = None,
        trimmed: bool = False,
        asvar: str | None = None,
        tag_name: str = "blocktranslate",
    ) -> None:
        self.extra_context = extra_context
        self.singular = singular
        self.plural = plural
        self.countervar = countervar
        self.counter = counter
        self.message_context = message_context
        self.trimmed = trimmed
        self.asvar = asvar
        self.tag_name = tag_name

    def __repr__(self) -> str:
        return (
            f"<{type(self).__qualname__}: extra_context={self.extra_context!r} singular={self.singular!r} "
            f"plural={self.plural!r}>"
        )

    def render_token_list(self, tokens: list[Any]) -> tuple[str, list[str]]:
        """The message with its variables as ``%(name)s``, and their names."""
        result: list[str] = []
        names: list[str] = []
        for token in tokens:
            if token.token_type == TokenType.TEXT:
                result.append(token.contents.replace("%", "%%"))
            elif token.token_type == TokenType.VAR:
                result.append(f"%({token.contents})s")
                names.append(token.contents)
        message = "".join(result)
        if self.trimmed:
            message = _trim_whitespace(message)
        return message, names

    def render(self, context: Any, nested: bool = False) -> str:
        message_context = self.message_context.resolve(context) if self.message_context else None
        # The variables are needed only while the message is put together.
        context.update({name: value.resolve(context) for name, value in self.extra_context.items()})
        try:
            result, names = self._translated(context, message_context)
            data = {name: self._value(name, context) for name in names}
        finally:
            context.pop()
        try:
            result %= data
        except (KeyError, ValueError):
            if nested:
                # Not even the original works: this is the template's fault.
                raise TemplateSyntaxError(
                    f"{self.tag_name!r} is unable to format string returned by gettext: {result!r} using {data!r}"
                ) from None
            with translation.override(None):
                result = self.render(context, nested=True)
        if self.asvar:
            context[self.asvar] = SafeString(result)
            return ""
        return result

    def _translated(self, context: Any, message_context: str | None) -> tuple[str, list[str]]:
        singular, names = self.render_token_list(self.singular)
        if self.plural and self.countervar and self.counter:
            count = self.counter.resolve(context)
            if not isinstance(count, Decimal | float | int):
                raise TemplateSyntaxError(
                    f"{self.countervar!r} argument to {self.tag_name!r} tag must be a number."
                )
            context[self.countervar] = count
            plural, plural_names = self.render_token_list(self.plural)
            if message_context:
                result = translation.npgettext(message_context, singular, plural, count)
            else:
                result = translation.ngettext(singular, plural, count)
            return result, [*names, *plural_names]
        if message_context:
            return translation.pgettext(message_context, singular), names
        return translation.gettext(singular), names

    @staticmethod
    def _value(name: str, context: Any) -> str:
        if name in context:
            value = context[name]
        else:
            default = context.template.engine.string_if_invalid
            value = default % name if "%s" in default else default
        return render_value_in_context(value, context)

    def emit(self, gen: Any) -> None:
        gen.opaque(self)

    def effects(self) -> Effects:
        tokens = [*self.singular, *(self.plural or ())]
        constant = not self.message_context and all(token.token_type is TokenType.TEXT for token in tokens)
        return writes(self.asvar) | (NOTHING if constant and self.counter is None else READS)


class LanguageNode(Node):
    """``{% language %}``."""

    def __init__(self, nodelist: Any, language: Any) -> None:
        self.nodelist = nodelist
        self.language = language

    def emit(self, gen: Any) -> None:
        with gen.block(
            f"with {gen.const(translation.override, 'override')}({gen.value(self.language, 'invalid')}):"
        ):
            gen.nodes(self.nodelist)

    def effects(self) -> Effects:
        effects = self.nodelist.effects()
        return effects._replace(depth=effects.depth + 1)  # type: ignore[no-any-return]


def _trim_whitespace(message: str) -> str:
    return re.sub(r"\s*\n\s*", " ", message.strip())


def _as_variable(token: Any, length: int, tag: str) -> list[str]:
    args: list[str] = token.split_contents() if length == 5 else token.contents.split()
    if length == 3 and (len(args) != 3 or args[1] != "as"):
        raise TemplateSyntaxError(f"'{tag}' requires 'as variable' (got {args!r})")
    if length == 5 and (len(args) != 5 or args[1] != "for" or args[3] != "as"):
        raise TemplateSyntaxError(f"'{tag}' requires 'for string as variable' (got {args[1:]!r})")
    return args


@register.tag("get_available_languages")
def do_get_available_languages(parser: Any, token: Any) -> Node:
    """``{% get_available_languages as languages %}``"""
    return GetAvailableLanguagesNode(_as_variable(token, 3, "get_available_languages")[2])


@register.tag("get_language_info")
def do_get_language_info(parser: Any, token: Any) -> Node:
    """``{% get_language_info for code as info %}``"""
    args = _as_variable(token, 5, "get_language_info")
    return GetLanguageInfoNode(parser.compile_filter(args[2]), args[4])


@register.tag("get_language_info_list")
def do_get_language_info_list(parser: Any, token: Any) -> Node:
    """``{% get_language_info_list for codes as infos %}``"""
    args = _as_variable(token, 5, "get_language_info_list")
    return GetLanguageInfoListNode(parser.compile_filter(args[2]), args[4])


@register.filter
def language_name(lang_code: str) -> Any:
    """The English name."""
    return translation.get_language_info(lang_code)["name"]


@register.filter
def language_name_translated(lang_code: str) -> str:
    """The name in the current language."""
    return translation.gettext(translation.get_language_info(lang_code)["name"])


@register.filter
def language_name_local(lang_code: str) -> Any:
    """The language's name for itself."""
    return translation.get_language_info(lang_code)["name_local"]


@register.filter
def language_bidi(lang_code: str) -> Any:
    """Whether it is written from right to left."""
    return translation.get_language_info(lang_code)["bidi"]


@register.tag("get_current_language")
def do_get_current_language(parser: Any, token: Any) -> Node:
    """``{% get_current_language as code %}``"""
    return GetCurrentLanguageNode(_as_variable(token, 3, "get_current_language")[2])


@register.tag("get_current_language_bidi")
def do_get_current_language_bidi(parser: Any, token: Any) -> Node:
    """``{% get_current_language_bidi as bidi %}``"""
    return GetCurrentLanguageBidiNode(_as_variable(token, 3, "get_current_language_bidi")[2])


@register.tag("translate")
@register.tag("trans")
def do_translate(parser: Any, token: Any) -> TranslateNode:
    """``{% translate "text" [noop] [context "…"] [as name] %}``"""
    bits = token.split_contents()
    if len(bits) < 2:
        raise TemplateSyntaxError(f"'{bits[0]}' takes at least one argument")
    message_string = parser.compile_filter(bits[1])
    remaining = bits[2:]
    noop = False
    asvar = None
    message_context = None
    seen: set[str] = set()
    while remaining:
        option = remaining.pop(0)
        if option in seen:
            raise TemplateSyntaxError(f"The '{option}' option was specified more than once.")
        if option == "noop":
            noop = True
        elif option in ("context", "as"):
            try:
                value = remaining.pop(0)
            except IndexError:
                raise TemplateSyntaxError(
                    f"No argument provided to the '{bits[0]}' tag for the {option} option."
                ) from None
            if option == "as":
                asvar = value
            elif value in {"as", "noop"}:
                raise TemplateSyntaxError(
                    f"Invalid argument '{value}' provided to the '{bits[0]}' tag for the context option"
                )
            else:
                message_context = parser.compile_filter(value)
        else:
            raise TemplateSyntaxError(
                f"Unknown argument for '{bits[0]}' tag: '{option}'. The only options available are 'noop', "
                "'context' \"xxx\", and 'as VAR'."
            )
        seen.add(option)
    return TranslateNode(message_string, noop, asvar, message_context)


@register.tag("blocktranslate")
@register.tag("blocktrans")
def do_block_translate(parser: Any, token: Any) -> BlockTranslateNode:
    """``{% blocktranslate [with a=b …] [count n=x] [context "…"] [trimmed] [asvar name] %} …``"""
    bits = token.split_contents()
    options = _block_options(parser, bits)
    countervar, counter = options.pop("count", (None, None))
    extra_context = options.get("with", {})
    singular: list[Any] = []
    plural: list[Any] = []
    token = _message_tokens(parser, singular)
    if countervar and counter:
        if token.contents.strip() != "plural":
            raise TemplateSyntaxError(f"{bits[0]!r} doesn't allow other block tags inside it")
        token = _message_tokens(parser, plural)
    end_tag_name = f"end{bits[0]}"
    if token.contents.strip() != end_tag_name:
        raise TemplateSyntaxError(
            f"{bits[0]!r} doesn't allow other block tags (seen {token.contents!r}) inside it"
        )
    return BlockTranslateNode(
        extra_context,
        singular,
        plural,
        countervar,
        counter,
        options.get("context"),
        trimmed="trimmed" in options,
        asvar=options.get("asvar"),
        tag_name=bits[0],
    )


def _message_tokens(parser: Any, into: list[Any]) -> Any:
    """Move the tokens of a message into a list; the block tag behind them."""
    while parser.tokens:
        token = parser.next_token()
        if token.token_type in (TokenType.VAR, TokenType.TEXT):
            into.append(token)
        elif token.token_type is TokenType.BLOCK:
            return token
    return token


def _block_options(parser: Any, bits: list[str]) -> dict[str, Any]:
    from offbeat.template.base import token_kwargs

    options: dict[str, Any] = {}
    remaining = bits[1:]
    while remaining:
        option = remaining.pop(0)
        if option in options:
            raise TemplateSyntaxError(f"The {option!r} option was specified more than once.")
        value: Any
        if option == "with":
            value = token_kwargs(remaining, parser, support_legacy=True)
            if not value:
                raise TemplateSyntaxError(f'"with" in {bits[0]!r} tag needs at least one keyword argument.')
        elif option == "count":
            value = token_kwargs(remaining, parser, support_legacy=True)
            if len(value) != 1:
                raise TemplateSyntaxError(
                    f'"count" in {bits[0]!r} tag expected exactly one keyword argument.'
                )
            value = next(iter(value.items()))
        elif option == "context":
            try:
                value = parser.compile_filter(remaining.pop(0))
            except IndexError:
                raise TemplateSyntaxError(
                    f'"context" in {bits[0]!r} tag expected exactly one argument.'
                ) from None
        elif option == "trimmed":
            value = True
        elif option == "asvar":
            try:
                value = remaining.pop(0)
            except IndexError:
                raise TemplateSyntaxError(
                    f"No argument provided to the '{bits[0]}' tag for the asvar option."
                ) from None
        else:
            raise TemplateSyntaxError(f"Unknown argument for {bits[0]!r} tag: {option!r}.")
        options[option] = value
    return options


@register.tag
def language(parser: Any, token: Any) -> LanguageNode:
    """``{% language "de" %} … {% endlanguage %}``"""
    bits = token.split_contents()
    if len(bits) != 2:
        raise TemplateSyntaxError(f"'{bits[0]}' takes one argument (language)")
    expression = parser.compile_filter(bits[1])
    nodelist = parser.parse(("endlanguage",))
    parser.delete_first_token()
    return LanguageNode(nodelist, expression)
