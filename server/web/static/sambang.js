// What JavaScript adds: keys in lists, and photos seen large without leaving the page. Rule: nothing needs it.
"use strict";

(() => {
  document.documentElement.classList.add("keyed"); // the keys below are named on a page only where they work

  const typing = (target) => target.closest("input, select, textarea, dialog, [contenteditable]");

  let last = -1; // where one was before writing took the focus

  const move = (by) => {
    const rows = [...document.querySelectorAll(".row h3 a, .row-title a, .answer details.ask:not([open]) > summary")];
    if (!rows.length) return;
    const found = rows.indexOf(document.activeElement);
    const here = found < 0 ? last : found;
    last = here < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, here + by));
    rows[last].focus();
    rows[last].closest(".row, .answer").scrollIntoView({ block: "nearest" });
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || typing(event.target)) return;
    if (event.key === "j") move(1);
    if (event.key === "k") move(-1);
    // a key of the page: a link is followed, a button or a field only gets the focus, so that nothing is decided by a slip
    const meant = /^[a-z0-9]$/.test(event.key) && document.querySelector(`[data-key="${event.key}"]`);
    if (!meant) return;
    event.preventDefault();
    if (meant.matches("a")) meant.click();
    else meant.focus();
  });

  // a filter is folded up on a narrow screen only: where the style cannot say so, it is said here
  if (matchMedia("(min-width: 48.0625rem)").matches && !CSS.supports("selector(details::details-content)")) {
    for (const fold of document.querySelectorAll("details.fold")) fold.open = true;
  }

  // a menu that is open closes when something else is chosen, or by Escape
  const more = document.querySelector("details.more");
  document.addEventListener("click", (event) => {
    if (more && !more.contains(event.target)) more.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !more || !more.open) return;
    more.open = false;
    more.querySelector("summary").focus();
  });

  // a reason that is opened is about to be written
  document.addEventListener("click", (event) => {
    const ask = event.target.closest("details.ask:not([open]) > summary")?.parentElement;
    if (!ask) return;
    event.preventDefault(); // opened here and at once, so that the first letters are not lost
    ask.open = true;
    ask.querySelector("textarea").focus();
  });

  // Escape leaves a reason or the note: a blank one is folded up again, and the page's keys work once more
  document.addEventListener("keydown", (event) => {
    const field = event.key === "Escape" && event.target.closest("details.ask textarea, #keputusan textarea");
    if (!field) return;
    const ask = field.closest("details.ask");
    field.blur();
    if (!ask || field.value.trim()) return;
    ask.open = false;
    ask.querySelector("summary").focus();
  });

  // whoever types another value means to take it
  document.addEventListener("input", (event) => {
    const other = event.target.closest(".other .typed");
    if (other) other.parentElement.querySelector("input[type=radio]").checked = true;
  });

  const viewer = document.getElementById("lihat");
  if (!viewer) return;
  const shots = [...document.querySelectorAll("a.shot[data-full]")];
  const stage = viewer.querySelector(".viewer-stage");
  const picture = stage.querySelector("img");
  let at = 0;

  const show = (index) => {
    at = (index + shots.length) % shots.length;
    stage.classList.remove("near");
    picture.src = shots[at].dataset.full;
    picture.alt = shots[at].dataset.title;
    viewer.querySelector(".viewer-bar p").textContent = `${shots[at].dataset.title} (${at + 1}/${shots.length})`;
    if (!viewer.open) viewer.showModal();
  };

  shots.forEach((shot, index) => shot.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    show(index);
  }));
  viewer.querySelectorAll("[data-go]").forEach((button) =>
    button.addEventListener("click", () => show(at + Number(button.dataset.go))));
  viewer.querySelector("[data-close]").addEventListener("click", () => viewer.close());
  stage.addEventListener("click", (event) => {
    if (event.target === stage) viewer.close();
    else stage.classList.toggle("near");
  });
  viewer.addEventListener("keydown", (event) => {
    if (event.key === "ArrowRight") show(at + 1);
    if (event.key === "ArrowLeft") show(at - 1);
  });
})();
