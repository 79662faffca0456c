"""What the worker sees and touches. The only package that imports Kivy; it shows state and calls use cases.

Rule: a screen never stores or decides anything itself; it asks the phone (ports.py) and draws the answer.
"""
