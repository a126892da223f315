import { z } from 'zod'
import { Severity } from './alert-rule.ts'

/** A document or key that an alert is about, as the page of the alert lists it. */
export const AlertMember = z.object({
  rule: z.string(),
  key: z.string(),
  label: z.string().describe('title of the document, or the key itself'),
  object: z.object({ type: z.string(), id: z.string() }).nullable(),
  since: z.string().describe('since when, by the events'),
  ended_at: z.string().nullable(),
  severity: Severity,
  money: z.string().describe('money at risk with its currency; empty where none is known'),
  technical_s: z.number().nullable().describe('seconds of its time that technical failures took; null where that is not known'),
  inhibited: z.boolean().describe('held back while an incident blocks the document'),
})
export type AlertMember = z.output<typeof AlertMember>

/** Members that an alert lists; `more` counts the others. */
export const LISTED_MEMBERS = 500

/** What an alert says, as it is now. */
export const AlertBody = z.object({
  title: z.string().describe('one line: what, how many of how many, how much money'),
  cause: z.string().describe('a sentence; empty where nothing is known'),
  scope: z.object({ n: z.int(), of: z.int().nullable(), noun: z.string(), money: z.string() }),
  sla: z.string().describe('title of the service level; empty where none is concerned'),
  trace_id: z.string().nullable(),
  members: z.array(AlertMember).max(LISTED_MEMBERS),
  more: z.int().describe('members beyond those listed'),
  stale: z.string().nullable().describe('why its data is missing; null where it is not'),
  system: z.string(),
})
export type AlertBody = z.output<typeof AlertBody>

/** Whether nothing that an alert lists goes on, so that somebody may close it. */
export function isOver(body: AlertBody): boolean {
  return body.more === 0 && body.members.every(({ ended_at }) => ended_at !== null)
}
