"""Sentences that tell why a step happened: the rule, the limit, who was passed over, how late the system was."""

from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from events.drafts import Rule
from events.models import Step, Unit
from events.wording import answers
from events.workflow import Action, Loop, Outcome, Rating, Request, Status

CHANGES = {
    "move": gettext_lazy("%(old_name)s was moved: its code was %(old_code)s and is %(new_code)s now."),
    "merge": gettext_lazy("%(old_name)s (%(old_code)s) was merged into %(new_name)s (%(new_code)s)."),
    "split": gettext_lazy("%(old_name)s (%(old_code)s) was split; %(new_name)s (%(new_code)s) continues it."),
    "retire": gettext_lazy("%(old_name)s (%(old_code)s) was taken out of use."),
}


def explain(step: Step) -> list[str]:
    """The rule that chose this step's outcome, in sentences for the timeline; empty for what people did plainly."""
    sentences = [_rule(step)] if step.rule else []
    details = step.details
    if order := details.get("hotline"):
        sentences.append(_("From a sheet of %(source)s: order no. %(number)s.") % order)
    if (occasion := details.get("occasion")) and occasion["title"]:
        sentences.append(_("It arose from: %(title)s.") % occasion)
    sentences += _reorganisation(step)
    sentences += _vacancies(step)
    sentences += _agreements(step)
    if was_due := details.get("was_due"):
        sentences.append(_moved(datetime.fromisoformat(was_due), step.due_at))
    if "limit" in details:
        sentences.append(_("Time limit: %(limit)s.") % {"limit": limit_text(*details["limit"])})
    if years := details.get("unpublished_years"):
        years = "、".join(map(str, years))
        sentences.append(
            _("The holiday notice for %(years)s is not published; Monday to Friday were counted.") % {"years": years}
        )
    if late := details.get("late"):
        minutes = round(late / 60)
        sentences.append(
            ngettext("The system acted %(minutes)s minute late.", "The system acted %(minutes)s minutes late.", minutes)
            % {"minutes": minutes}
        )
    if step.action == Action.ASSIGN and (organisation := step.organisation_name):
        sentences.append(_("Each representative of %(organisation)s may handle it.") % {"organisation": organisation})
    if step.action == Action.JOIN and (partner := details.get("partner")):
        sentences.append(_("%(name)s handles it together with desk and handler.") % partner)
    if step.action == Action.PART and (former := details.get("former")):
        sentences.append(_("%(name)s does not handle it any more.") % {"name": former})
    if outcome := details.get("outcome"):
        sentences.append(_("Resolved as: %(outcome)s.") % {"outcome": Outcome(outcome).label})
    if rating := details.get("rating"):
        sentences.append(_("Rated: %(rating)s.") % {"rating": Rating(rating).label})
    sentences += answers(details)
    if ticked := details.get("checklist"):
        sentences.append(_("Ticked: %(items)s.") % {"items": "、".join(ticked)})
    return sentences


def _reorganisation(step: Step) -> list[str]:
    """What was done to the grids, and where the place of the case is now."""
    sentences = []
    # An adjusted case names its change of time limits under the same word.
    if step.action == Action.REHOME and (change := step.details.get("change")):
        sentences.append(CHANGES[change["kind"]] % change)
    if place := step.details.get("place"):
        names = {"from": _named(place["from"]), "to": _named(place["to"])}
        sentences.append(_("It arose at %(from)s; its place is %(to)s now.") % names)
    return sentences


def _agreements(step: Step) -> list[str]:
    """What desk and upper side asked of each other, and what became of a case that was merged."""
    details, sentences = step.details, []
    if until := details.get("until"):
        suspends = step.action == Action.SUSPEND
        text = _("Suspended until %(date)s; the clock stands still.") if suspends else _("Asked until %(date)s.")
        sentences.append(text % {"date": until})
    if request := details.get("request"):
        sentences.append(_("Asked for: %(request)s.") % {"request": Request(request).label})
    if reply_due := details.get("reply_due"):
        due = timezone.localtime(datetime.fromisoformat(reply_due))
        sentences.append(_("A reply is due by %(time)s.") % {"time": f"{due:%Y-%m-%d %H:%M}"})
    if into := details.get("into"):
        sentences.append(_("It goes on as no. %(number)s.") % into)
    if merged := details.get("merged"):
        sentences.append(_("No. %(number)s was merged into this case.") % merged)
    if step.persists:
        sentences.append(_("It was reported after the case was resolved: look whether it persists before you pass it."))
    if out_of := details.get("out_of"):
        sentences.append(_("Until now it went on as no. %(number)s.") % out_of)
    if released := details.get("released"):
        sentences.append(_("No. %(number)s, which was merged into this case, is handled on its own now.") % released)
    if result := details.get("result"):
        text = _("No. %(number)s, which it was merged into, has ended: %(status)s.")
        sentences.append(text % {"number": result["number"], "status": Status(result["status"]).label})
    return sentences


def _named(place: list[str]) -> str:
    return _("%(name)s (%(code)s)") % dict(zip(("name", "code"), place, strict=True))


def _moved(was_due: datetime, due_at: datetime) -> str:
    """What an adjusted limit or calendar did to the due time."""
    before, now = (f"{timezone.localtime(moment):%Y-%m-%d %H:%M}" for moment in (was_due, due_at))
    if was_due == due_at:
        return _("The due time %(now)s stands, and is certain now.") % {"now": now}
    return _("The due time was %(before)s and is %(now)s now.") % {"before": before, "now": now}


def _vacancies(step: Step) -> list[str]:
    """Who was passed over; a check passes over those as well where only who resolved it is posted."""
    checked, sentences = step.to_status == Status.RESOLVED, []
    if skipped := step.details.get("skipped"):
        text = (
            _("Nobody who may check it is posted at %(grids)s, so the check went on up.")
            if checked
            else _("Nobody is posted at %(grids)s, so it went on up (post vacant).")
        )
        sentences.append(text % {"grids": "、".join(skipped)})
    if step.details.get("unstaffed"):
        sentences.append(
            _("Nobody on the way up may check it yet; it stays here until somebody is posted.")
            if checked
            else _("No grid on the way up has anybody posted; the city holds it all the same.")
        )
    return sentences


def limit_text(amount: int, unit: str) -> str:
    """A limit as people say it; with urgent ones, that nights and holidays count."""
    said = {"amount": amount, "unit": Unit(unit).label}
    match unit:
        case Unit.EMERGENCY_HOUR:
            text = ngettext("%(amount)s hour (around the clock)", "%(amount)s hours (around the clock)", amount)
        case Unit.EMERGENCY_DAY:
            text = ngettext("%(amount)s day (around the clock)", "%(amount)s days (around the clock)", amount)
        case _working:
            text = _("%(amount)s %(unit)s")
    return text % said


def _rule(step: Step) -> str:
    names = {"holder": step.holder_name, "loop": Loop(step.to_loop).label, "checker": step.checker_name}
    match step.rule:
        case Rule.PLACE:
            text = _("It arose here, so %(holder)s holds it in the %(loop)s.")
        case Rule.CATEGORY:
            text = _("This category starts in the %(loop)s, so %(holder)s holds it.")
        case Rule.OVERDUE:
            text = _("The time limit of the loop below ran out; it climbed by itself to %(holder)s.")
        case Rule.REMINDER:
            text = _("Four fifths of the time limit are over.")
        case Rule.THIRD_SEND_BACK:
            text = _("It had been sent back twice; a third time it climbs instead, to %(holder)s.")
        case Rule.THIRD_REWORK if step.action == Action.ESCALATE:
            text = _("The check failed a third time, so it climbed to %(holder)s.")
        case Rule.THIRD_REWORK:
            text = _("The check failed a third time and nothing is above the city, so it is supervised.")
        case Rule.CHECK:
            text = _("It is checked where it arose, by %(checker)s, and never by who resolved it.")
        case Rule.CHECK_OVERDUE:
            text = _("Nobody checked in time, so the check moved up to %(checker)s. Nothing is closed by silence.")
        case Rule.TOP_OVERDUE:
            text = _("The time limit ran out and there is no level above, so it is supervised.")
        case Rule.DATE_CAME:
            text = _("The date until which it was suspended has come.")
        case Rule.NO_REPLY:
            text = _("No reply came in time, so it is supervised, and the upper level was told.")
        case Rule.SAME_CASE:
            text = _("Who reported it said that it is the same case, so it was joined to that one at once.")
        case Rule.TARGET_VOIDED:
            text = _(
                "The case that it was merged into was voided, so it is handled on its own; %(holder)s holds it now, "
                "in the %(loop)s."
            )
        case Rule.REORGANISED:
            text = _("The grids were reorganised; %(holder)s holds it now, in the %(loop)s.")
        case Rule.HANDED_OVER:
            names |= {"former": step.details.get("former", ""), "handler": step.handler_name}
            text = _("%(former)s gave up the post (handing over); %(handler)s handles the case now.")
        case _other:
            text = _("The desk decided so; %(holder)s holds it now, in the %(loop)s.")
    return text % names
