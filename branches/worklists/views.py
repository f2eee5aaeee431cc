"""Work lists: the lists, who stands where in one, and drafting, issuing and copying them."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from branches import services
from branches.models import Claim, WorkItem, WorkList
from branches.refusals import add_refusal
from branches.worklists.access import get_work_list, issuing_grids, may_issue
from branches.worklists.exporting import export_claims
from branches.worklists.forms import ItemForm, ListForm, TitleForm
from branches.worklists.listing import load_list_figures, waiting_for
from branches.worklists.matrix import Matrix
from grids import exporting
from grids.access import may_see
from grids.models import Grid, User

PAGE_SIZE = 20
MOST_WAITING = 10


@require_safe
def work_list_list(request: HttpRequest) -> HttpResponse:
    """The lists that concern me, newest first, and what of them waits for me."""
    user, at = request.user, timezone.now()
    lists = WorkList.objects.visible_to(user).select_related("grid").order_by("-year", "-pk")
    page = Paginator(lists, PAGE_SIZE).get_page(request.GET.get("page"))
    load_list_figures(page.object_list, at)
    context = {
        "page": page,
        "waiting": waiting_for(user, at, limit=MOST_WAITING),
        "may_draft": bool(issuing_grids(user)),
        "at": at,
    }
    return render(request, "branches/work_list_list.html", context)


def work_list_new(request: HttpRequest) -> HttpResponse:
    """Begin a list."""
    grids = issuing_grids(request.user)
    if not grids:
        raise PermissionDenied
    form = ListForm(grids, request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            work_list = services.draft_list(actor=request.user, **form.cleaned_data)
        except ValidationError as error:
            add_refusal(form, error)
        else:
            return redirect("work_list_edit", work_list.pk)
    status = 400 if form.is_bound else 200
    return render(request, "branches/work_list_new.html", {"form": form}, status=status)


@require_safe
def work_list_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """Who stands where, by item and by grid."""
    user, at = request.user, timezone.now()
    work_list = get_work_list(user, pk)
    if exporting.is_wanted(request):
        return export_claims(work_list, user, at)
    matrix = Matrix(work_list, at)
    _link(matrix, user)
    page = Paginator(matrix.items, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "work_list": work_list,
        "page": page,
        "rows": [(item, matrix.of_item(item), matrix.row(item)) for item in page.object_list],
        "columns": [(column, matrix.of_column(column)) for column in matrix.columns],
        "by_grid": [_group(matrix, column) for column in matrix.columns],
        "total": matrix.total(),
        "by": "grid" if request.GET.get("by") == "grid" else "item",
        "may_issue": may_issue(user, work_list.grid),
        "at": at,
    }
    return render(request, "branches/work_list_detail.html", context)


def _group(matrix: Matrix, column: Grid) -> dict:
    """One grid with all items, for the phone."""
    cells = [(item, matrix.cell(item, column)) for item in matrix.items]
    return {"column": column, "sum": matrix.of_column(column), "cells": cells}


def _link(matrix: Matrix, user: User) -> None:
    """Give each cell that counts something `url`: the one claim that it stands for, or the item with those below."""
    for item, column, cell in matrix.each():
        if cell.own and cell.total == 1 and (user.is_superuser or may_see(user, column)):
            cell.url = reverse("claim_detail", args=[cell.own.pk])
        elif cell.total:
            address = reverse("work_item", args=[item.work_list_id, item.ordinal])
            cell.url = f"{address}?grid={column.code}"


def work_list_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """A draft: what it is called, its items, and the way to issue it."""
    work_list = _draft(request.user, pk)
    form = TitleForm(
        request.POST if request.method == "POST" else None,
        initial={"title": work_list.title, "year": work_list.year},
    )
    if form.is_valid():
        try:
            services.describe_list(actor=request.user, work_list=work_list, **form.cleaned_data)
        except ValidationError as error:
            add_refusal(form, error)
        else:
            messages.success(request, _("Saved."))
            return redirect("work_list_edit", pk)
    return _edit_page(request, work_list, form, status=400 if form.is_bound else 200)


def _edit_page(
    request: HttpRequest, work_list: WorkList, form: TitleForm, problem: str = "", status: int = 200
) -> HttpResponse:
    items = list(work_list.items.order_by("ordinal"))
    today = timezone.localdate()
    context = {"work_list": work_list, "form": form, "items": items, "problem": problem, "today": today}
    return render(request, "branches/work_list_edit.html", context, status=status)


def _draft(user: User, pk: int) -> WorkList:
    """The draft; 404 for who does not issue it, and for what was issued."""
    work_list = get_work_list(user, pk)
    if not work_list.is_draft or not may_issue(user, work_list.grid):
        raise Http404
    return work_list


def work_item_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Another item of a draft."""
    work_list = _draft(request.user, pk)
    item = WorkItem(work_list=work_list)
    return _item_page(request, item, ItemForm(initial={"is_mandatory": "yes"}), "branches/work_item_new.html")


def work_item_edit(request: HttpRequest, pk: int, ordinal: int) -> HttpResponse:
    """An item of a draft."""
    work_list = _draft(request.user, pk)
    item = get_object_or_404(work_list.items, ordinal=ordinal)
    item.work_list = work_list
    return _item_page(request, item, ItemForm.of(item), "branches/work_item_edit.html")


def _item_page(request: HttpRequest, item: WorkItem, form: ItemForm, template: str) -> HttpResponse:
    work_list = item.work_list
    if request.method == "POST":
        form = ItemForm(request.POST)
        if form.is_valid():
            try:
                services.save_item(actor=request.user, item=form.put_into(item))
            except ValidationError as error:
                add_refusal(form, error)
            else:
                messages.success(request, _("Saved."))
                again = "and_another" in request.POST
                return redirect("work_item_new" if again else "work_list_edit", work_list.pk)
    context = {"work_list": work_list, "item": item, "form": form}
    return render(request, template, context, status=400 if form.is_bound else 200)


@require_POST
def work_item_remove(request: HttpRequest, pk: int, ordinal: int) -> HttpResponse:
    """Take an item off a draft."""
    work_list = _draft(request.user, pk)
    if item := work_list.items.filter(ordinal=ordinal).first():
        services.remove_item(actor=request.user, item=item)
        messages.success(request, _("Removed: %(item)s") % {"item": item})
    return redirect("work_list_edit", pk)


@require_POST
def work_list_issue(request: HttpRequest, pk: int) -> HttpResponse:
    """Put a draft into force."""
    work_list = _issuable(request.user, pk)
    try:
        services.issue_list(actor=request.user, work_list=work_list)
    except ValidationError as error:
        form = TitleForm(initial={"title": work_list.title, "year": work_list.year})
        return _edit_page(request, work_list, form, problem=" ".join(error.messages), status=400)
    assigned = Claim.objects.filter(item__work_list=work_list, is_assigned=True).count()
    messages.success(request, _("Issued; %(count)d claims were assigned.") % {"count": assigned})
    return redirect("work_list_detail", pk)


@require_POST
def work_list_close(request: HttpRequest, pk: int) -> HttpResponse:
    """End a list."""
    try:
        services.close_list(actor=request.user, work_list=_issuable(request.user, pk))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("work_list_detail", pk)


@require_POST
def work_list_copy(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin next year's list with the items of this one."""
    copy = services.copy_list(actor=request.user, work_list=_issuable(request.user, pk))
    if not copy.is_draft:
        messages.info(request, _("This list was copied for the next year already."))
        return redirect("work_list_detail", copy.pk)
    messages.success(request, _("Copied for %(year)d. Look through the items and their days.") % {"year": copy.year})
    return redirect("work_list_edit", copy.pk)


@require_POST
def work_list_drop(request: HttpRequest, pk: int) -> HttpResponse:
    """Throw a draft away."""
    services.drop_draft(actor=request.user, work_list=_draft(request.user, pk))
    messages.success(request, _("The draft is gone."))
    return redirect("work_list_list")


def _issuable(user: User, pk: int) -> WorkList:
    """The list; 403 for who may read it and does not issue it."""
    work_list = get_work_list(user, pk)
    if not may_issue(user, work_list.grid):
        raise PermissionDenied
    return work_list
