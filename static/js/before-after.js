// <before-after>: lays the picture before over the picture after and divides them by a slider.
// Without JavaScript the two stay side by side.

let split = 33; // kept while the page goes on, so that a new fabric appears under the same division

class BeforeAfter extends HTMLElement {
  connectedCallback() {
    this.box = this.querySelector("[data-before-after]");
    if (!this.box?.querySelector(".before") || this.querySelector(".compare-bar")) return;
    this.classList.add("is-live");
    const divider = document.createElement("div");
    divider.className = "divider";
    this.box.append(divider);
    this.append(this.#bar());
    this.#show(split);
  }

  #bar() {
    const bar = document.createElement("div");
    bar.className = "compare-bar";
    bar.setAttribute("role", "group");
    bar.setAttribute("aria-label", "Compare before and after");
    const buttons = document.createElement("div");
    buttons.className = "button-row";
    this.buttons = [["Before", 100], ["Both", 50], ["After", 0]].map(([label, value]) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = label;
      button.addEventListener("click", () => this.#show(value));
      button.dataset.value = value;
      buttons.append(button);
      return button;
    });
    this.range = document.createElement("input");
    Object.assign(this.range, { type: "range", min: 0, max: 100, step: 1 });
    this.range.setAttribute("aria-label", "How much of the picture before is shown, in percent");
    this.range.addEventListener("input", () => this.#show(this.range.valueAsNumber));
    bar.append(buttons, this.range);
    return bar;
  }

  #show(value) {
    split = value;
    this.range.value = value;
    this.box.style.setProperty("--split", `${value}%`);
    this.querySelector(".divider").hidden = value <= 0 || value >= 100;
    for (const button of this.buttons) button.setAttribute("aria-pressed", String(Number(button.dataset.value) === value));
  }
}

customElements.define("before-after", BeforeAfter);
