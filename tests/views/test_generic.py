"""The base view, redirects, templates, and views of objects."""

from __future__ import annotations

import datetime

import pytest
from asgiref.sync import iscoroutinefunction

from offbeat.core.exceptions import ImproperlyConfigured
from offbeat.http import Http404, HttpRequest, HttpResponse
from offbeat.urls import path
from offbeat.views import View
from offbeat.views.generic.base import RedirectView, TemplateView
from tests.handlers.helpers import urls


def request(method="GET", where="/", **meta):
    made = HttpRequest()
    made.method = method
    made.path = made.path_info = where
    made.META = {"SERVER_NAME": "testserver", "SERVER_PORT": "80", **meta}
    return made


class Simple(View):
    greeting = "hello"

    def get(self, request, *args, **kwargs):
        return HttpResponse(self.greeting)


class Async(View):
    async def get(self, request):
        return HttpResponse("async")


def test_a_method_for_each_http_method():
    view = Simple.as_view(greeting="hi")
    assert view(request()).content == b"hi"
    assert view(request("HEAD")).content == b"hi"
    assert view(request("OPTIONS"))["Allow"] == "GET, HEAD, OPTIONS"
    refused = view(request("POST"))
    assert (refused.status_code, refused["Allow"]) == (405, "GET, HEAD, OPTIONS")
    assert view.view_class is Simple
    assert view.view_initkwargs == {"greeting": "hi"}
    assert not iscoroutinefunction(view)


async def test_async_methods_make_an_async_view():
    view = Async.as_view()
    assert iscoroutinefunction(view)
    assert (await view(request())).content == b"async"
    assert (await view(request("PUT"))).status_code == 405
    assert (await view(request("OPTIONS")))["Allow"] == "GET, HEAD, OPTIONS"


def test_a_mixture_is_refused():
    class Mixed(Async):
        def post(self, request):
            return HttpResponse()

    with pytest.raises(ImproperlyConfigured, match="all sync or all async"):
        Mixed.as_view()


def test_wrong_arguments_are_refused():
    with pytest.raises(TypeError, match="method name get is not accepted"):
        Simple.as_view(get=1)
    with pytest.raises(TypeError, match="invalid keyword 'nope'"):
        Simple.as_view(nope=1)


def test_setup_has_to_keep_the_request():
    class Forgetful(Simple):
        def setup(self, request, *args, **kwargs):
            return

    with pytest.raises(AttributeError, match="forget to call super"):
        Forgetful.as_view()(request())


def test_redirects():
    view = RedirectView.as_view(url="/to/%(pk)s/", query_string=True)
    response = view(request("POST", QUERY_STRING="a=1"), pk=3)
    assert (response.status_code, response.url) == (302, "/to/3/?a=1")
    assert RedirectView.as_view(url="/x/", permanent=True)(request()).status_code == 301
    assert RedirectView.as_view(url="/x/", preserve_request=True)(request()).status_code == 307
    assert RedirectView.as_view()(request()).status_code == 410
    with urls(path("n/<int:pk>/", Simple.as_view(), name="named")):
        assert RedirectView.as_view(pattern_name="named")(request(), pk=4).url == "/n/4/"


def test_a_template_view_needs_a_template():
    with pytest.raises(ImproperlyConfigured, match="template_name"):
        TemplateView.as_view()(request())
    view = TemplateView()
    view.setup(request())
    view.extra_context = {"more": 1}
    assert view.get_context_data(x=2) == {"x": 2, "view": view, "more": 1}


def test_views_of_objects_need_a_queryset():
    from offbeat.views.generic import DetailView, ListView

    for kind in (ListView, DetailView):
        with pytest.raises(ImproperlyConfigured, match="is missing a QuerySet"):
            kind.as_view()(request(), pk=1)


def test_a_list_view_of_a_plain_list():
    from offbeat.views.generic import ListView

    class Numbers(ListView):
        queryset = list(range(7))
        paginate_by = 3

        def render_to_response(self, context):
            return context

    context = Numbers.as_view()(request())
    assert context["object_list"] == [0, 1, 2]
    assert context["is_paginated"] is True
    assert Numbers.as_view()(request(), page="last")["object_list"] == [6]
    for wrong in ("9", "x"):
        with pytest.raises(Http404):
            Numbers.as_view()(request(), page=wrong)
    with pytest.raises(Http404, match="Empty list"):
        Numbers.as_view(queryset=[], allow_empty=False)(request())


def test_dates_of_archives():
    from offbeat.views.generic.dates import WeekMixin, YearMixin, _date_from_string

    assert _date_from_string("2020", "%Y", "may", "%b") == datetime.date(2020, 5, 1)
    with pytest.raises(Http404, match="Invalid date string"):
        _date_from_string("x", "%Y")
    sunday = datetime.date(2020, 5, 3)
    assert WeekMixin()._get_weekday(sunday) == 0
    week = WeekMixin()
    week.week_format = "%W"
    assert week._get_weekday(sunday) == 6
    with pytest.raises(Http404, match="out of range"):
        YearMixin()._get_next_year(datetime.date(9999, 1, 1))
    missing = YearMixin()
    missing.kwargs, missing.request = {}, request()
    with pytest.raises(Http404, match="No year specified"):
        missing.get_year()


def test_a_form_view_redirects_or_shows_the_errors():
    from offbeat import forms
    from offbeat.views.generic import FormView

    class NameForm(forms.Form):
        name = forms.CharField()

    class Names(FormView):
        form_class = NameForm
        success_url = "/thanks/"

        def render_to_response(self, context):
            return context["form"]

    assert not Names.as_view()(request()).is_bound
    posted = request("POST")
    assert Names.as_view()(posted).errors
    posted.POST["name"] = "Ann"
    assert Names.as_view()(posted).url == "/thanks/"
    with pytest.raises(ImproperlyConfigured, match="success_url"):
        Names.as_view(success_url=None)(posted)
