// <mend-mask>: sends strokes and buttons one after another, and puts the parts that the answer changed into the page.

class MendMask extends HTMLElement {
  queue = Promise.resolve();

  connectedCallback() {
    this.form = this.querySelector("form");
    this.view = this.querySelector("mend-view");
    this.classList.add("is-live");
    this.#addTools();
    this.#follow();
    this.view.addEventListener("stroke", (event) => this.#send([["points", event.detail.points.map(({ x, y }) => `${x.toFixed(4)},${y.toFixed(4)}`).join(" ")]]));
    this.form.addEventListener("input", () => this.#follow());
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send([["do", event.submitter?.value ?? "place"]]);
    });
    this.addEventListener("keydown", (event) => this.#shortcut(event));
  }

  #addTools() {
    const move = document.createElement("label");
    move.className = "chip";
    move.append(Object.assign(document.createElement("input"), { type: "radio", name: "tool", value: "move" }), ` ${this.dataset.sayMove}`);
    this.form.querySelector("[name=tool]").closest(".chip-row").append(move);
    const number = this.form.elements.size;
    const range = document.createElement("input");
    Object.assign(range, { type: "range", min: number.min, max: 20, step: number.step, value: number.value });
    range.setAttribute("aria-label", this.dataset.saySlider);
    range.addEventListener("input", () => { number.value = range.value; });
    number.addEventListener("input", () => { range.value = number.value; });
    number.before(range);
    this.#addLooks();
  }

  #addLooks() {
    const looks = document.createElement("div");
    looks.className = "button-row";
    looks.setAttribute("role", "group");
    looks.setAttribute("aria-label", this.dataset.sayShow);
    this.looks = [[this.dataset.sayOutline, false], [this.dataset.sayFabric, true]].map(([label, dressed]) => {
      const button = document.createElement("button");
      Object.assign(button, { type: "button", textContent: label });
      button.addEventListener("click", () => {
        this.dressed = dressed;
        this.#dress();
      });
      looks.append(button);
      return button;
    });
    this.view.querySelector(".mend-bar").append(looks);
    this.dressed = false;
    this.#dress();
  }

  #follow() {
    this.view.tool = this.form.elements.tool.value;
    this.view.brush = this.form.elements.size.valueAsNumber || 3;
    for (const outline of this.view.querySelectorAll(".outlines [data-garment]")) {
      outline.classList.toggle("is-chosen", outline.dataset.garment === this.form.elements.pick.value);
    }
  }

  #shortcut(event) {
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z" || event.target.matches("input[type=number]")) return;
    event.preventDefault();
    this.#send([["do", event.shiftKey ? "redo" : "undo"]]);
  }

  // Changes follow one another: each is asked of the outline that the one before left.
  #send(more) {
    const asked = new FormData(this.form);
    if (asked.get("tool") === "move") asked.set("tool", "tap");
    for (const [name, value] of more) asked.set(name, value);
    this.waiting = (this.waiting ?? 0) + 1;
    this.view.busy = true;
    this.queue = this.queue.then(() => this.#post(asked)).catch(() => this.#say(this.dataset.sayNotChanged));
    this.queue.finally(() => {
      this.waiting -= 1;
      if (!this.waiting) this.view.busy = false;
    });
  }

  async #post(asked) {
    const answer = await fetch(this.form.action, { method: "POST", body: asked, headers: { "HX-Request": "true" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!answer.ok) {
      const sentence = page.querySelector("[role=alert], main p");
      return this.#say(sentence?.textContent.trim() || this.dataset.sayNotChanged);
    }
    this.#take(page);
  }

  #take(page) {
    this.view.outlines = document.adoptNode(page.querySelector("[data-part=outlines]"));
    const focused = document.activeElement?.name ? [document.activeElement.name, document.activeElement.value] : null;
    const picked = this.form.elements.pick.value;
    for (const name of ["said", "picks", "history", "done"]) {
      this.querySelector(`[data-part=${name}]`).replaceWith(document.adoptNode(page.querySelector(`[data-part=${name}]`)));
    }
    this.form.elements.pick.value = picked;
    if (focused) ([...this.form.elements].find((each) => each.name === focused[0] && each.value === focused[1] && !each.disabled) ?? this.view.frame).focus();
    this.#follow();
    this.#dress();
  }

  async #dress() {
    const address = this.querySelector("[data-part=done]").dataset.preview;
    for (const [at, button] of this.looks.entries()) {
      button.setAttribute("aria-pressed", String(Boolean(at) === this.dressed));
      if (at) button.disabled = !address;
    }
    try {
      await this.view.dress(this.dressed ? address : "");
    } catch {
      this.#say(this.dataset.sayNotDrawn);
    }
  }

  #say(text) {
    this.querySelector("[data-part=said]").textContent = text;
  }
}

customElements.define("mend-mask", MendMask);
