"""Every page at 160 % text on the narrowest screen: nothing is cut off, and nothing lies beyond the edge."""

import pytest
from playwright.sync_api import Page

from tests.server.test_web_browser import PHONE, Served, browser, every_page, office, served

__all__ = ["browser", "office", "served"]
LARGE = "addEventListener('DOMContentLoaded', () => { document.documentElement.style.fontSize = '160%' })"
CUT = """() => {
  const pen = document.createElement('canvas').getContext('2d'), found = [];
  const of = (element) => getComputedStyle(element);
  const room = (element) => element.clientWidth - parseFloat(of(element).paddingLeft) - parseFloat(of(element).paddingRight);
  const width = (element, text) => { const s = of(element); pen.font = `${s.fontStyle} ${s.fontWeight} ${s.fontSize} ${s.fontFamily}`; return pen.measureText(text).width; };
  const unseen = (element) => !element.getClientRects().length || element.closest('.hidden-text, .leaflet-container');
  document.querySelectorAll('select').forEach((select) => {
    if (unseen(select)) return;
    const chosen = select.selectedOptions[0];
    if (!chosen) return;
    const words = of(select).whiteSpace === 'normal' ? chosen.text.split(/[ -]/) : [chosen.text];
    const short = Math.max(...words.map((word) => width(select, word))) - room(select);
    if (short > 1) found.push(`select ${select.name}: ${chosen.text} (${Math.round(short)} px)`);
  });
  document.querySelectorAll('body *').forEach((element) => {
    if (unseen(element) || ['SELECT', 'INPUT', 'TEXTAREA', 'SVG'].includes(element.tagName)) return;
    const hides = ['hidden', 'clip'].includes(of(element).overflowX);
    if (hides && element.scrollWidth > element.clientWidth + 1) found.push(`${element.tagName}.${element.className}: ${element.textContent.trim().slice(0, 40)}`);
  });
  const wide = document.documentElement.scrollWidth - innerWidth;
  if (wide > 0) found.push(`page: ${wide} px wider than the screen`);
  return found;
}"""
