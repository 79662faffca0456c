// The map of the regency: outlines coloured by how much is done, pins in a desa. Colours are classes of sambang.css.
"use strict";

(() => {
  const data = JSON.parse(document.getElementById("peta-data").textContent);
  const holder = document.getElementById("peta");
  const map = L.map(holder, { attributionControl: false, scrollWheelZoom: false, zoomSnap: 0.25 });
  const { tiles, credit = "" } = holder.dataset;
  if (tiles) L.tileLayer(tiles, { maxZoom: 19 }).addTo(map);
  const seen = L.latLngBounds([]);
  const lead = (layer, href) => {
    if (href) layer.on("click", () => { window.location.href = href; });
    return layer;
  };
  data.areas.filter((area) => area.points.length).forEach((area) => {
    const shape = L.polygon(area.points, { className: `region band-${area.band}`, weight: 1 });
    lead(shape.bindTooltip(area.label, { sticky: true }), area.href).addTo(map);
    seen.extend(shape.getBounds());
  });
  data.pins.forEach((pin) => {
    const point = L.circleMarker([pin.lat, pin.lng], { radius: 6, className: `pin of-${pin.kind}` });
    lead(point.bindTooltip(pin.label), pin.href).addTo(map);
    seen.extend([pin.lat, pin.lng]);
  });
  if (seen.isValid()) map.fitBounds(seen.pad(0.03));
  L.control.attribution({ prefix: false }).addAttribution(data.credit).addAttribution(credit).addTo(map);
  L.control.scale({ imperial: false, position: "topright" }).addTo(map);
})();
