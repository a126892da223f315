import type { Unit } from '../format.ts'

const TIME_STEPS = [
  0.1, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 172_800, 259_200,
  432_000, 604_800, 864_000, 1_728_000, 2_592_000, 4_320_000, 8_640_000, 17_280_000, 31_536_000,
]
const MOST_TICKS = 4

/** Round ticks from zero to just above the largest value; round in the unit in which they are read. */
export function ticksFor(largest: number, unit: Unit): number[] {
  const step = unit === 's' ? timeStep(largest) : decimalStep(largest, unit === 'count')
  const ticks = [0]
  while ((ticks.at(-1) ?? 0) < largest || ticks.length < 2) ticks.push(Number((ticks.length * step).toPrecision(12)))
  return ticks
}

function timeStep(largest: number): number {
  return TIME_STEPS.find((step) => largest / step <= MOST_TICKS) ?? largest / MOST_TICKS
}

function decimalStep(largest: number, whole: boolean): number {
  if (largest <= 0) return whole ? 1 : 0.01
  const power = 10 ** Math.floor(Math.log10(largest / MOST_TICKS))
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => largest / size <= MOST_TICKS) ?? power * 10
  return whole ? Math.max(1, Math.ceil(step)) : step
}
