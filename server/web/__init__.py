"""The office's pages. Rule: a page shows state and calls a use case; each right is asked of server/access.py.

One module and one folder of templates per group of pages; `site.py` puts them together.
"""
