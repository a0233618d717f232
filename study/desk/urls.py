"""Addresses of the researcher's desk."""

from __future__ import annotations

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from study.desk import (
    board,
    download,
    experts,
    job,
    log,
    mail,
    members,
    new,
    open_link,
    password,
    plan,
    report,
    studies,
    study,
)
from study.desk.login import LoginForm

log_in = LoginView.as_view(
    template_name="desk/login.html", authentication_form=LoginForm, redirect_authenticated_user=True
)

app_name = "desk"
urlpatterns = [
    path("", studies.studies, name="studies"),
    path("login/", log_in, name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("password/", password.password, name="password"),
    path("new/", new.new, name="new"),
    path("examples/<slug:name>.toml", new.example, name="example"),
    path("jobs/<str:token>/", job.job, name="job"),
    path("jobs/<str:token>/clips/", new.clips, name="clips"),
    path("jobs/<str:token>/discard/", job.discard, name="discard_job"),
    path("studies/<slug:slug>/", study.study, name="study"),
    path("studies/<slug:slug>/check-blinding/", job.check_blinding, name="check_blinding"),
    path("studies/<slug:slug>/rehearse/", job.rehearse, name="rehearse"),
    path("studies/<slug:slug>/archive/", study.archive, name="archive"),
    path("studies/<slug:slug>/discard/", study.discard, name="discard"),
    path("studies/<slug:slug>/plan/", plan.plan, name="plan"),
    path("studies/<slug:slug>/plan.json", plan.download, name="plan_file"),
    path("studies/<slug:slug>/plan.<slug:form>.md", plan.registration, name="registration"),
    path("studies/<slug:slug>/plan/amend/", plan.amend, name="amend"),
    path("studies/<slug:slug>/log/", log.log, name="log"),
    path("studies/<slug:slug>/members/", members.members, name="members"),
    path("studies/<slug:slug>/members/<str:username>/remove/", members.remove, name="remove_member"),
    path("studies/<slug:slug>/report/", report.report, name="report"),
    path("studies/<slug:slug>/report/make/", report.make, name="make_report"),
    path("studies/<slug:slug>/report/zip/", report.download, name="report_zip"),
    path("studies/<slug:slug>/report/files/<path:name>", report.file, name="report_file"),
    path("studies/<slug:slug>/report/choices/", report.report, {"of": "choices"}, name="choices"),
    path("studies/<slug:slug>/report/choices/zip/", report.download, {"of": "choices"}, name="choices_zip"),
    path("studies/<slug:slug>/report/choices/files/<path:name>", report.file, {"of": "choices"}, name="choices_file"),
    path("studies/<slug:slug>/open/", study.open_study, name="open"),
    path("studies/<slug:slug>/close/", study.close, name="close"),
    path("studies/<slug:slug>/open-seal/", study.open_seal, name="open_seal"),
    path("studies/<slug:slug>/dataset/", download.download, name="download"),
    path("studies/<slug:slug>/board/", board.board, name="board"),
    path("studies/<slug:slug>/mail/", mail.mail, name="mail"),
    path("studies/<slug:slug>/mail/remind/", mail.remind, name="remind"),
    path("studies/<slug:slug>/experts/<str:code>/stop-mail/", mail.stop, name="stop_mail"),
    path("studies/<slug:slug>/open-link/", open_link.open_link, name="open_link"),
    path("studies/<slug:slug>/invite/", experts.invite, name="invite"),
    path("studies/<slug:slug>/experts/<str:code>/", experts.expert, name="expert"),
    path("studies/<slug:slug>/experts/<str:code>/link/", experts.link, name="link"),
    path("studies/<slug:slug>/experts/<str:code>/replace/", experts.substitute, name="replace"),
    path("studies/<slug:slug>/experts/<str:code>/revoke/", experts.revoke, name="revoke"),
    path("studies/<slug:slug>/experts/<str:code>/end/", experts.end, name="end"),
    path("studies/<slug:slug>/experts/<str:code>/withdraw/", experts.withdraw, name="withdraw"),
    path("studies/<slug:slug>/experts/<str:code>/erase/", experts.erase, name="erase"),
]
