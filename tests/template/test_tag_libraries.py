"""The tag libraries that have to be loaded: i18n, l10n, tz, static, cache."""

from __future__ import annotations

import datetime

import pytest

from offbeat.template import Context, Engine, TemplateSyntaxError
from offbeat.test import override_settings
from offbeat.utils import timezone, translation

LIBRARIES = {name: f"offbeat.templatetags.{name}" for name in ("i18n", "l10n", "tz", "static", "cache")}


def render(source: str, **values: object) -> str:
    loads = "".join(f"{{% load {name} %}}" for name in LIBRARIES)
    return str(Engine(libraries=LIBRARIES).from_string(loads + source).render(Context(values)))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{% translate 'it''s 100%' %}", None),
        ('{% translate "it\'s 100%" %}', "it's 100%"),
        ("{% translate x %}", "&lt;b&gt;"),
        ("{% translate 'a' as y %}[{{ y }}]", "[a]"),
        ("{% translate 'a' noop %}", "a"),
        ("{% translate 'May' context 'verb' %}", "May"),
        ("{% blocktranslate %}50% of {{ x }}{% endblocktranslate %}", "50% of &lt;b&gt;"),
        ("{% blocktranslate with y=x %}{{ y }}{% endblocktranslate %}{{ y }}", "&lt;b&gt;"),
        (
            "{% blocktranslate count n=two %}{{ n }} thing{% plural %}{{ n }} things{% endblocktranslate %}",
            "2 things",
        ),
        ("{% blocktranslate trimmed %}\n a\n  b {% endblocktranslate %}", "a b"),
        ("{% blocktranslate asvar y %}a{% endblocktranslate %}[{{ y }}]", "[a]"),
        ("{% for x in 'ab' %}{% blocktranslate %}{{ x }}{% endblocktranslate %}{% endfor %}", "ab"),
        ("{% get_current_language as l %}{{ l }}", "en-us"),
        ("{% language 'de' %}{% get_current_language as l %}{{ l }}{% endlanguage %}", "de"),
        ("{% get_language_info for 'de' as l %}{{ l.code }}{{ l.bidi }}", "deFalse"),
        ("{{ 'ar'|language_bidi }}", "True"),
    ],
)
def test_translation(source, expected):
    if expected is None:
        with pytest.raises(TemplateSyntaxError):
            render(source)
        return
    assert render(source, x="<b>", two=2) == expected


@pytest.mark.parametrize(
    "source",
    [
        "{% translate %}",
        "{% translate 'a' context %}",
        "{% translate 'a' nothing %}",
        "{% blocktranslate %}{% if x %}{% endif %}{% endblocktranslate %}",
        "{% blocktranslate count n=x %}a{% plural %}b{% endblocktranslate %}",
        "{% blocktranslate with %}a{% endblocktranslate %}",
        "{% get_current_language l %}",
        "{% localize maybe %}{% endlocalize %}",
        "{% timezone %}{% endtimezone %}",
        "{% cache %}{% endcache %}",
        "{% cache x name %}{% endcache %}",
        "{% static %}",
    ],
)
def test_wrong_use(source):
    with pytest.raises(TemplateSyntaxError):
        render(source, x="text")


@override_settings(USE_THOUSAND_SEPARATOR=True, FORMAT_MODULE_PATH="tests.template.formats")
def test_localization_follows_the_language_and_can_be_switched():
    source = "{{ n }} {% localize off %}{{ n }} {{ d|date:'Y' }}{% endlocalize %} {{ n|unlocalize }} {{ d }}"
    day = datetime.date(2024, 2, 29)
    with translation.override("de"):
        assert render(source, n=1234.5, d=day) == "1.234,5 1234.5 2024 1234.5 29. February 2024"
    with translation.override("en"):
        assert render("{{ n }} {{ i }}", n=1234.5, i=1234567) == "1,234.5 1,234,567"


@override_settings(FORMAT_MODULE_PATH="tests.template.formats")
def test_input_formats_of_a_language_and_iso():
    from offbeat import forms

    with translation.override("de"):
        assert forms.DateField().clean("29.02.2024") == datetime.date(2024, 2, 29)
        assert forms.DateField().clean("2024-02-29") == datetime.date(2024, 2, 29)
        assert forms.DecimalField(localize=True).clean("1,5") == 1.5
        assert 'value="29.02.2024"' in forms.DateInput().render("d", datetime.date(2024, 2, 29))


def test_time_zones():
    moment = datetime.datetime(2024, 7, 1, 12, tzinfo=datetime.UTC)
    source = (
        "{{ m|date:'H' }} {% timezone 'Europe/Paris' %}{{ m|date:'H' }} {% localtime off %}{{ m|date:'H' }}"
        "{% endlocaltime %} {% get_current_timezone as z %}{{ z }}{% endtimezone %} {{ m|timezone:'Asia/Tokyo'|date:'H' }}"
        "{{ m|timezone:'No/Where' }}"
    )
    with timezone.override("UTC"):
        assert render(source, m=moment) == "12 14 12 Europe/Paris 21"


def test_static_files_are_quoted():
    assert render("{% static 'a b.css' %} {% static p as u %}{{ u }}", p="x.js").endswith(
        "b.css /static/x.js"
    )
    assert render("{% get_static_prefix %}") == "/static/"


def test_a_fragment_is_cached_by_what_it_varies_on():
    calls = iter("abc")
    source = "{% cache 60 fragment who %}{{ next }}{% endcache %}"
    values = {"next": lambda: next(calls)}
    assert render(source, who=1, **values) == "a"
    assert render(source, who=1, **values) == "a"
    assert render(source, who=2, **values) == "b"
