"""The guide's pages, under ``/guide/``. All of them are public."""

from django.urls import path

from reflection.views import guide

urlpatterns = [
    path("", guide.guide_home, name="guide_home"),
    path("evidence/", guide.guide_evidence, name="guide_evidence"),
    path("patterns/<slug:slug>/", guide.pattern_read, name="pattern_read"),
    path("strategies/<slug:slug>/", guide.strategy_read, name="strategy_read"),
]
