// A slider over time: moving it shows the sample of that step; new samples lengthen it, and a slider at its end stays there.
import { fill } from "../words.js";

const panel = () => document.querySelector("#run-panel");
const steps = () => panel().dataset.samples.split(" ").filter(Boolean);

function show(form) {
  const slider = form.querySelector("#sample");
  const step = steps()[slider.value];
  if (step === undefined) return;
  const picture = document.querySelector("#sample-picture");
  picture.src = form.dataset.address.replace("/0.png", `/${step}.png`);
  picture.alt = fill(picture.dataset.sayAfter, { step });
  form.querySelector("#sample-step").textContent = step;
}

function lengthen() {
  const form = document.querySelector(".over-time");
  const count = steps().length;
  if (!form) {
    if (count) location.reload();
    return;
  }
  const slider = form.querySelector("#sample");
  const atEnd = slider.value === slider.max;
  slider.max = count - 1;
  if (atEnd && slider.value !== slider.max) {
    slider.value = slider.max;
    show(form);
  }
}

const form = document.querySelector(".over-time");
if (form) {
  form.querySelector("button").hidden = true;
  form.addEventListener("input", () => show(form));
}
document.body.addEventListener("htmx:afterSettle", lengthen);
document.documentElement.dataset.followed = "yes";
