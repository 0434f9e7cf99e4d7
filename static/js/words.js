// Words come with the page, in its language, as data-say-… of the element whose script says them; {places} are filled in here.

export const fill = (words, values) => words.replace(/\{(\w+)\}/g, (_, name) => values[name]);

// A share from 0 to 1 as the reader's language writes it.
export const percent = (share) => share.toLocaleString(document.documentElement.lang, { style: "percent" });

// A number in a sentence; fields keep the point that programs read.
export const number = (value) => Number(value).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 3 });
