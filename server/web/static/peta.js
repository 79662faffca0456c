// The map of one visit: our own outlines, and tiles where the office names some. Colours are classes of sambang.css.
"use strict";

(() => {
  const holder = document.getElementById("peta");
  const data = JSON.parse(document.getElementById("peta-data").textContent);
  const map = L.map(holder, { attributionControl: false, zoomControl: true, scrollWheelZoom: false, zoomSnap: 0.5 });
  const { tiles, credit = "" } = holder.dataset;
  if (tiles) L.tileLayer(tiles, { maxZoom: 19 }).addTo(map);
  const outline = (points, kind) => L.polygon(points, { className: kind, interactive: false }).addTo(map);
  const pin = (place, kind, radius) =>
    L.circleMarker([place.lat, place.lng], { radius, className: kind }).bindTooltip(place.label).addTo(map);

  data.around.forEach((points) => outline(points, "area around"));
  const area = data.area.length ? outline(data.area, "area") : null;
  if (data.home) pin(data.home, "pin home", 7);
  data.photos.forEach((place) => pin(place, "pin photo-pin", 5));
  if (data.visit) {
    L.circle([data.visit.lat, data.visit.lng], { radius: data.visit.accuracy_m, className: "reach", interactive: false }).addTo(map);
    pin(data.visit, "pin", 8);
  }
  const seen = area ? area.getBounds() : L.latLngBounds([]);
  [data.visit, data.home, ...data.photos].filter(Boolean).forEach((place) => seen.extend([place.lat, place.lng]));
  if (seen.isValid()) map.fitBounds(seen.pad(0.1));
  L.control.attribution({ prefix: false }).addAttribution(data.credit).addAttribution(credit).addTo(map);
  L.control.scale({ imperial: false, position: "topright" }).addTo(map);
})();
