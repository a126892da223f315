import { countBelow, countUpTo } from './sorted.ts'

/** One life: how long it was seen, and whether it was still open then (right-censored) rather than finished. */
export type Observation = { readonly time: number; readonly censored: boolean }

/** A survival function as steps: constant from one event time to the next, 1 before the first. Times are in the unit given. */
export type SurvivalCurve = {
  /** Observations, and those of them that ended in the event. */
  readonly n: number
  readonly finished: number
  /** Distinct event times, ascending; the arrays below are parallel to it. */
  readonly times: Float64Array
  /** Observations that lasted at least as long, the finished and the censored at that very time included. */
  readonly atRisk: Float64Array
  /** Events at that time. */
  readonly events: Float64Array
  /** P(T > t) from that time on. */
  readonly survival: Float64Array
  /** Greenwood's sum Σ d / (n (n − d)) up to and with that time; infinite once nobody is left. */
  readonly greenwood: Float64Array
  /** All observed times, ascending. Beyond the last one nothing is known unless the curve has reached 0. */
  readonly observed: Float64Array
}

/** The two-sided 95 % point of the normal distribution. */
const Z_95 = 1.959963984540054
/** Products of fractions miss a round number by some 1e-16 a factor; curves are compared with this tolerance. */
const ROUNDING = 1e-12

/**
 * The product-limit estimator S(t) = Π over event times tᵢ ≤ t of (1 − dᵢ/nᵢ), where what is censored at the time of an event counts
 * as censored just after it (Kaplan & Meier 1958, J. Am. Stat. Assoc. 53:457–481; Klein & Moeschberger 2003, Survival Analysis, §4.2).
 *
 * @param minimumN fewer observations than this give no curve
 * @returns `null` where it abstains
 * @throws RangeError for a time that is negative or no finite number
 */
export function kaplanMeier(observations: readonly Observation[], minimumN = 1): SurvivalCurve | null {
  if (observations.some(({ time }) => !(time >= 0 && time < Infinity)))
    throw new RangeError('an observed time is a finite number that is not negative')
  const n = observations.length
  if (n < Math.max(1, minimumN)) return null
  const observed = Float64Array.from(observations, ({ time }) => time).toSorted()
  const ends = Float64Array.from(
    observations.filter(({ censored }) => !censored),
    ({ time }) => time,
  ).toSorted()
  const times = ends.filter((time, index) => time !== ends[index - 1])
  const atRisk = times.map((time) => n - countBelow(observed, time))
  const events = times.map((time) => countUpTo(ends, time) - countBelow(ends, time))
  let [survival, greenwood] = [1, 0]
  const steps = Array.from(times, (_, index) => {
    const [risk, count] = [atRisk[index] ?? 0, events[index] ?? 0]
    survival *= (risk - count) / risk
    greenwood += count / (risk * (risk - count))
    return [survival, greenwood] as const
  })
  return {
    n,
    finished: ends.length,
    times,
    atRisk,
    events,
    survival: Float64Array.from(steps, ([value]) => value),
    greenwood: Float64Array.from(steps, ([, sum]) => sum),
    observed,
  }
}

/**
 * P(T > t), or with an age P(T > t | T > age) = S(t) / S(age): how likely what has lasted `age` lasts beyond `t`.
 *
 * @param minimumN fewer observations than this that lasted beyond the age give no answer
 * @returns `null` where it abstains: beyond the last observation while some are open, or where nobody lasted beyond the age
 */
export function survivalAt(curve: SurvivalCurve, t: number, age: number | null = null, minimumN = 1): number | null {
  const part = partAt(curve, t, age, minimumN)
  return part === null ? null : part.survival
}

/**
 * Greenwood's variance of {@link survivalAt}: S² Σ dᵢ/(nᵢ(nᵢ − dᵢ)) over the event times in (age, t] (Greenwood 1926; Klein &
 * Moeschberger 2003, §4.2). `null` as there, and where the curve has reached 0.
 */
export function survivalVariance(curve: SurvivalCurve, t: number, age: number | null = null): number | null {
  const part = partAt(curve, t, age, 1)
  return part === null || part.survival === 0 ? null : part.survival ** 2 * part.greenwood
}

/**
 * Confidence interval of {@link survivalAt} by the log–log transformation, S^exp(±z σ / ln S) with σ² Greenwood's sum, which stays in
 * [0, 1] (Kalbfleisch & Prentice 1980; Klein & Moeschberger 2003, §4.3; R's `conf.type = "log-log"`).
 *
 * @param z two-sided point of the normal distribution
 * @returns `null` where {@link survivalAt} is `null`, 0 or 1: there the transformation says nothing
 */
export function survivalInterval(
  curve: SurvivalCurve,
  t: number,
  age: number | null = null,
  z = Z_95,
): readonly [low: number, high: number] | null {
  const part = partAt(curve, t, age, 1)
  if (part === null || part.survival === 0 || part.greenwood === 0) return null
  const width = (z * Math.sqrt(part.greenwood)) / Math.log(part.survival)
  return [part.survival ** Math.exp(-width), part.survival ** Math.exp(width)]
}

/**
 * The p-quantile of the time to the event: the first time at which P(T > t | T > age) ≤ 1 − p (Klein & Moeschberger 2003, §4.5). With
 * p = 0.5 the median.
 *
 * @param p above 0 and at most 1
 * @returns `null` where the curve does not come down so far, or nobody lasted beyond the age
 */
export function survivalQuantile(curve: SurvivalCurve, p: number, age: number | null = null): number | null {
  if (!(p > 0 && p <= 1)) throw new RangeError('a quantile lies above 0 and at most at 1')
  const start = age === null ? 0 : countUpTo(curve.times, age)
  const base = start === 0 ? 1 : (curve.survival[start - 1] ?? 0)
  const index = curve.survival.findIndex((value, step) => step >= start && value <= (1 - p) * base + ROUNDING)
  return base === 0 ? null : (curve.times[index] ?? null)
}

/**
 * The restricted mean: the area under S from 0 to τ, which is E[min(T, τ)], and its variance Σ (area from tᵢ to τ)² dᵢ/(nᵢ(nᵢ − dᵢ))
 * (Klein & Moeschberger 2003, §4.5). A plain mean does not exist while some are open.
 *
 * @param tau the restriction; by default the last observed time
 * @returns `null` where τ lies beyond the last observation while some are open
 */
export function restrictedMean(
  curve: SurvivalCurve,
  tau: number = curve.observed.at(-1) ?? 0,
): { mean: number; variance: number } | null {
  if (survivalAt(curve, tau) === null) return null
  let [mean, variance, until] = [0, 0, tau]
  for (let index = countUpTo(curve.times, tau) - 1; index >= 0; index -= 1) {
    const [time, risk, count] = [curve.times[index] ?? 0, curve.atRisk[index] ?? 0, curve.events[index] ?? 0]
    mean += (curve.survival[index] ?? 0) * (until - time)
    // Once nobody is left the area behind is 0, and so is what it adds.
    if (risk > count) variance += (mean ** 2 * count) / (risk * (risk - count))
    until = time
  }
  return { mean: mean + until, variance }
}

function partAt(
  curve: SurvivalCurve,
  t: number,
  age: number | null,
  minimumN: number,
): { survival: number; greenwood: number } | null {
  const { survival, greenwood, times, observed, n } = curve
  const end = countUpTo(times, t)
  const start = age === null ? 0 : countUpTo(times, Math.min(age, t))
  const left = age === null ? n : n - countUpTo(observed, age)
  const [reached, base] = [end === 0 ? 1 : (survival[end - 1] ?? 0), start === 0 ? 1 : (survival[start - 1] ?? 0)]
  if (left < Math.max(1, minimumN) || (reached > 0 && t > (observed.at(-1) ?? 0))) return null
  if (end === start) return { survival: 1, greenwood: 0 }
  return { survival: reached / base, greenwood: (greenwood[end - 1] ?? 0) - (start === 0 ? 0 : (greenwood[start - 1] ?? 0)) }
}
