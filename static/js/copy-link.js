// <copy-link>: a button that copies the address beside it. Without JavaScript it can be selected and copied by hand.

class CopyLink extends HTMLElement {
  connectedCallback() {
    const field = this.querySelector("input");
    if (!navigator.clipboard || this.querySelector("button")) return;
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: this.dataset.sayCopy });
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(field.value).then(() => { button.textContent = this.dataset.sayCopied; }, () => field.select());
    });
    field.addEventListener("focus", () => field.select());
    field.after(button);
  }
}

customElements.define("copy-link", CopyLink);
