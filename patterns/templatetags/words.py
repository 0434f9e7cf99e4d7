"""``{{ job.stage|told }}``: a sentence that was kept in English, in the reader's language."""

from django import template

from patterns.words import told

register = template.Library()
register.filter("told", told)
