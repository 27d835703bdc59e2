(function () {
  "use strict";
  function one(q, from) { return (from || document).querySelector(q); }
  function all(q, from) { return Array.prototype.slice.call((from || document).querySelectorAll(q)); }
  all("[data-js]").forEach(function (el) { el.hidden = false; });

  function openAt(id) {
    var el = id && document.getElementById(id);
    if (!el) { return; }
    for (var d = el.closest("details"); d; d = d.parentElement && d.parentElement.closest("details")) { d.open = true; }
  }
  function openHash() { openAt(decodeURIComponent(location.hash.slice(1))); }
  addEventListener("hashchange", openHash);
  openHash();

  var find = one("#find"), found = one("#found"), routes = all("details.route");
  if (find) {
    find.addEventListener("input", function () {
      var words = find.value.trim().toLowerCase().split(/\s+/).filter(Boolean), n = 0;
      routes.forEach(function (r) {
        var text = r.textContent.toLowerCase(), ok = words.every(function (w) { return text.indexOf(w) >= 0; });
        r.hidden = !ok;
        if (ok) { n += 1; }
      });
      found.textContent = words.length ? n + (n === 1 ? " route fits" : " routes fit") : "";
    });
  }

  var map = one("svg.map");
  if (!map) { return; }
  var facts = one("#picked"), pick = one("#pick-route"), school = one("#pick-school"), groups = all("g.r", map);
  var home = map.getAttribute("viewBox").split(" ").map(Number), box = home.slice();

  function show(ids) {
    map.classList.toggle("picked", Boolean(ids));
    groups.forEach(function (g) { g.classList.toggle("on", Boolean(ids) && ids.indexOf(g.dataset.r) >= 0); });
  }
  function pickRoute(n) {
    var row = n === "" ? null : one("#route-" + n);
    pick.value = n;
    school.value = "";
    show(n === "" ? null : [n]);
    facts.hidden = !row;
    facts.textContent = "";
    if (row) {
      var link = document.createElement("a");
      link.href = "#route-" + n;
      link.textContent = "Open the timeline of this route";
      link.addEventListener("click", function () { openAt("route-" + n); });
      facts.append(all("summary > *", row).map(function (el) { return el.textContent.trim(); }).join(" · ") + " ", link);
    }
  }
  pick.addEventListener("change", function () { pickRoute(pick.value); });
  school.addEventListener("change", function () {
    pick.value = "";
    facts.hidden = true;
    show(school.value === "" ? null : school.value.split(" "));
  });
  map.addEventListener("click", function (event) {
    if (moved) { return; }
    var g = event.target.closest("g.r");
    pickRoute(g && pick.value !== g.dataset.r ? g.dataset.r : "");
  });

  function setBox() { map.setAttribute("viewBox", box.join(" ")); }
  function zoom(by, cx, cy) {
    var w = Math.min(home[2], Math.max(home[2] / 40, box[2] * by)), k = w / box[2];
    box = [cx - (cx - box[0]) * k, cy - (cy - box[1]) * k, w, box[3] * k];
    if (w === home[2]) { box = home.slice(); }
    setBox();
  }
  function middle() { return [box[0] + box[2] / 2, box[1] + box[3] / 2]; }
  one("#zoom-in").addEventListener("click", function () { var m = middle(); zoom(0.6, m[0], m[1]); });
  one("#zoom-out").addEventListener("click", function () { var m = middle(); zoom(1 / 0.6, m[0], m[1]); });
  one("#zoom-all").addEventListener("click", function () { box = home.slice(); setBox(); });
  var from = null, moved = false;
  map.addEventListener("pointerdown", function (e) {
    moved = false;
    if (e.pointerType === "mouse") { from = [e.clientX, e.clientY]; }
  });
  addEventListener("pointerup", function () { from = null; });
  map.addEventListener("pointermove", function (e) {
    if (!from || box[2] === home[2]) { return; }
    var k = box[2] / map.clientWidth;
    box[0] -= (e.clientX - from[0]) * k;
    box[1] -= (e.clientY - from[1]) * k;
    from = [e.clientX, e.clientY];
    moved = true;
    setBox();
  });
}());
