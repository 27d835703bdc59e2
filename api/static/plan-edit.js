// Shows what a change does as soon as it is made; lets stops be dragged, or moved by their arrows.
(function () {
  "use strict";
  var answer = document.querySelector("[data-answer]"), asked = 0;
  if (!answer) { return; }

  function preview(form) {
    var mine = ++asked;
    answer.setAttribute("aria-busy", "true");
    fetch(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)), credentials: "same-origin" })
      .then(function (told) { return told.text(); })
      .then(function (text) {
        if (mine !== asked) { return; }
        var found = new DOMParser().parseFromString(text, "text/html").querySelector("[data-answer]");
        if (!found) { form.submit(); return; }
        answer.replaceChildren.apply(answer, Array.from(found.childNodes).map(function (node) {
          return document.importNode(node, true);
        }));
        answer.removeAttribute("aria-busy");
        answer.dataset.told = String(mine);
        answer.scrollIntoView({ block: "nearest" });
      }).catch(function () { form.submit(); });
  }

  document.querySelectorAll("form[data-preview]").forEach(function (form) {
    form.addEventListener("submit", function (event) { event.preventDefault(); preview(form); });
  });

  var hint = document.querySelector("[data-drag-hint]");
  if (hint) { hint.hidden = false; }
  document.querySelectorAll("[data-order]").forEach(function (list) {
    var form = list.closest("form"), dragged = null, before = order();

    function order() {
      return Array.from(list.children).map(function (stop) { return stop.querySelector("[name=stop_id]").value; }).join(" ");
    }
    function changed() {
      Array.from(list.children).forEach(function (stop, at) { stop.querySelector("[name=stop_no]").value = String(at + 1); });
      if (order() !== before) { before = order(); preview(form); }
    }
    function arrow(stop, words, sign, move) {
      var button = document.createElement("button");
      button.type = "button";
      button.className = "sr-order__arrow";
      button.textContent = sign;
      button.setAttribute("aria-label", words + " " + stop.querySelector("[name=stop_id]").value);
      button.addEventListener("click", function () { move(); button.focus(); changed(); });
      stop.append(button);
    }
    Array.from(list.children).forEach(function (stop) {
      stop.draggable = true;
      stop.classList.add("sr-order__stop--drag");
      arrow(stop, "Earlier:", "↑", function () {
        if (stop.previousElementSibling) { stop.previousElementSibling.before(stop); }
      });
      arrow(stop, "Later:", "↓", function () {
        if (stop.nextElementSibling) { stop.nextElementSibling.after(stop); }
      });
      stop.addEventListener("dragstart", function (event) {
        dragged = stop;
        event.dataTransfer.effectAllowed = "move";
        event.dataTransfer.setData("text/plain", "");
      });
      stop.addEventListener("dragover", function (event) {
        if (!dragged) { return; }
        event.preventDefault();
        var box = stop.getBoundingClientRect();
        if (stop !== dragged) { stop[event.clientY < box.top + box.height / 2 ? "before" : "after"](dragged); }
      });
      stop.addEventListener("drop", function (event) { event.preventDefault(); });
      stop.addEventListener("dragend", function () { dragged = null; changed(); });
    });
  });
})();
