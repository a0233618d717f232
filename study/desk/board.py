"""The progress page: trials and flags of each expert, and ratings per clip."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from study import clock
from study.desk import progress
from study.desk.permissions import rights_in, study_or_404
from study.models import Study


@never_cache
@login_required
@require_safe
def board(request: HttpRequest, slug: str) -> HttpResponse:
    """The board as it is now; its script asks for it again every little while."""
    found = study_or_404(request, slug, "watch")
    context = {
        "study": found,
        "title": found.text("title", get_language() or ""),
        "board": progress.board(found),
        "now": clock.now(),
        # Build the address once: building it for each of 200 experts takes longer than the rest of the table.
        "experts": reverse("desk:expert", args=[slug, "x"]).removesuffix("x/"),
        "rights": rights_in(request, found),
        "several_scales": len(found.file.numbered) > 1,
        "fewest": progress.MIN_TRIALS,
        "share": round(100 * progress.SAME_SHARE),
        "fast_s": progress.FAST_S_A_SCALE * len(found.file.numbered),
        "may_invite": not found.simulated and found.state in {Study.State.DRAFT, Study.State.OPEN},
    }
    return render(request, "desk/board.html", context)
