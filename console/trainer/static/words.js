// Times and numbers as people read them: console/words.py, for pages that tell them while they change.

/** Give a time since the beginning, to the second: `6 d 21:28:00`. */
export function moment(tS) {
  const wholeS = Math.round(tS);
  return `${Math.floor(wholeS / 86400)} d ${hms(wholeS % 86400)}`;
}

/** Give the time of day, to the second: `05:28:00`. */
export function timeOfDay(sinceMidnightS) {
  return hms(Math.floor(sinceMidnightS) % 86400);
}

function hms(wholeS) {
  const two = (count) => String(count).padStart(2, "0");
  return `${two(Math.floor(wholeS / 3600))}:${two(Math.floor(wholeS / 60) % 60)}:${two(wholeS % 60)}`;
}

/** Give how long something lasted: `2 h 51 min 54 s`; below a minute with a tenth of a second. */
export function span(lengthS) {
  if (lengthS < 59.95) return `${plain(lengthS, 1)} s`;
  const wholeS = Math.round(lengthS);
  const parts = [
    [Math.floor(wholeS / 86400), "d"],
    [Math.floor(wholeS / 3600) % 24, "h"],
    [Math.floor(wholeS / 60) % 60, "min"],
    [wholeS % 60, "s"],
  ];
  return parts.filter(([count]) => count).map(([count, unit]) => `${count} ${unit}`).join(" ");
}

/** Give how long something lasts in its two largest units: what a page that counts down has room for. */
export function roughly(lengthS) {
  return span(lengthS < 60 ? Math.floor(lengthS) : lengthS).split(" ").slice(0, 4).join(" ");
}

/** Give a number with at most so many decimal places and no needless zeros. */
export function plain(number, digitsCount = 3) {
  const text = number.toFixed(digitsCount);
  const short = text.includes(".") ? text.replace(/0+$/, "").replace(/\.$/, "") : text;
  return short === "-0" ? "0" : short;
}

/** Give a name of the program as words: `clear_given` as `clear given`. */
export function spaced(name) {
  return name.replaceAll("_", " ");
}
