"""Charts: the table and the picture say the same, and everybody can tell the colours apart."""

import json
import re
from datetime import date, timedelta
from itertools import combinations

import pytest
from django.conf import settings
from django.template.loader import render_to_string

from events.figures.charts import LEAVES, Chart, bars, heat_calendar, sankey, treemap, trend

MONDAY = date(2026, 11, 23)
DAYS = [MONDAY, MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)]


def table(chart: Chart) -> list[tuple]:
    return [tuple(cell.text if cell.value is None else cell.value for cell in row) for row in chart.rows]


def page(chart: Chart, **context) -> str:
    return render_to_string("events/_chart.html", {"chart": chart, **context})


# The numbers


def test_a_sankey_draws_its_rows():
    chart = sankey(
        "loops", "四级循环", [("上报", "网格", 5, "/a/"), ("上报", "街道", 0, "/b/"), ("网格", "结案", 4, "")]
    )
    series = chart.option["series"][0]
    drawn = [(link["source"], link["target"], link["value"]) for link in series["links"]]
    assert drawn == table(chart) == [("上报", "网格", 5), ("网格", "结案", 4)]
    assert [node["name"] for node in series["nodes"]] == ["上报", "网格", "结案"]


def test_what_flows_in_a_circle_is_refused():
    with pytest.raises(ValueError, match="网格"):
        sankey("loops", "四级循环", [("网格", "社区", 1, ""), ("社区", "网格", 1, "")])


def test_a_trend_draws_its_columns():
    chart = trend("trend", "走势", DAYS, {"上报": [3, None, 1], "结案": [0, 2, 2]}, {"上报": ["/1/", "/2/", "/3/"]})
    drawn = {series["name"]: series["data"] for series in chart.option["series"]}
    assert drawn == {"上报": [3, None, 1], "结案": [0, 2, 2]}
    assert table(chart) == [("2026-11-23", 3, 0), ("2026-11-24", "–", 2), ("2026-11-25", 1, 2)]
    assert [row[1].url for row in chart.rows] == ["/1/", "", "/3/"]


def test_lines_also_differ_without_colours():
    chart = trend("trend", "走势", DAYS, {name: [1, 2, 3] for name in ("上报", "结案", "逾期结案")})
    looks = [(series["symbol"], series["lineStyle"]["type"]) for series in chart.option["series"]]
    assert len(set(looks)) == 3


def test_a_treemap_draws_its_rows_and_sums_the_small_ones():
    minors = [(f"类别{number}", number, f"/{number}/") for number in range(1, LEAVES + 4)]
    chart = treemap("categories", "类别", [("市容", minors), ("空", [("无", 0, "")])])
    groups = chart.option["series"][0]["data"]
    drawn = [(group["name"], leaf["name"], leaf["value"]) for group in groups for leaf in group["children"]]
    assert drawn == table(chart)
    assert len(drawn) == LEAVES + 1
    assert drawn[0] == ("市容", f"类别{LEAVES + 3}", LEAVES + 3)
    assert drawn[-1] == ("市容", "其他 3 类", 6)
    assert groups[0]["value"] == sum(count for _name, count, _url in minors)


def test_one_small_area_stays_itself():
    minors = [(f"类别{number}", number, "") for number in range(1, LEAVES + 2)]
    assert treemap("categories", "类别", [("市容", minors)]).rows[-1][1].text == "类别1"


def test_a_calendar_draws_every_day_between():
    chart = heat_calendar("heat", "日历", {DAYS[2]: 4, DAYS[0]: 2}, {DAYS[2]: "/3/"})
    drawn = [tuple(point) for point in chart.option["series"][0]["data"]]
    assert drawn == table(chart) == [("2026-11-23", 2), ("2026-11-24", 0), ("2026-11-25", 4)]
    assert chart.option["visualMap"]["max"] == 4


def test_bars_draw_their_rows():
    chart = bars("children", "下级", [("健康社区", {"未结": 4, "逾期": 1}, "/1/"), ("别处", {"未结": 2}, "/2/")])
    drawn = {series["name"]: series["data"] for series in chart.option["series"]}
    assert drawn == {"未结": [4, 2], "逾期": [1, None]}
    assert table(chart) == [("健康社区", 4, 1), ("别处", 2, "–")]
    assert chart.option["aria"]["decal"]["show"]  # shapes beside the colours


def test_a_colour_with_a_meaning_is_named():
    series = bars("ages", "时长", [("一周", {"逾期": 1}, "")], colours={"逾期": "late"}).option["series"][0]
    assert series["itemStyle"] == {"color": "--chart-late"}


def test_an_option_is_plain_data():
    for chart in every_kind([3, 2, 1]):
        assert json.loads(json.dumps(chart.option)) == chart.option


def every_kind(counts: list[int]) -> list[Chart]:
    return [
        sankey("a", "一", [("上报", str(count), count, "") for count in counts]),
        trend("b", "二", DAYS[: len(counts)], {"上报": counts}),
        treemap("c", "三", [("市容", [(str(count), count, "") for count in counts])]),
        heat_calendar("d", "四", dict(zip(DAYS, counts, strict=False))),
        bars("e", "五", [(str(count), {"未结": count}, "") for count in counts]),
    ]


# The page


@pytest.mark.parametrize("counts", [[], [0, 0, 0]], ids=["nothing", "zeros"])
def test_without_a_case_there_is_no_picture(counts):
    for chart in every_kind(counts):
        assert chart.is_empty
        assert "无案件" in page(chart)
        assert "chart-picture" not in page(chart)


def test_what_is_no_case_says_so_itself():
    assert "没有空缺岗位" in page(bars("posts", "空缺", []), empty="没有空缺岗位")


def test_the_table_stands_open_without_scripts_and_links_to_what_it_counts():
    html = page(bars("children", "下级", [("健康社区", {"未结": 4}, "/events/?grid=1&figure=open")]))
    assert '<details class="chart-table" open>' in html
    assert '<a href="/events/?grid=1&amp;figure=open">健康社区</a>' in html
    assert 'role="img" aria-label="图：下级' in html


def test_a_name_is_never_read_as_html():
    html = page(bars("children", "<b>下级</b>", [("</script><script>alert(1)", {"未结": 4}, "")]))
    assert "<b>" not in html
    assert html.count("<script") == html.count("</script") == 1


# The colours

SEEN = {  # linear RGB as who lacks a kind of cones sees it (Machado, Oliveira and Fernandes 2009, full severity)
    "all": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.01182, 0.04294, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.3039)),
}
XYZ = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
WHITE = (0.9505, 1, 1.089)


def times(matrix: tuple, vector: list[float]) -> list[float]:
    return [sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix]


def linear(colour: str) -> list[float]:
    colour = colour if len(colour) == 7 else "#" + "".join(digit * 2 for digit in colour[1:])
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def lab(light: list[float]) -> tuple[float, float, float]:
    x, y, z = (
        t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116
        for t in (part / white for part, white in zip(times(XYZ, light), WHITE, strict=True))
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted(times(XYZ, linear(colour))[1] for colour in (one, other))
    return (lighter + 0.05) / (darker + 0.05)


def palettes() -> dict[str, dict[str, str]]:
    css = (settings.BASE_DIR / "static/saihan/charts.css").read_text()
    blocks = re.findall(r'^(:root|\[data-bs-theme="dark"\]) \{(.*?)^\}', css, re.MULTILINE | re.DOTALL)
    return {name: dict(re.findall(r"--chart-([\w-]+): (#\w+);", block)) for name, block in blocks}


PALETTES = palettes()


@pytest.mark.parametrize("colours", PALETTES.values(), ids=list(PALETTES))
@pytest.mark.parametrize("eyes", SEEN)
def test_colours_are_told_apart_by_all_eyes(colours, eyes):
    seen = [
        lab([min(1, max(0, part)) for part in times(SEEN[eyes], linear(colours[str(number)]))])
        for number in range(1, 6)
    ]
    assert min(sum((a - b) ** 2 for a, b in zip(*pair, strict=True)) ** 0.5 for pair in combinations(seen, 2)) > 15


@pytest.mark.parametrize("colours", PALETTES.values(), ids=list(PALETTES))
def test_colours_stand_out_from_the_ground_and_carry_words(colours):
    for name in ("1", "2", "3", "4", "5", "open", "handling", "good", "late", "other", "words", "quiet"):
        assert contrast(colours[name], colours["ground"]) > 4.5, name
    assert colours["on-fill"] == colours["ground"]
