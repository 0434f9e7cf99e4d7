// How long the run that is being filled in takes: the page says it for 300 steps, this for the steps and the net chosen, in its words.
import { fill, number } from "../words.js";

const told = document.querySelector("#how-long");
const steps = document.querySelector("#id_steps");
const net = document.querySelector("#id_net");
const each = new Map([...told.querySelectorAll("[data-net]")].map((span) => [span.dataset.net, span.dataset]));

function inWords(seconds) {
  const minutes = Math.max(1, Math.round(seconds / 60));
  if (minutes === 1) return told.dataset.sayMinute;
  if (minutes < 100) return fill(told.dataset.sayMinutes, { count: minutes });
  const hours = Math.round(minutes / 60);
  return hours < 48 ? fill(told.dataset.sayHours, { count: hours }) : fill(told.dataset.sayDays, { count: Math.round(hours / 24) });
}

function tell() {
  const count = Number(steps.value);
  const known = each.get(net.value);
  if (!known || !(count > 0)) return;
  const seconds = count * Number(known.step) + Number(known.after);
  told.textContent = fill(told.dataset.sayWords, { steps: number(count), span: inWords(seconds) });
}

for (const field of [steps, net]) field.addEventListener("input", tell);
tell();
