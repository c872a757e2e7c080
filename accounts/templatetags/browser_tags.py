"""How templates name a browser."""

from django.template import Library

from accounts.browsers import browser_name

register = Library()
register.filter("browser_name", browser_name)
