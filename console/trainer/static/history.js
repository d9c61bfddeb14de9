// What the truth was, as far as this page has seen it. It outlives the page: a run that was left for one of its
// branches hands on what was seen up to where they part.

const MOST_COUNT = 3000;
const KEPT_UNDER = "ambupump-seen-";

/** Samples `{t, gap, ...values}`; `gap` says that nobody looked between it and the one before. */
export class History {
  /** @param run What the server says of the run. */
  constructor(run) {
    this.id = run.id;
    const own = kept(run.id);
    this.samples = own.length ? own : kept(run.parent).filter((each) => each.t <= run.branch_s);
  }

  /** Take in what was true at `tS`, at a pace of `rateFrac` seconds per second. */
  add(tS, values, rateFrac) {
    const before = this.samples.at(-1);
    if (before && tS <= before.t) return;
    const gap = before !== undefined && tS - before.t > Math.max(5, 2 * rateFrac);
    this.samples.push({ t: tS, gap, ...values });
    if (this.samples.length > MOST_COUNT) this.samples = thinned(this.samples);
  }

  /** Keep it for this page's return and for the pages of branches, if the browser lets it. */
  keep() {
    try {
      sessionStorage.setItem(KEPT_UNDER + this.id, JSON.stringify(this.samples));
    } catch {
      // No room, or not allowed: the charts begin anew with the next page.
    }
  }
}

function kept(id) {
  try {
    const samples = JSON.parse(sessionStorage.getItem(KEPT_UNDER + id) ?? "[]");
    return Array.isArray(samples) ? samples : [];
  } catch {
    return [];
  }
}

/** Leave out one of two neighbours in the older half, the one with the lower pressure: peaks stay. */
function thinned(samples) {
  const half = Math.floor(samples.length / 4) * 2;
  const old = [];
  for (let place = 0; place < half; place += 2) {
    const [one, other] = [samples[place], samples[place + 1]];
    const higher = one.p_down_mmhg >= other.p_down_mmhg ? one : other;
    old.push({ ...higher, gap: one.gap || other.gap });
  }
  return old.concat(samples.slice(half));
}
