"""A page with a chart of each kind, for the tests of the browser alone."""

from datetime import date, timedelta

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path

from events.figures.charts import Chart, bars, heat_calendar, sankey, treemap, trend
from saihan.urls import urlpatterns as real

PAGE = """{% extends "plain.html" %}
{% block head %}{% include "events/_chart_head.html" %}{% endblock %}
{% block page %}<main class="container-xl saihan-main" id="main"><div class="row row-cards">{% for chart in charts %}
<div class="col-12 col-lg-6"><div class="card card-body">{% include "events/_chart.html" %}</div></div>
{% endfor %}</div></main>{% endblock %}"""

DAYS = [date(2026, 10, 1) + timedelta(days=number) for number in range(30)]
YEAR = [date(2025, 11, 20) + timedelta(days=number) for number in range(365)]


def charts() -> list[Chart]:
    flows = [
        ("网格内循环上报", "最高到网格内循环", 120), ("网格内循环上报", "最高到社区微循环", 40),
        ("网格内循环上报", "最高到街道小循环", 12), ("社区微循环上报", "最高到社区微循环", 30),
        ("社区微循环上报", "最高到市区大循环", 5), ("最高到网格内循环", "已结案", 110),
        ("最高到社区微循环", "已结案", 50), ("最高到社区微循环", "未结", 20), ("最高到街道小循环", "已结案", 12),
        ("最高到网格内循环", "未结", 10), ("最高到市区大循环", "作废或并案", 5),
    ]  # fmt: skip
    lines = {"上报": [10 + day.day % 7 * 3 for day in DAYS], "结案": [8 + day.day % 5 * 3 for day in DAYS]}
    majors = [
        (major, [(f"{major}{number}", 90 // number // place, f"/events/?{number}") for number in range(1, 15)])
        for place, major in enumerate(
            ("市容环境", "街面秩序", "公用设施", "社会治理", "道路交通", "<b>园林</b>"), start=1
        )
    ]
    rows = [(name, {"未结": 9 + len(name) * place, "逾期": place}, f"/notices/?{place}") for place, name in enumerate(
        ("人民路街道", "大学西路街道", "乌兰察布东路街道", "中专路街道", "昭乌达路街道", "巴彦街道"))]  # fmt: skip
    return [
        sankey(
            "loops", "四级循环", [(*flow, "/events/") for flow in flows], colours={"已结案": "good", "未结": "open"}
        ),
        trend("trend", "每日上报与结案", DAYS, lines, {name: ["/notices/"] * len(DAYS) for name in lines}),
        treemap("categories", "类别", majors),
        heat_calendar("heat", "日历", {day: day.toordinal() * 7 % 23 for day in YEAR}, {YEAR[-1]: "/notices/"}),
        bars("children", "下级网格", rows, column="网格", colours={"逾期": "late", "未结": "open"}),
        bars("nothing", "什么也没有", []),
    ]


@login_not_required
def gallery(request: HttpRequest) -> HttpResponse:
    return HttpResponse(engines["django"].from_string(PAGE).render({"charts": charts()}, request))


urlpatterns = [path("gallery/", gallery), *real]
