// Draws a plan's lines beside its list, on streets of this service alone: no fonts, no other host.
(function () {
  "use strict";
  var box = document.querySelector("[data-map]");
  if (!box || !window.maplibregl) { return; }
  var gl = window.maplibregl;
  gl.setWorkerUrl(box.dataset.worker);
  // Seven colours and a grey that stay apart for people who see no red or no green (after Paul Tol).
  var COLOURS = ["#4477aa", "#cc3311", "#228833", "#aa3377", "#997700", "#0077bb", "#663333", "#6b6b6b"];
  var ROWS = {};
  document.querySelectorAll("tr[data-route]").forEach(function (row) { ROWS[row.dataset.route] = row; });

  function element(name, className, text) {
    var made = document.createElement(name);
    made.className = className;
    if (text) { made.textContent = text; }
    return made;
  }

  fetch(box.dataset.map, { credentials: "same-origin" }).then(function (answer) {
    if (!answer.ok) { throw new Error(String(answer.status)); }
    return answer.json();
  }).then(draw).catch(function () {
    box.append(element("p", "govuk-body", "The map could not be drawn. The list has everything that it shows."));
  });

  function boundsOf(features) {
    var bounds = new gl.LngLatBounds();
    function add(part) {
      if (typeof part[0] === "number") { bounds.extend(part); } else { part.forEach(add); }
    }
    features.forEach(function (feature) { add(feature.geometry.coordinates); });
    return bounds;
  }

  function draw(data) {
    var only = box.dataset.only ? box.dataset.only.split(" ") : null;
    var lines = data.features.filter(function (f) {
      return f.properties.feature === "route" && (!only || only.indexOf(f.properties.route_id) >= 0);
    });
    var others = data.features.filter(function (f) { return f.properties.feature !== "route"; });
    var bounds = boundsOf(lines.length ? lines : others);
    if (bounds.isEmpty()) { return; }
    var leg = "AM";
    var stage = element("div", "sr-map");
    stage.setAttribute("role", "application");
    stage.setAttribute("aria-label", "Map of routes. The list beside it has the same routes.");
    var legs = element("div", "govuk-button-group");
    var said = element("p", "govuk-body-s", "");
    said.setAttribute("role", "status");
    box.append(legs, stage, said);
    var ground = data.approximate ? "Approximate: made without a map of the streets. " : "";
    said.textContent = ground + (box.dataset.routes ? "Choose a line to see whose it is." : "");

    var map = new gl.Map({
      container: stage, bounds: bounds, fitBoundsOptions: { padding: 40 }, attributionControl: false,
      style: { version: 8, sources: {}, layers: [{ id: "ground", type: "background", paint: { "background-color": "#f7f7f2" } }] }
    });
    map.addControl(new gl.NavigationControl({ showCompass: false }));
    map.addControl(new gl.ScaleControl({ unit: "imperial" }));
    map.dragRotate.disable();
    map.touchZoomRotate.disableRotation();
    var marks = [];
    // So many names fit beside one another; of more, each is a mark that shows its name when it is pointed at.
    var named = others.filter(function (f) { return f.properties.feature === "school"; }).length <= 12;

    function wide(large, middle, small) {
      return ["match", ["get", "class"], ["motorway", "trunk", "primary"], large, ["secondary", "tertiary"], middle, small];
    }

    function credit() { said.after(element("p", "govuk-body-s", "Streets: © OpenStreetMap contributors")); }

    // Widths at two levels of the map; what lies between is drawn between.
    function street(id, layer, colour, widths) {
      map.addLayer({ id: id, type: "line", source: "tiles", "source-layer": layer, layout: { "line-join": "round", "line-cap": "round" },
        paint: { "line-color": colour, "line-width": ["interpolate", ["exponential", 1.5], ["zoom"], 10, widths[0], 17, widths[1]] } }, "lines");
    }

    function tiles(address) {
      map.addSource("tiles", { type: "vector", tiles: [location.origin + address], minzoom: 8, maxzoom: 14 });
      // Edges of all before the streets themselves, so that crossings stay open.
      street("small-edge", "small", "#d0d1c8", [0.8, 15]);
      street("middle-edge", "middle", "#b9bbae", [1.6, 20]);
      street("large-edge", "large", "#c2a868", [2.6, 25]);
      street("small-street", "small", "#ffffff", [0.3, 12]);
      street("middle-street", "middle", "#ffffff", [0.9, 17]);
      street("large-street", "large", "#f6e7bd", [1.6, 21]);
      ["large", "middle", "small"].forEach(function (layer, at) {
        map.addLayer({ id: layer + "-name", type: "symbol", source: "tiles", "source-layer": layer, minzoom: 12 + at,
          layout: { "symbol-placement": "line", "text-field": ["get", "name"], "text-size": 12, "text-font": ["Arial", "sans-serif"], "text-padding": 6 },
          paint: { "text-color": "#383f43", "text-halo-color": "#ffffff", "text-halo-width": 1.5 } });
      });
      credit();
    }

    function streets(found) {
      if (!found.features.length) { return; }
      map.addSource("streets", { type: "geojson", data: found });
      map.addLayer({ id: "streets", type: "line", source: "streets", layout: { "line-join": "round", "line-cap": "round" },
        paint: { "line-color": "#c9ccc4", "line-width": ["interpolate", ["linear"], ["zoom"], 10, wide(2, 1, 0.4), 15, wide(7, 5, 2.5)] } },
        "lines");
      credit();
    }

    map.on("load", function () {
      map.addSource("lines", { type: "geojson", data: { type: "FeatureCollection", features: lines } });
      map.addLayer({ id: "lines", type: "line", source: "lines", layout: { "line-join": "round", "line-cap": "round" },
        paint: { "line-width": box.dataset.routes ? 2 : 4, "line-opacity": 0.8,
          "line-color": ["match", ["coalesce", ["get", "group"], 0]].concat(
            COLOURS.reduce(function (all, colour, at) { return at < 7 ? all.concat([at, colour]) : all; }, []), [COLOURS[7]]) } });
      map.addLayer({ id: "chosen", type: "line", source: "lines", layout: { "line-join": "round", "line-cap": "round" },
        filter: ["==", ["get", "route_id"], ""], paint: { "line-width": 6, "line-color": "#0b0c0c" } });
      map.addLayer({ id: "touch", type: "line", source: "lines", paint: { "line-width": 14, "line-opacity": 0 } });
      // Streets come when they come: the routes do not wait for them.
      var of = box.dataset.map.split("?")[0];
      if (box.dataset.tiles) {
        tiles(box.dataset.tiles);
      } else if (/^\/plans\/[^/]+\/map\.geojson$/.test(of)) {
        fetch(of.replace("map.geojson", "roads.geojson"), { credentials: "same-origin" }).then(function (answer) {
          return answer.ok ? answer.json() : { features: [] };
        }).then(streets).catch(function () { /* The routes are drawn all the same. */ });
      }
      show(leg);
      box.dataset.drawn = "yes";
      // Nothing moves and nothing is still to come: every tile in sight is drawn.
      map.once("idle", function () { box.dataset.settled = "yes"; });
      map.on("click", "touch", function (event) { choose(event.features[0].properties.route_id, true); });
      map.on("mouseenter", "touch", function () { map.getCanvas().style.cursor = "pointer"; });
      map.on("mouseleave", "touch", function () { map.getCanvas().style.cursor = ""; });
    });

    var buttons = {};
    [["AM", "Morning"], ["PM", "Afternoon"]].forEach(function (pair) {
      var button = element("button", "govuk-button govuk-button--secondary", pair[1]);
      button.type = "button";
      button.addEventListener("click", function () { show(pair[0]); });
      buttons[pair[0]] = button;
      legs.append(button);
    });

    function show(wanted) {
      leg = wanted;
      Object.keys(buttons).forEach(function (name) { buttons[name].setAttribute("aria-pressed", String(name === leg)); });
      ["lines", "touch"].forEach(function (layer) {
        if (map.getLayer(layer)) { map.setFilter(layer, ["==", ["get", "leg"], leg]); }
      });
      marks.forEach(function (mark) { mark.remove(); });
      marks = others.filter(function (f) {
        return f.properties.feature === "school" || f.properties.leg === leg;
      }).map(function (f) {
        var isSchool = f.properties.feature === "school";
        var sign = element("div", isSchool ? "sr-map__label" : "sr-map__stop", isSchool ? f.properties.name : String(f.properties.stop_no));
        if (isSchool && !named) { sign.textContent = ""; sign.className = "sr-map__dot"; sign.title = f.properties.name; }
        return new gl.Marker({ element: sign, anchor: isSchool && named ? "bottom" : "center" })
          .setLngLat(f.geometry.coordinates).addTo(map);
      });
    }

    function choose(routeId, scroll) {
      if (map.getLayer("chosen")) {
        map.setFilter("chosen", ["all", ["==", ["get", "route_id"], routeId], ["==", ["get", "leg"], leg]]);
      }
      Object.keys(ROWS).forEach(function (id) { ROWS[id].classList.toggle("sr-chosen", id === routeId); });
      if (!box.dataset.routes) { return; }
      said.textContent = ground;
      var link = element("a", "govuk-link", "Open route " + routeId);
      link.href = box.dataset.routes + encodeURIComponent(routeId);
      said.append(link);
      if (scroll && ROWS[routeId]) { ROWS[routeId].scrollIntoView({ block: "nearest" }); }
    }

    Object.keys(ROWS).forEach(function (id) {
      ["mouseenter", "focusin"].forEach(function (kind) {
        ROWS[id].addEventListener(kind, function () { choose(id, false); });
      });
    });
  }
})();
