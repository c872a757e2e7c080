"""Today's page, the journal, and the guide."""

from django.urls import include, path

from reflection.views import home

urlpatterns = [
    path("", home.home, name="home"),
    path("guide/", include("reflection.guide_urls")),
    path("journal/", include("reflection.journal_urls")),
]
