import { clockAnswer } from './clock-answer.ts'
import { delayAnswer } from './delay-answer.ts'
import type { TimelineAnswer } from './timeline-step.ts'

/** The answers that are computed from whole timelines, in the order in which they are written. */
export const TIMELINE_ANSWERS: readonly TimelineAnswer[] = [delayAnswer, clockAnswer]
