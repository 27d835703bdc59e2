// Small comforts; every page works without them.
(function () {
  "use strict";
  var summary = document.querySelector("[data-focus]");
  if (summary) { summary.focus(); }
  // A second press of a button would send the form twice.
  document.addEventListener("submit", function (event) {
    var button = event.target.querySelector("[data-once]");
    if (!button) { return; }
    if (button.dataset.sent) { event.preventDefault(); return; }
    button.dataset.sent = "yes";
    window.setTimeout(function () { delete button.dataset.sent; }, 5000);
  });
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("[data-once]").forEach(function (button) { delete button.dataset.sent; });
  });

  // What goes on by itself is looked at again: the page as it is now, of which one part is taken over.
  // Where the page as it is now shows the outcome instead, there is a way to it; nobody is taken there unasked.
  function end(part) {
    var way = document.createElement("a");
    var address = new URL(window.location.href);
    address.searchParams.delete("done");
    way.href = address.href;
    way.className = "govuk-link";
    way.textContent = part.dataset.then;
    part.replaceChildren(way);
    part.className = "govuk-body";
    document.querySelector("[data-said]").textContent = "It is done.";
  }

  function refresh() {
    var part = document.querySelector("[data-refresh]");
    if (!part) { return; }
    window.setTimeout(function () {
      fetch(window.location.href, { credentials: "same-origin" }).then(function (answer) {
        if (!answer.ok) { throw new Error(String(answer.status)); }
        return answer.text();
      }).then(function (text) {
        var now = new DOMParser().parseFromString(text, "text/html");
        if (!now.querySelector("[data-part]")) { end(part); return; }
        var said = document.querySelector("[data-said]"), words = now.querySelector("[data-said]").textContent;
        var focused = document.activeElement && document.activeElement.id;
        part.replaceWith(document.importNode(now.querySelector("[data-part]"), true));
        if (said.textContent !== words) { said.textContent = words; document.title = now.title; }
        if (focused && document.getElementById(focused)) { document.getElementById(focused).focus(); }
        refresh();
      }).catch(function () { window.setTimeout(refresh, 5000); });
    }, Number(part.dataset.refresh));
  }
  refresh();
})();
