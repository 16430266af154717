"use strict";
(() => {
  const SVG = "http://www.w3.org/2000/svg";
  const MINUTE = 60000, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
  const STEPS = [1, 5, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10080, 20160, 44640, 133920].map((m) => m * MINUTE);
  const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
  const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const LABEL_PIXELS = 92, ROW = 30, DRAG_PIXELS = 6, MARK_PIXELS = 7, LANES_TOLD = 6;
  const source = document.getElementById("chart-data");
  const data = source ? JSON.parse(source.textContent) : {};
  const charts = [];
  let zoom = null;
  let cross = null;

  const two = (n) => String(n).padStart(2, "0");
  const clamp = (n, low, high) => Math.min(high, Math.max(low, n));
  function element(name, className, text) {
    const made = document.createElement(name);
    if (className) made.className = className;
    if (text !== undefined) made.textContent = text;
    return made;
  }
  function drawn(name, attributes, text) {
    const made = document.createElementNS(SVG, name);
    for (const key of Object.keys(attributes)) made.setAttribute(key, attributes[key]);
    if (text !== undefined) made.textContent = text;
    return made;
  }

  // Times are written in the page's zone: the zone of the browser plays no part.
  function offsetAt(offsets, t) {
    let found = offsets[0];
    for (const each of offsets) if (each[0] <= t) found = each;
    return found;
  }
  function localAt(offsets, t) {
    return new Date(t + offsetAt(offsets, t)[1] * 1000);
  }
  function timeText(offsets, t, zone) {
    const d = localAt(offsets, t);
    const seconds = d.getUTCSeconds() ? ":" + two(d.getUTCSeconds()) : "";
    const text = DAYS[d.getUTCDay()] + " " + d.getUTCDate() + " " + MONTHS[d.getUTCMonth()] + " " +
      two(d.getUTCHours()) + ":" + two(d.getUTCMinutes()) + seconds;
    return zone ? text + " " + offsetAt(offsets, t)[2] : text;
  }
  function valueText(value, unit) {
    if (value === null || value === undefined) return "no data";
    const size = Math.abs(value);
    const short = (n, digits) => n.toFixed(digits).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
    if (unit === "ms" && size >= 1000) return short(value / 1000, 2) + " s";
    const digits = Number.isInteger(value) || size >= 1000 ? 0 : size >= 10 ? 1 : 2;
    return short(value, digits) + { ms: " ms", percent: " %", seconds: " s", count: "" }[unit];
  }
  function ticks(offsets, from, to, most) {
    const step = STEPS.find((each) => (to - from) / each <= most) || STEPS[STEPS.length - 1];
    const first = localAt(offsets, from);
    const midnight = Date.UTC(first.getUTCFullYear(), first.getUTCMonth(), first.getUTCDate());
    const found = [];
    for (let naive = midnight; naive - DAY <= to + DAY; naive += step) {
      // A local time may come twice (a day of 25 hours) or never (a day of 23).
      const moments = [...new Set(offsets.map((each) => naive - each[1] * 1000))]
        .filter((t) => t + offsetAt(offsets, t)[1] * 1000 === naive && t >= from && t <= to);
      for (const t of moments.sort((a, b) => a - b)) {
        const d = new Date(naive), clock = two(d.getUTCHours()) + ":" + two(d.getUTCMinutes());
        let label = clock;
        if (step >= DAY) label = d.getUTCDate() + " " + MONTHS[d.getUTCMonth()];
        else if (!found.length || clock === "00:00") label = DAYS[d.getUTCDay()] + " " + clock;
        if (moments.length > 1) label = clock + " " + offsetAt(offsets, t)[2];
        found.push([t, label]);
      }
    }
    return found;
  }
  function nearest(times, t) {
    let low = 0, high = times.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (times[middle] < t) low = middle + 1; else high = middle;
    }
    return low > 0 && t - times[low - 1] <= times[low] - t ? low - 1 : low;
  }

  class Chart {
    constructor(plot) {
      this.plot = plot;
      this.data = data[plot.dataset.chart];
      this.svg = plot.querySelector("svg.chart");
      this.marks = plot.querySelector("svg.marks");
      this.live = false;
      this.seen = false;
    }
    get timed() { return this.data.start !== undefined; }

    enliven() {
      const box = this.marks.getAttribute("viewBox").split(" ").map(Number);
      this.width = box[2];
      this.height = box[3];
      this.top = Number(this.marks.parentNode.getAttribute("y"));
      this.ticks = this.plot.querySelector(".ticks");
      this.original = [...this.ticks.children];
      this.hatch = this.marks.querySelector("pattern");
      const count = this.timed ? 0 : this.data.labels.length;
      if (this.timed) {
        const start = this.data.start;
        const listed = (grid) => Array.isArray(grid) ? grid
          : Array.from({ length: grid.count }, (_, i) => grid.first + i * grid.step);
        this.times = this.data.times.map((grid) => listed(grid).map((s) => start + s * 1000));
        const grid = this.times.reduce((a, b) => (b.length > a.length ? b : a), []);
        const length = this.data.end - start;
        this.stops = grid.length > 1 ? grid : Array.from({ length: 200 }, (_, i) => start + length * (i + 0.5) / 200);
        const gaps = this.stops.slice(1).map((t, i) => t - this.stops[i]).sort((a, b) => a - b);
        this.spacing = gaps[gaps.length >> 1] || length / 200;
      } else {
        this.stops = Array.from({ length: count }, (_, i) => i);
      }
      this.build();
      this.live = true;
      if (this.timed) this.show();
    }

    build() {
      const title = this.plot.parentNode.querySelector("figcaption :is(h2,h3)");
      this.probe = element("div", "probe");
      this.probe.tabIndex = 0;
      this.probe.setAttribute("role", "slider");
      this.probe.setAttribute("aria-label", "Read off: " + (title ? title.textContent : ""));
      this.probe.setAttribute("aria-valuemin", "0");
      this.probe.setAttribute("aria-valuemax", String(Math.max(0, this.stops.length - 1)));
      this.probe.setAttribute("aria-valuenow", "0");
      this.probe.setAttribute("aria-valuetext", "Use the arrow keys");
      this.line = element("div", "cross");
      this.range = element("div", "range");
      this.readout = element("div", "readout");
      this.readout.setAttribute("aria-hidden", "true");
      this.line.hidden = this.range.hidden = this.readout.hidden = true;
      this.probe.append(this.range, this.line);
      this.plot.append(this.probe, this.readout);
      this.probe.addEventListener("pointermove", (event) => this.moved(event));
      this.probe.addEventListener("pointerdown", (event) => this.pressed(event));
      this.probe.addEventListener("pointerup", (event) => this.released(event));
      this.probe.addEventListener("pointercancel", () => this.dropped());
      this.probe.addEventListener("pointerleave", () => { if (!this.held) point(null); });
      this.probe.addEventListener("dblclick", (event) => this.doubled(event));
      this.probe.addEventListener("keydown", (event) => this.typed(event));
      this.probe.addEventListener("blur", () => { this.dropped(); point(null); });
    }

    domain() {
      if (!this.timed) return [0, this.stops.length];
      const { start, end } = this.data;
      if (!zoom || zoom[1] <= start || zoom[0] >= end) return [start, end];
      return [Math.max(start, zoom[0]), Math.min(end, zoom[1])];
    }
    fraction(at) {
      const [from, to] = this.domain();
      return ((this.timed ? at : at + 0.5) - from) / (to - from);
    }
    at(event) {
      const box = this.probe.getBoundingClientRect();
      const [from, to] = this.domain();
      const part = clamp((event.clientX - box.left) / box.width, 0, 1);
      return this.timed ? from + part * (to - from) : Math.min(this.stops.length - 1, Math.floor(part * to));
    }
    lane(event) {
      if (!this.data.lanes) return null;
      const index = Math.floor((event.clientY - this.probe.getBoundingClientRect().top) / ROW);
      return index >= 0 && index < this.data.lanes.length ? index : null;
    }

    moved(event) {
      const at = this.at(event);
      if (this.held !== undefined && event.pointerType !== "touch") {
        if (Math.abs(event.clientX - this.heldX) >= DRAG_PIXELS || !this.range.hidden) this.stretch(this.held, at);
      }
      point(this, at, this.lane(event));
    }
    pressed(event) {
      if (event.button) return;
      point(this, this.at(event), this.lane(event));
      if (!this.timed) return;
      this.held = this.at(event);
      this.heldX = event.clientX;
      this.probe.setPointerCapture(event.pointerId);
    }
    released(event) {
      const held = this.held, chosen = !this.range.hidden;
      this.dropped();
      if (chosen && held !== undefined) zoomTo(this, Math.min(held, this.at(event)), Math.max(held, this.at(event)));
    }
    dropped() {
      this.held = this.anchor = undefined;
      this.range.hidden = true;
    }
    doubled(event) {
      if (zoom) showAll();
      else if (this.timed) this.closer(this.at(event), 0.25);
    }
    closer(at, factor) {
      const [from, to] = this.domain();
      zoomTo(this, at - (at - from) * factor, at + (to - at) * factor);
    }
    stretch(a, b) {
      const left = clamp(this.fraction(Math.min(a, b)), 0, 1), right = clamp(this.fraction(Math.max(a, b)), 0, 1);
      this.range.hidden = false;
      this.range.style.left = left * 100 + "%";
      this.range.style.width = (right - left) * 100 + "%";
    }

    typed(event) {
      const last = this.stops.length - 1;
      const [from, to] = this.domain();
      const here = cross && cross.chart === this ? nearest(this.stops, cross.at) : nearest(this.stops, this.timed ? from : 0);
      const page = Math.max(1, Math.round(last / 10));
      const moves = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -page, PageUp: page, Home: -last, End: last };
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key in moves) {
        const fresh = !(cross && cross.chart === this) && Math.abs(moves[event.key]) === 1;
        const at = this.stops[clamp(here + (fresh ? 0 : moves[event.key]), 0, last)];
        if (this.timed && event.shiftKey) {
          if (this.anchor === undefined) this.anchor = this.stops[here];
          this.stretch(this.anchor, at);
        } else {
          this.dropped();
          if (this.timed && (at < from || at > to)) this.slide(at, from, to);
        }
        point(this, at, null);
      } else if (event.key === "Enter" && this.anchor !== undefined && cross) {
        const anchor = this.anchor;
        this.dropped();
        zoomTo(this, Math.min(anchor, cross.at), Math.max(anchor, cross.at));
      } else if ((event.key === "+" || event.key === "=") && this.timed) {
        this.closer(cross ? cross.at : (from + to) / 2, 0.5);
      } else if (event.key === "-" && this.timed) {
        if (zoom) this.closer(cross ? cross.at : (from + to) / 2, 2);
      } else if (event.key === "Escape") {
        if (!this.range.hidden) this.dropped(); else if (zoom) showAll(); else point(null);
      } else return;
      event.preventDefault();
    }
    slide(at, from, to) {
      const shift = at < from ? at - from : at - to;
      zoomTo(this, from + shift, to + shift);
    }

    show() {
      const [from, to] = this.domain(), { start, end, offsets } = this.data;
      const part = (t) => (t - start) / (end - start);
      this.marks.setAttribute("viewBox", `${part(from) * this.width} 0 ${Math.max(1e-6, part(to) - part(from)) * this.width} ${this.height}`);
      // A hatch keeps its lines at one distance while the plot is stretched.
      if (this.hatch) this.hatch.setAttribute("patternTransform", `scale(${part(to) - part(from)} 1) rotate(45)`);
      const whole = from === start && to === end;
      const most = Math.max(2, Math.floor(this.svg.getBoundingClientRect().width / LABEL_PIXELS));
      this.ticks.replaceChildren(...(whole ? this.original : ticks(offsets, from, to, most).map(([t, label]) => this.tick(t, label))));
      this.plot.querySelectorAll(".at").forEach((pin, index) => {
        const place = this.fraction(this.data.marks[index][0]);
        pin.setAttribute("x", place * 100 + "%");
        pin.setAttribute("display", place < 0 || place > 1 ? "none" : "inline");
        const number = pin.querySelector("text");
        if (number.dataset.whole === undefined) number.dataset.whole = number.textContent;
        number.textContent = whole ? number.dataset.whole : number.dataset.number;
      });
    }
    tick(t, label) {
      const made = drawn("svg", { class: "tick", x: this.fraction(t) * 100 + "%", y: this.top + this.height });
      made.append(drawn("line", { y2: 5 }), drawn("text", this.fraction(t) > 0.97 ? { y: 18, class: "last" } : { y: 18 }, label));
      return made;
    }

    told(at, lane) {
      if (!this.timed) {
        return [this.data.labels[at], this.data.series.map((s) => ["", valueText(s.values[at], this.data.unit), s.colour])];
      }
      const rows = [];
      for (const each of this.data.series) {
        const times = this.times[each.times];
        const index = times.length ? nearest(times, at) : -1;
        const near = index >= 0 && Math.abs(times[index] - at) <= 1.5 * this.spacing;
        if (near || !/^forecast/.test(each.name)) rows.push([each.name, valueText(near ? each.values[index] : null, this.data.unit), each.colour]);
      }
      for (const [t, label] of this.data.marks || []) {
        const pixels = Math.abs(this.fraction(t) - this.fraction(at)) * this.probe.clientWidth;
        if (pixels <= MARK_PIXELS) rows.push([timeText(this.data.offsets, t, false), label, "ink"]);
      }
      return [timeText(this.data.offsets, at, true), rows.concat(this.states(at, lane))];
    }
    states(at, lane) {
      if (!this.data.lanes) return [];
      const seconds = (at - this.data.start) / 1000;
      const found = [];
      this.data.lanes.forEach((each, index) => {
        if (lane !== null && lane !== index) return;
        const spans = each.spans.filter((span) => span[0] <= seconds && seconds < span[1]);
        for (const span of lane === null ? spans.filter((s) => s[2] !== "up") : spans) {
          const write = (s) => timeText(this.data.offsets, this.data.start + s * 1000, false);
          found.push([each.name, lane === null ? span[2] : `${span[2]}, ${write(span[0])} – ${write(span[1])}`, ""]);
        }
        if (lane !== null && !spans.length) found.push([each.name, "none", ""]);
      });
      const more = found.length - LANES_TOLD;
      if (more > 0) found.splice(LANES_TOLD, more, ["", `and ${more} more`, ""]);
      return found.length ? found : [["", "nothing to report", ""]];
    }

    cross(at, own, lane) {
      const place = this.fraction(at);
      const hide = place < 0 || place > 1 || (!this.timed && !own);
      this.line.hidden = this.readout.hidden = hide;
      if (hide) return;
      const [head, rows] = this.told(at, own ? lane : null);
      this.line.style.left = place * 100 + "%";
      this.readout.replaceChildren();
      if (own) this.readout.append(element("strong", "", head));
      for (const [name, text, colour] of rows) {
        const row = element("span", "row");
        if (colour) row.append(element("i", "dot " + colour));
        if (name) row.append(element("bdi", "name", name));
        row.append(element("bdi", "", text));
        this.readout.append(row);
      }
      this.readout.classList.toggle("left", place > 0.5);
      const offset = this.probe.offsetLeft + place * this.probe.clientWidth;
      this.readout.style.left = place > 0.5 ? "auto" : offset + 8 + "px";
      this.readout.style.right = place > 0.5 ? this.plot.clientWidth - offset + 8 + "px" : "auto";
      if (own) {
        this.probe.setAttribute("aria-valuenow", String(nearest(this.stops, at)));
        this.probe.setAttribute("aria-valuetext", head + ": " + rows.map((row) => (row[0] + " " + row[1]).trim()).join(", "));
      }
    }
    plain() {
      this.line.hidden = this.readout.hidden = true;
    }
  }

  function point(chart, at, lane) {
    if (chart && chart.timed && !chart.data.lanes) at = chart.stops[nearest(chart.stops, at)];
    cross = chart ? { chart, at } : null;
    for (const each of charts) {
      if (!each.live) continue;
      if (chart && (each === chart || (chart.timed && each.timed && each.seen))) each.cross(at, each === chart, lane);
      else each.plain();
    }
  }
  function zoomTo(chart, from, to) {
    const timed = charts.filter((each) => each.timed);
    const low = Math.min(...timed.map((each) => each.data.start)), high = Math.max(...timed.map((each) => each.data.end));
    const least = Math.min(4 * chart.spacing, high - low);
    const length = clamp(to - from, least, high - low);
    const begin = clamp((from + to - length) / 2, low, high - length);
    if (length >= high - low) return showAll();
    zoom = [begin, begin + length];
    const { offsets } = chart.data;
    const minute = (t) => Math.round(t / MINUTE) * MINUTE;
    bar.querySelector("span").textContent = `Charts show ${timeText(offsets, minute(zoom[0]), false)} – ${timeText(offsets, minute(zoom[1]), true)}`;
    bar.hidden = false;
    redraw();
  }
  function showAll() {
    zoom = null;
    bar.hidden = true;
    redraw();
  }
  function redraw() {
    for (const each of charts) if (each.live && each.timed) each.show();
    if (cross) point(cross.chart, cross.at, null);
  }

  const bar = element("div", "zoombar");
  bar.setAttribute("role", "status");
  bar.hidden = true;
  const all = element("button", "", "Show all");
  all.type = "button";
  all.addEventListener("click", showAll);
  bar.append(element("span"), all);

  for (const plot of document.querySelectorAll(".plot")) if (data[plot.dataset.chart]) charts.push(new Chart(plot));
  if (charts.length) {
    const touch = matchMedia("(hover: none)").matches;
    const hint = element("p", "hint", touch
      ? "Tap a chart to read it; tap twice to see a part of the time, and again for all."
      : "Point at a chart to read it. Drag, or press + and −, to see a part of the time; double-click or Esc shows all.");
    charts[0].plot.before(hint);
    document.querySelector("main").append(bar);
    const watch = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        const chart = charts.find((each) => each.plot === entry.target);
        chart.seen = entry.isIntersecting;
        if (chart.seen && !chart.live) chart.enliven();
      }
    }, { rootMargin: "80px" });
    charts.forEach((chart) => watch.observe(chart.plot));
    document.documentElement.classList.add("live");
  }

  // Where a closed part cannot be printed by style alone.
  const opened = [];
  addEventListener("beforeprint", () => {
    for (const each of document.querySelectorAll(".item details:not([open])")) { each.open = true; opened.push(each); }
  });
  addEventListener("afterprint", () => { for (const each of opened.splice(0)) each.open = false; });
})();
