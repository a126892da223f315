import { instantToIso } from '../../../model/instant.ts'
import { type Check, createColumn, type Finding, finding, percent, plural } from './check.ts'

/** Objects whose events go back in time in file order, and activity instances that end before they start. */
export function createOrderCheck(): Check {
  const last = createColumn(Number.NaN)
  const back = createColumn(0)
  const count = createColumn(0)
  let slots = 0
  let steps = 0
  let backSteps = 0
  const evidence: Finding['evidence'] = []
  let spans = 0
  let negative = 0
  const negativeEvidence: Finding['evidence'] = []
  return {
    name: 'runs_backwards',
    observe({ event, instant, end, objects, slots: places, inOrder }) {
      if (instant === null) return
      if (end !== null) {
        spans++
        if (end < instant) {
          negative++
          if (negativeEvidence.length < 10)
            negativeEvidence.push({
              ...named(objects[0]),
              ordinal: event.ordinal,
              detail: `${event.activity}: starts ${instantToIso(instant)}, ends ${instantToIso(end)}`,
            })
        }
      }
      places.slice(0, inOrder).forEach((slot, index) => {
        slots = Math.max(slots, slot + 1)
        count.write(slot, count.read(slot) + 1)
        const before = last.read(slot)
        if (!Number.isNaN(before)) steps++
        if (instant < before) {
          backSteps++
          if (back.read(slot) === 0 && evidence.length < 10)
            evidence.push({
              ...named(objects[index]),
              ordinal: event.ordinal,
              detail: `${event.activity} at ${instantToIso(instant)} stands after ${instantToIso(before)}`,
            })
          back.write(slot, 1)
        }
        last.write(slot, instant)
      })
    },
    finish() {
      const findings: Finding[] = []
      let several = 0
      let running = 0
      for (let slot = 0; slot < slots; slot++) {
        if (count.read(slot) < 2) continue
        several++
        running += back.read(slot)
      }
      if (running > 0) {
        // Where a quarter of all steps goes back, the file is simply not in time order; that harms nothing.
        const unsorted = steps > 0 && backSteps / steps > 0.2 && running / several > 0.5
        findings.push(
          finding({
            check: 'runs_backwards',
            severity: unsorted ? 'info' : running / several >= 0.02 ? 'warning' : 'info',
            count: running,
            of: several,
            message: unsorted
              ? `The rows of ${percent(running, several)} of the objects are not in time order. Events are put in order by their times, so no number depends on it.`
              : `${plural(running, 'object')} (${percent(running, several)}) run backwards: the file lists an event after one that happened later. Check that its times are right.`,
            evidence,
          }),
        )
      }
      if (negative > 0)
        findings.push(
          finding({
            check: 'ends_before_start',
            severity: 'warning',
            count: negative,
            of: spans,
            message: `${plural(negative, 'step')} ${negative === 1 ? 'ends' : 'end'} before ${negative === 1 ? 'it starts' : 'they start'}: processing times of these are negative.`,
            evidence: negativeEvidence,
          }),
        )
      return findings
    },
  }
}

function named(object: string | undefined): { object?: string } {
  return object === undefined ? {} : { object }
}
