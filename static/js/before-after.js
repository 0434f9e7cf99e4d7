// <before-after>: lays the picture before over the picture after, divides them by a slider, and comes closer on request.
// Without JavaScript the two stay side by side.

const CLOSEST = 6;
let split = 33; // kept while the page goes on, so that a new fabric appears under the same division
let view = { zoom: 1, x: 0, y: 0 }; // and as close; x and y: how far it is moved, in parts of the box

class BeforeAfter extends HTMLElement {
  connectedCallback() {
    this.box = this.querySelector("[data-before-after]");
    if (!this.box || this.querySelector(".compare-bar")) return;
    this.classList.add("is-live");
    this.hasBefore = Boolean(this.box.querySelector(".before"));
    if (this.hasBefore) {
      const divider = document.createElement("div");
      divider.className = "divider";
      this.box.append(divider);
    }
    this.append(this.#bar());
    if (this.hasBefore) this.#show(split);
    this.#look(view);
    this.#listen();
  }

  #bar() {
    const bar = document.createElement("div");
    bar.className = "compare-bar";
    bar.setAttribute("role", "group");
    bar.setAttribute("aria-label", this.hasBefore ? this.dataset.sayCompare : this.dataset.sayLook);
    if (this.hasBefore) bar.append(this.#splitButtons(), this.#splitRange());
    bar.append(this.#zoomButtons());
    return bar;
  }

  #splitButtons() {
    const buttons = document.createElement("div");
    buttons.className = "button-row";
    this.buttons = [[this.dataset.sayBefore, 100], [this.dataset.sayBoth, 50], [this.dataset.sayAfter, 0]].map(([label, value]) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = label;
      button.addEventListener("click", () => this.#show(value));
      button.dataset.value = value;
      buttons.append(button);
      return button;
    });
    return buttons;
  }

  #splitRange() {
    this.range = document.createElement("input");
    Object.assign(this.range, { type: "range", min: 0, max: 100, step: 1 });
    this.range.setAttribute("aria-label", this.dataset.sayShare);
    this.range.addEventListener("input", () => this.#show(this.range.valueAsNumber));
    return this.range;
  }

  #zoomButtons() {
    const buttons = document.createElement("div");
    buttons.className = "button-row zoom-row";
    const act = [
      [this.dataset.sayCloser, () => this.#zoomBy(1.5)],
      [this.dataset.sayFurther, () => this.#zoomBy(1 / 1.5)],
      [this.dataset.sayWhole, () => this.#look({ zoom: 1, x: 0, y: 0 })],
    ];
    this.zooms = act.map(([label, press]) => {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: label });
      button.addEventListener("click", press);
      buttons.append(button);
      return button;
    });
    return buttons;
  }

  #show(value) {
    split = value;
    this.range.value = value;
    this.box.style.setProperty("--split", `${value}%`);
    this.querySelector(".divider").hidden = value <= 0 || value >= 100;
    for (const button of this.buttons) button.setAttribute("aria-pressed", String(Number(button.dataset.value) === value));
  }

  // Never further than the whole picture, never beyond its edge.
  #look({ zoom, x, y }) {
    zoom = Math.min(CLOSEST, Math.max(1, zoom));
    view = { zoom, x: Math.min(0, Math.max(1 - zoom, x)), y: Math.min(0, Math.max(1 - zoom, y)) };
    this.box.style.setProperty("--zoom", zoom);
    this.box.style.setProperty("--pan-x", `${100 * view.x}%`);
    this.box.style.setProperty("--pan-y", `${100 * view.y}%`);
    this.box.classList.toggle("is-zoomed", zoom > 1);
    const [closer, further, whole] = this.zooms;
    closer.disabled = zoom >= CLOSEST;
    further.disabled = whole.disabled = zoom <= 1;
  }

  // At (x, y), in parts of the box, the picture stays where it is.
  #zoomBy(factor, x = 0.5, y = 0.5) {
    const zoom = Math.min(CLOSEST, Math.max(1, view.zoom * factor)), grown = zoom / view.zoom;
    this.#look({ zoom, x: x - (x - view.x) * grown, y: y - (y - view.y) * grown });
  }

  // On the picture itself, keys may belong to the fabric; in the bar below they are ours.
  #key(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input")) return;
    const pan = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    if (event.key === "+" || event.key === "=") this.#zoomBy(1.5);
    else if (event.key === "-") this.#zoomBy(1 / 1.5);
    else if (event.key === "0") this.#look({ zoom: 1, x: 0, y: 0 });
    else if (pan && view.zoom > 1) this.#look({ ...view, x: view.x + 0.1 * pan[0], y: view.y + 0.1 * pan[1] });
    else return;
    event.preventDefault();
  }

  // Hands: two fingers pinch, one drags what is close. What a hand does to the fabric (live/gestures.js) is not ours.
  #listen() {
    const down = new Map();
    const place = ({ clientX, clientY }) => {
      const box = this.box.getBoundingClientRect();
      return [(clientX - box.left) / box.width, (clientY - box.top) / box.height];
    };
    this.box.tabIndex = 0;
    this.box.setAttribute("role", "group");
    this.box.setAttribute("aria-label", this.dataset.sayHelp);
    this.addEventListener("keydown", (event) => this.#key(event));
    this.box.addEventListener("touchstart", (event) => {
      if (!event.defaultPrevented && (event.touches.length > 1 || view.zoom > 1)) event.preventDefault();
    }, { passive: false });
    this.box.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || this.box.classList.contains("is-held")) return;
      down.set(event.pointerId, place(event));
      if (view.zoom > 1) event.preventDefault();
    });
    this.box.addEventListener("pointermove", (event) => {
      const before = down.get(event.pointerId);
      if (!before || this.box.classList.contains("is-held")) return;
      const now = place(event), others = [...down].filter(([id]) => id !== event.pointerId).map(([, at]) => at);
      down.set(event.pointerId, now);
      if (!others.length) return this.#look({ ...view, x: view.x + now[0] - before[0], y: view.y + now[1] - before[1] });
      const far = (at) => Math.hypot(at[0] - others[0][0], at[1] - others[0][1]);
      this.#zoomBy(far(now) / Math.max(0.02, far(before)), (now[0] + others[0][0]) / 2, (now[1] + others[0][1]) / 2);
    });
    for (const name of ["pointerup", "pointercancel", "pointerleave"]) this.box.addEventListener(name, (event) => down.delete(event.pointerId));
  }
}

customElements.define("before-after", BeforeAfter);
