"""The progress page: trials and flags of each expert, and ratings per clip."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from study import clock
from study.desk import progress
from study.desk.permissions import rights_in, study_or_404
from study.models import Study
from study.services.invitations import zone_of

#: Which rows of the table can be asked for.
SHOWN = {
    "all": gettext_lazy("All"),
    "unfinished": gettext_lazy("Not finished"),
    "attention": gettext_lazy("Needs attention"),
}


@never_cache
@login_required
@require_safe
def board(request: HttpRequest, slug: str) -> HttpResponse:
    """The board as it is now; its script asks for it again every little while."""
    found = study_or_404(request, slug, "watch")
    zone = zone_of(request.COOKIES.get("zone", ""))
    here = progress.board(found, zone)
    kinds = {"all": here.rows, "unfinished": here.unfinished, "attention": here.marked}
    show = request.GET.get("show", "")
    show = show if show in kinds else "all"
    context = {
        "study": found,
        "title": found.text("title", get_language() or ""),
        "board": here,
        "rows": kinds[show],
        "show": show,
        "shown": [(name, SHOWN[name], len(rows)) for name, rows in kinds.items()],
        "zone": zone,
        "now": clock.now(),
        # Build the address once: building it for each of 200 experts takes longer than the rest of the table.
        "experts": reverse("desk:expert", args=[slug, "x"]).removesuffix("x/"),
        "rights": rights_in(request, found),
        "has_checks": bool(found.file.attention_checks),
        "several_scales": found.file.answers_per_trial > 1,
        "fewest": progress.MIN_TRIALS,
        "share": round(100 * progress.SAME_SHARE),
        "fast_s": progress.FAST_S_A_SCALE * found.file.answers_per_trial,
        "may_invite": not found.simulated and found.state in {Study.State.DRAFT, Study.State.OPEN},
    }
    return render(request, "desk/board.html", context)
