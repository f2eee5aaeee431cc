"""Pages and API of joint patrols and mediations: who gets what, what forms answer, and how much they ask."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from events.models import Event
from events.services import file_finding
from grids.models import Role
from tests.factories import (
    make_branch,
    make_category,
    make_event,
    make_mediation,
    make_member_enrolment,
    make_patrol,
    make_post,
    make_user,
)
from volunteers import services
from volunteers.models import Mediation, MediationReveal, Patrol, PatrolFinding

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]

ROLES = ("worker", "chief", "community", "street", "district", "police", "neighbour", "stranger", "admin")
# What each answers to those roles, in this order.
PATROL = {
    "patrol_list": (200, 200, 200, 200, 200, 200, 200, 200, 200),
    "patrol_plan": (403, 403, 200, 200, 200, 200, 404, 404, 200),
    "patrol_detail": (200, 200, 200, 200, 200, 200, 404, 404, 200),
    "patrol_change": (403, 403, 200, 200, 200, 200, 404, 404, 200),
    "finding_file": (200, 403, 200, 200, 200, 200, 404, 404, 200),
    "patrol-detail": (200, 200, 200, 200, 200, 200, 404, 404, 200),
}
MEDIATION = {
    "mediation_list": (200, 200, 200, 200, 200, 200, 200, 200, 200),
    "mediation_detail": (200, 404, 200, 404, 200, 200, 404, 404, 404),
    "mediation_change": (200, 404, 200, 404, 403, 200, 404, 404, 404),
    "mediation_parties": (200, 404, 200, 404, 200, 200, 404, 404, 404),
    "mediation-detail": (200, 404, 200, 404, 200, 200, 404, 404, 404),
}


@pytest.fixture
def patrol(cast):
    patrol = make_patrol(cast.police, cast.tree.community, [cast.police, cast.worker], [cast.tree.building])
    return services.start_patrol(actor=cast.police, patrol=patrol)


@pytest.fixture
def mediation(cast):
    return make_mediation(cast.police, cast.tree.building, [cast.worker])


def address(name: str, thing) -> str:
    return reverse(name) if name.endswith("_list") else reverse(name, args=[thing.pk])


@pytest.mark.parametrize("name", PATROL)
def test_patrols_by_role(cast, patrol, client, name):
    url = f"{reverse(name)}?grid={cast.tree.community.code}" if name == "patrol_plan" else address(name, patrol)
    found = []
    for role in ROLES:
        client.force_login(getattr(cast, role))
        found.append(client.get(url).status_code)
    assert tuple(found) == PATROL[name]


@pytest.mark.parametrize("name", MEDIATION)
def test_mediations_by_role(cast, mediation, client, name):
    found = []
    for role in ROLES:
        client.force_login(getattr(cast, role))
        found.append(client.get(address(name, mediation)).status_code)
    assert tuple(found) == MEDIATION[name]


def test_lists_hold_what_one_may_see(cast, patrol, mediation, client):
    for role, patrols, mediations in (("worker", 1, 1), ("chief", 1, 0), ("neighbour", 0, 0), ("admin", 1, 0)):
        client.force_login(getattr(cast, role))
        assert len(client.get(reverse("patrol_list")).context["page"]) == patrols
        assert len(client.get(reverse("mediation_list")).context["page"]) == mediations
        assert client.get(reverse("patrol-list")).json()["count"] == patrols
        assert client.get(reverse("mediation-list")).json()["count"] == mediations


def test_who_leads_the_branch_of_the_community_plans_and_mediates_there(cast, client):
    secretary = make_user("书记")
    make_branch(cast.tree.community, secretary=secretary)
    make_post(secretary, cast.tree.community, Role.SECRETARY)  # which comes with the branch
    client.force_login(secretary)
    for name in ("patrol_list", "mediation_list"):
        page = client.get(reverse(name))
        assert page.context["may_plan" if name == "patrol_list" else "may_open"], name
    for name in ("patrol_plan", "mediation_open"):
        assert client.get(reverse(name), follow=True).context["form"], name


def test_who_leads_a_branch_of_buildings_mediates_in_their_community(cast, client):
    secretary = make_user("书记")
    make_branch(cast.tree.building, secretary=secretary)
    client.force_login(secretary)
    assert client.get(reverse("mediation_list")).context["may_open"]
    assert not client.get(reverse("patrol_list")).context["may_plan"]


# Patrols


def test_a_plan_is_made_of_what_suggests_itself(cast, safety, client):
    make_event(cast.worker, cast.tree.unit, category=safety)
    client.force_login(cast.police)
    page = client.get(reverse("patrol_plan"), follow=True)  # of the only community there is for them
    form = page.context["form"]
    assert form["buildings"].value() == [cast.tree.building.code]
    assert [building.cases for building in page.context["pressing"]] == [1]
    sent = {
        "aim": form["aim"].value(), "starts_at": "2026-12-01T09:00", "minutes": "60", "key": "a",
        "buildings": [cast.tree.building.code], "people": [cast.police.pk, cast.worker.pk],
    }  # fmt: skip
    url = f"{reverse('patrol_plan')}?grid={cast.tree.community.code}"
    answer = client.post(url, sent)
    assert answer.url == client.post(url, sent).url == reverse("patrol_detail", args=[Patrol.objects.get().pk])


def test_a_plan_that_is_refused_says_where(cast, client):
    client.force_login(cast.police)
    url = f"{reverse('patrol_plan')}?grid={cast.tree.community.code}"
    answer = client.post(url, {"starts_at": "x", "people": ["x\0"], "buildings": ["1"]})
    assert answer.status_code == 400
    assert set(answer.context["form"].errors) == {"aim", "starts_at", "minutes", "people", "buildings"}


def test_it_is_changed_finished_and_called_off_on_its_page(cast, patrol, client):
    client.force_login(cast.worker)

    def act(action, **sent):
        return client.post(reverse("patrol_act", args=[patrol.pk, action]), sent)

    assert act("note", text="").status_code == 400
    assert act("note", text="已巡三层").status_code == 302
    assert act("finish").status_code == 302
    assert act("start").status_code == 409
    assert act("call_off", text="下雨").status_code == 403
    assert act("dance").status_code == 404
    assert client.get(reverse("finding_file", args=[patrol.pk])).status_code == 302


def test_a_finding_is_filed_with_one_page(cast, patrol, safety, client):
    client.force_login(cast.worker)
    url = reverse("finding_file", args=[patrol.pk])
    assert client.post(url, {"text": " "}).status_code == 400
    assert not PatrolFinding.objects.exists()
    sent = {"grid": cast.tree.building.code, "category": safety.pk, "text": "消防通道被占", "key": "k"}
    for _time in range(2):
        assert client.post(url, sent).url == reverse("patrol_detail", args=[patrol.pk])
    event = Event.objects.get()
    page = client.get(reverse("patrol_detail", args=[patrol.pk])).content.decode()
    assert event.number in page
    assert reverse("patrol_detail", args=[patrol.pk]) in client.get(f"/events/{event.number}/").content.decode()


def test_a_member_without_a_post_notes_and_another_files(cast, safety, client):
    member = make_member_enrolment(cast.tree.community).user
    patrol = make_patrol(cast.police, cast.tree.community, [member, cast.worker], [cast.tree.building])
    services.start_patrol(actor=cast.police, patrol=patrol)
    client.force_login(member)
    sent = {"grid": cast.tree.building.code, "text": "灯坏了", "key": "k"}
    assert client.post(reverse("finding_file", args=[patrol.pk]), sent).status_code == 302
    assert not Event.objects.exists()
    client.force_login(cast.worker)
    code = f"finding-{PatrolFinding.objects.get().pk}"
    assert code in client.get(reverse("patrol_detail", args=[patrol.pk])).content.decode()
    form = client.get(f"{reverse('event_file')}?occasion={code}").context["form"]
    assert (form.text("title"), form.text("grid")) == ("灯坏了", cast.tree.building.code)


def test_the_page_of_the_community_tells_of_patrols(cast, patrol, client):
    client.force_login(cast.worker)
    page = client.get(reverse("grid_detail", args=[cast.tree.community.code])).content.decode()
    assert reverse("patrol_detail", args=[patrol.pk]) in page


# Mediations


def test_a_dispute_is_mediated_from_its_page(cast, client):
    event = make_event(cast.worker, cast.tree.building, category=make_category("矛盾纠纷", police_work="dispute"))
    client.force_login(cast.worker)
    page = client.get(f"/events/{event.number}/").content.decode()
    url = f"{reverse('mediation_open')}?grid={cast.tree.building.code}&case={event.number}"
    assert url.replace("&", "&amp;") in page
    form = client.get(url).context["form"]
    sent = {
        "grid": cast.tree.building.code, "case": event.number, "kind": form.fields["kind"].queryset[0].pk, "key": "k",
        "subject": "停车", "name_0": "欧阳锋", "phone_0": "", "mediators": [cast.police.pk],
    }  # fmt: skip
    answer = client.post(url, sent)
    mediation = Mediation.objects.get()
    assert answer.url == client.post(url, sent).url == reverse("mediation_detail", args=[mediation.pk])
    assert event.number in client.get(answer.url).content.decode()
    assert answer.url in client.get(f"/events/{event.number}/").content.decode()
    client.force_login(cast.chief)  # who sees the case and not the mediation
    assert answer.url not in client.get(f"/events/{event.number}/").content.decode()


def test_a_form_that_is_refused_keeps_what_was_typed(cast, client):
    client.force_login(cast.worker)
    answer = client.post(
        f"{reverse('mediation_open')}?grid={cast.tree.building.code}", {"phone_0": "123", "subject": ""}
    )
    assert answer.status_code == 400
    assert set(answer.context["form"].errors) == {"grid", "kind", "subject", "parties"}


def test_names_are_shown_after_a_reason_and_not_before(cast, mediation, client):
    client.force_login(cast.worker)
    page = client.get(reverse("mediation_detail", args=[mediation.pk])).content.decode()
    assert "诸*" in page
    assert "诸葛" not in page
    url = reverse("mediation_parties", args=[mediation.pk])
    assert client.post(url, {"reason": ""}).status_code == 400
    answer = client.post(url, {"reason": "约定时间"})
    assert "诸葛明亮" in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    assert MediationReveal.objects.get().actor == cast.worker


def test_its_way_on_its_page(cast, mediation, client):
    client.force_login(cast.worker)
    change = reverse("mediation_change", args=[mediation.pk])
    assert client.post(change, {"mediators": [cast.worker.pk, cast.police.pk]}).status_code == 302
    session = reverse("mediation_session", args=[mediation.pk])
    assert client.post(session, {"held_at": "2026-12-01T09:00"}).status_code == 400
    assert client.post(session, {"held_at": "2026-12-01T09:00", "place": "警务室"}).status_code == 302

    def end(action, **sent):
        return client.post(reverse("mediation_end", args=[mediation.pk, action]), sent)

    assert end("agree", text="").status_code == 400
    day = timezone.localdate() + timedelta(days=7)
    assert end("agree", text="各退一步", first=day.isoformat()).status_code == 302
    assert end("fail", text="不成").status_code == 409
    assert end("dance").status_code == 404
    follow_up = mediation.follow_ups.get()
    noted = client.post(reverse("follow_up_note", args=[mediation.pk, follow_up.pk]), {"note": "和好"})
    assert noted.status_code == 302
    assert end("reopen").status_code == 302


def test_the_api_tells_no_name(cast, mediation, client):
    client.force_login(cast.worker)
    answer = client.get(reverse("mediation-detail", args=[mediation.pk])).json()
    assert (answer["party_count"], answer["state"]) == (2, "open")
    assert not {"parties", "result", "notes"} & set(answer)


# Clue reports, and what it costs


def test_a_clue_report_shows_nowhere_here(cast, client):
    clue = make_category("线索举报", is_confidential=True, lowest_loop="community", police_work="dispute")
    event = make_event(cast.worker, cast.tree.building, category=clue, title="可疑聚集")
    client.force_login(cast.police)
    assert reverse("mediation_open") not in client.get(f"/events/{event.number}/").content.decode()
    assert client.get(f"{reverse('mediation_open')}?case={event.number}").status_code == 404
    plan = client.get(f"{reverse('patrol_plan')}?grid={cast.tree.community.code}")
    assert plan.context["pressing"] == []
    form = client.get(f"{reverse('mediation_open')}?grid={cast.tree.building.code}").context["form"]
    sent = {"case": event.number, "kind": form.fields["kind"].queryset[0].pk, "subject": "x", "name_0": "甲"}
    sent |= {"grid": cast.tree.building.code, "mediators": [cast.police.pk]}
    answer = client.post(f"{reverse('mediation_open')}?grid={cast.tree.building.code}", sent)
    assert set(answer.context["form"].errors) == {"case"}
    for url in ("patrol_list", "mediation_list", "patrol-list", "mediation-list"):
        assert "可疑聚集" not in client.get(reverse(url)).content.decode()


@pytest.mark.parametrize("name", ["patrol_list", "mediation_list", "patrol-list", "mediation-list"])
def test_lists_ask_the_same_however_long(cast, client, safety, name, django_assert_max_num_queries):
    client.force_login(cast.police)
    counts = []
    for _time in range(2):
        for _number in range(3):
            make_patrol(cast.police, cast.tree.community, [cast.police, cast.worker], [cast.tree.building])
            make_mediation(cast.police, cast.tree.building, [cast.worker])
        with django_assert_max_num_queries(14) as captured:
            assert client.get(reverse(name)).status_code == 200
        counts.append(len(captured))
    assert counts[0] == counts[1]


def test_a_patrol_with_findings_asks_the_same(cast, client, patrol, safety, django_assert_max_num_queries):
    client.force_login(cast.police)
    counts = []
    for _time in range(2):
        for _number in range(2):
            file_finding(actor=cast.worker, patrol=patrol, grid=cast.tree.building, category=safety, text="杂物")
        with django_assert_max_num_queries(20) as captured:
            client.get(reverse("patrol_detail", args=[patrol.pk]))
        counts.append(len(captured))
    assert counts[0] == counts[1]
