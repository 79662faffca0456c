// What browsers say about fields in their own language, said in ours. Rule: the words come from the page.
"use strict";

(() => {
  const words = document.body.dataset;
  const span = (name) => Object.assign(document.createElement("span"), { className: name });

  // a file is chosen by our words: the browser's field lies over them, unseen, so that it works as ever
  for (const field of document.querySelectorAll("input[type=file]")) {
    const line = span("file-line"), shown = span("file-shown"), button = span("file-button"), chosen = span("file-name");
    shown.setAttribute("aria-hidden", "true");
    button.textContent = words.chooseFile;
    shown.append(button, chosen);
    field.replaceWith(line);
    line.append(shown, field);
    const tell = () => {
      const names = [...field.files].map((file) => file.name);
      chosen.textContent = names.length > 1 ? words.manyFiles.replace("{jumlah}", names.length) : names[0] || words.noFile;
    };
    field.addEventListener("change", tell);
    addEventListener("pageshow", tell);
  }

  // a browser of another country writes a day as its people do: beside it, it is said as ours do
  const month = { day: "numeric", month: "short", year: "numeric" };
  const said = ({ value, type }) => {
    const at = value && new Date(type === "date" ? `${value}T00:00` : value);
    if (!at || isNaN(at)) return "";
    const day = at.toLocaleDateString("id-ID", month);
    return `· ${type === "date" ? day : `${day}, ${value.slice(11, 16).replace(":", ".")}`}`;
  };
  if (!/^id\b/.test(navigator.language)) {
    for (const field of document.querySelectorAll("input[type=date], input[type=datetime-local]")) {
      const day = span("day-said");
      day.setAttribute("aria-hidden", "true");
      field.before(" ", day);
      const tell = () => { day.textContent = said(field); };
      field.addEventListener("input", tell);
      addEventListener("pageshow", tell);
    }
  }

  // why a form is not sent yet
  const why = ({ validity, type, minLength }) => {
    if (validity.valueMissing && type === "file") return words.fileMissing;
    if (validity.valueMissing) return /radio|checkbox|select/.test(type) ? words.choiceMissing : words.blank;
    if (validity.tooShort) return words.tooShort.replace("{jumlah}", minLength);
    return validity.rangeUnderflow || validity.rangeOverflow ? words.outOfRange : words.unfit;
  };
  document.addEventListener("invalid", ({ target }) => {
    target.setCustomValidity("");
    if (!target.validity.valid) target.setCustomValidity(why(target));
  }, true);
  for (const event of ["input", "change"]) {
    document.addEventListener(event, ({ target }) => {
      for (const field of target.form?.elements ?? []) field.setCustomValidity?.("");
    });
  }
})();
