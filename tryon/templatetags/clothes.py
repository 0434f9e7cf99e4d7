"""``{{ result.garments|garments }}`` and ``{{ fabric.label|mid_sentence }}``."""

from django import template

from tryon.words import garment_list, mid_sentence

register = template.Library()
register.filter("garments", garment_list)
register.filter("mid_sentence", mid_sentence)
