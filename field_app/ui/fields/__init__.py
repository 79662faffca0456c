"""One editor for each kind of field of schemas.form_types: it shows a value and hands over a new one.

Rule: an editor knows its field and nothing of the visit; what it needs from outside it asks of its Host.
"""
