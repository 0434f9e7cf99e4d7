// <mend-view>: the photo under a loupe. Zoom and pan by touch, mouse and keyboard; says what was drawn, in shares of the
// picture: event "stroke" with detail {points}. Without JavaScript the picture is a button that sends where it was pressed.

const CLOSEST = 8;
const STILL = 8; // px a finger may shake and still tap
const STEP = 0.01; // of the picture, for an arrow key

export class MendView extends HTMLElement {
  zoom = 1;
  x = 0;
  y = 0;
  fingers = new Map();
  cursor = { x: 0.5, y: 0.5 };

  connectedCallback() {
    this.#build();
    const { frame } = this;
    frame.addEventListener("pointerdown", (event) => this.#down(event));
    frame.addEventListener("pointermove", (event) => this.#move(event));
    frame.addEventListener("pointerup", (event) => this.#up(event));
    frame.addEventListener("pointercancel", (event) => this.#drop(event));
    frame.addEventListener("pointerleave", (event) => { if (event.pointerType === "mouse" && !this.hasFocus) this.ring.hidden = true; });
    frame.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    frame.addEventListener("keydown", (event) => this.#key(event));
    frame.addEventListener("focus", () => this.#showRing(frame.matches(":focus-visible")));
    frame.addEventListener("blur", () => { this.ring.hidden = true; });
  }

  get hasFocus() {
    return document.activeElement === this.frame;
  }

  set tool(name) {
    this.frame.dataset.tool = name;
  }

  get tool() {
    return this.frame.dataset.tool;
  }

  set brush(percent) {
    this.percent = percent;
    const longer = Math.max(this.dataset.width, this.dataset.height);
    this.frame.style.setProperty("--brush", `${(percent * longer) / this.dataset.width}%`);
  }

  set outlines(svg) {
    this.zoomed.querySelector(".outlines").replaceWith(svg);
  }

  set busy(on) {
    if (on) this.frame.setAttribute("aria-busy", "true");
    else this.frame.removeAttribute("aria-busy");
    if (!on && !this.line) this.#wipe(); // the next stroke may be under way already
  }

  // Shows the dressed picture instead of the outlines; an empty address shows the outlines again.
  async dress(address) {
    this.wanted = address;
    if (address) {
      const next = new Image();
      next.src = address;
      await next.decode();
      if (this.wanted !== address) return; // a later wish overtook this one
      this.dressed.src = address;
    }
    this.dressed.hidden = !address;
    this.frame.classList.toggle("is-dressed", Boolean(address));
  }

  #build() {
    const plain = [...this.querySelectorAll(".mend-sheet")];
    this.frame = element("div", { className: "mend-frame", tabIndex: 0 });
    this.frame.setAttribute("role", "application");
    this.frame.setAttribute("aria-label", this.dataset.sayPhoto);
    this.frame.setAttribute("aria-describedby", "mend-keys");
    this.zoomed = element("div", { className: "mend-zoomed" });
    const { photo: src, width, height } = this.dataset;
    const photo = element("img", { src, width, height, alt: "" });
    this.dressed = element("img", { className: "mend-dressed", width, height, alt: "", hidden: true });
    this.canvas = element("canvas", { width: 600, height: Math.round((600 * this.dataset.height) / this.dataset.width) });
    this.ring = element("span", { className: "mend-cursor", hidden: true });
    this.zoomed.append(photo, this.dressed, plain[0].querySelector(".outlines"), this.canvas, this.ring);
    this.frame.append(this.zoomed);
    for (const sheet of plain) sheet.remove();
    this.append(this.frame, this.#bar());
    this.append(element("p", { id: "mend-keys", className: "mend-keys visually-hidden", textContent: this.dataset.sayKeys }));
    this.tool = "tap";
  }

  #bar() {
    const bar = element("div", { className: "mend-bar" });
    const zooms = element("div", { className: "button-row" });
    zooms.setAttribute("role", "group");
    zooms.setAttribute("aria-label", this.dataset.sayZoom);
    for (const [label, text, run] of [
      [this.dataset.sayOut, "−", () => this.#zoomBy(1 / 1.5)],
      [this.dataset.sayWhole, this.dataset.sayWholeShort, () => this.#zoomTo(1)],
      [this.dataset.sayIn, "+", () => this.#zoomBy(1.5)],
    ]) {
      const button = element("button", { type: "button", textContent: text });
      button.setAttribute("aria-label", label);
      button.addEventListener("click", run);
      zooms.append(button);
    }
    bar.append(zooms);
    return bar;
  }

  #at(event) {
    const box = this.zoomed.getBoundingClientRect();
    return { x: clamp((event.clientX - box.left) / box.width), y: clamp((event.clientY - box.top) / box.height) };
  }

  #down(event) {
    if (event.pointerType === "mouse" && event.button > 1) return;
    event.preventDefault();
    this.frame.focus({ preventScroll: true });
    this.frame.setPointerCapture(event.pointerId);
    this.fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (this.fingers.size > 1) return this.#wipe(); // two fingers move the picture, they do not draw
    this.first = { x: event.clientX, y: event.clientY };
    this.moved = false;
    this.pans = this.tool === "move" || event.button === 1;
    this.line = this.pans ? null : [this.#at(event)];
    if (this.line && this.tool !== "tap") this.#draw();
  }

  #move(event) {
    const before = this.fingers.get(event.pointerId);
    if (event.pointerType === "mouse") this.#follow(event);
    if (!before) return;
    const now = { x: event.clientX, y: event.clientY };
    if (this.fingers.size > 1) return this.#pinch(event.pointerId, before, now);
    this.fingers.set(event.pointerId, now);
    this.moved ||= Math.hypot(now.x - this.first.x, now.y - this.first.y) > STILL;
    if (this.pans || (this.tool === "tap" && this.moved)) return this.#pan(now.x - before.x, now.y - before.y);
    if (!this.line || this.tool === "tap") return;
    for (const each of event.getCoalescedEvents?.() ?? [event]) this.line.push(this.#at(each));
    this.#draw();
  }

  #up(event) {
    const alone = this.fingers.size === 1;
    this.fingers.delete(event.pointerId);
    const line = this.line;
    this.line = null;
    if (!alone || !line || (this.tool === "tap" && this.moved)) return;
    this.#tell(thinned(line));
  }

  #drop(event) {
    this.fingers.delete(event.pointerId);
    this.line = null;
    this.#wipe();
  }

  #pinch(id, before, now) {
    const other = [...this.fingers].find(([key]) => key !== id)[1];
    const grown = Math.hypot(now.x - other.x, now.y - other.y) / Math.max(Math.hypot(before.x - other.x, before.y - other.y), 1);
    this.line = null;
    this.#zoomBy(grown, (now.x + other.x) / 2, (now.y + other.y) / 2);
    this.#pan((now.x - before.x) / 2, (now.y - before.y) / 2);
    this.fingers.set(id, now);
  }

  #wheel(event) {
    if (!event.ctrlKey && !event.metaKey) return; // the page scrolls
    event.preventDefault();
    this.#zoomBy(Math.exp(-event.deltaY / 200), event.clientX, event.clientY);
  }

  #key(event) {
    const leap = event.shiftKey ? 5 * STEP : STEP;
    const ways = { ArrowLeft: [-leap, 0], ArrowRight: [leap, 0], ArrowUp: [0, -leap], ArrowDown: [0, leap] };
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (ways[event.key]) this.#step(...ways[event.key]);
    else if (event.key === "Enter" || event.key === " ") this.#tell([{ ...this.cursor }]);
    else if (event.key === "+" || event.key === "=") this.#zoomBy(1.5);
    else if (event.key === "-") this.#zoomBy(1 / 1.5);
    else if (event.key === "0") this.#zoomTo(1);
    else return;
    event.preventDefault();
  }

  #step(x, y) {
    const scale = this.tool === "move" ? 3 : 1;
    if (this.tool === "move") return this.#pan(-x * scale * this.frame.clientWidth, -y * scale * this.frame.clientHeight);
    this.cursor = { x: clamp(this.cursor.x + x), y: clamp(this.cursor.y + y) };
    this.#showRing(true);
    const [box, frame] = [this.zoomed.getBoundingClientRect(), this.frame.getBoundingClientRect()];
    const [left, top] = [box.left + this.cursor.x * box.width - frame.left, box.top + this.cursor.y * box.height - frame.top];
    this.#pan(clamp(left, 24, frame.width - 24) - left, clamp(top, 24, frame.height - 24) - top);
  }

  #follow(event) {
    this.cursor = this.#at(event);
    this.#showRing(true);
  }

  #showRing(on) {
    this.ring.hidden = !on || this.tool === "move";
    this.ring.style.setProperty("--at-x", `${100 * this.cursor.x}%`);
    this.ring.style.setProperty("--at-y", `${100 * this.cursor.y}%`);
  }

  #zoomTo(zoom) {
    this.#zoomBy(zoom / this.zoom);
  }

  #zoomBy(factor, clientX, clientY) {
    const frame = this.frame.getBoundingClientRect();
    const [midX, midY] = [(clientX ?? frame.left + frame.width / 2) - frame.left, (clientY ?? frame.top + frame.height / 2) - frame.top];
    const zoom = clamp(this.zoom * factor, 1, CLOSEST);
    this.x = midX - ((midX - this.x) * zoom) / this.zoom;
    this.y = midY - ((midY - this.y) * zoom) / this.zoom;
    this.zoom = zoom;
    this.#pan(0, 0);
  }

  #pan(x, y) {
    const { clientWidth: wide, clientHeight: tall } = this.frame;
    this.x = clamp(this.x + x, wide * (1 - this.zoom), 0);
    this.y = clamp(this.y + y, tall * (1 - this.zoom), 0);
    this.zoomed.style.setProperty("--zoom", this.zoom);
    this.zoomed.style.setProperty("--x", `${this.x}px`);
    this.zoomed.style.setProperty("--y", `${this.y}px`);
  }

  #tell(points) {
    this.line = points;
    this.#draw();
    this.line = null;
    this.dispatchEvent(new CustomEvent("stroke", { detail: { points }, bubbles: true }));
  }

  #draw() {
    const { canvas, line } = this;
    const pen = canvas.getContext("2d");
    pen.clearRect(0, 0, canvas.width, canvas.height);
    pen.lineCap = pen.lineJoin = "round";
    pen.strokeStyle = this.tool === "remove" ? "rgb(255 90 110 / 0.75)" : "rgb(255 216 77 / 0.75)";
    const tapped = this.tool === "tap" ? 1.2 : this.percent;
    pen.lineWidth = Math.max((tapped / 100) * Math.max(canvas.width, canvas.height), 2);
    pen.beginPath();
    for (const { x, y } of [line[0], ...line]) pen.lineTo(x * canvas.width, y * canvas.height);
    pen.stroke();
  }

  #wipe() {
    this.line = null;
    this.canvas.getContext("2d").clearRect(0, 0, this.canvas.width, this.canvas.height);
  }
}

function element(name, values) {
  return Object.assign(document.createElement(name), values);
}

function clamp(value, low = 0, high = 1) {
  return Math.min(Math.max(value, low), Math.max(low, high));
}

// A hand makes more points than a line needs; the server takes 2000.
function thinned(line) {
  const kept = line.filter((point, at) => at === 0 || at === line.length - 1 || Math.hypot(point.x - line[at - 1].x, point.y - line[at - 1].y) > 0.001);
  const every = Math.ceil(kept.length / 1000);
  return kept.filter((_, at) => at % every === 0 || at === kept.length - 1);
}

customElements.define("mend-view", MendView);
