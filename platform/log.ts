import pino from 'pino'
import type { Logger } from 'pino'

/** The structured log of a process: `log.info({ rows }, 'stored')`. */
export type Log = Logger

/** Levels from chatty to quiet. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/**
 * Opens the log on standard error: one JSON object a line, or one short line for a person where `human` is set. Written at once, so
 * the last words of a dying process are not lost.
 */
export function openLog(options: { level: LogLevel; human: boolean }): Log {
  const settings = { level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime }
  if (!options.human) {
    return pino({ ...settings, formatters: { level: label => ({ level: label }) } }, pino.destination({ fd: 2, sync: true }))
  }
  return pino(settings, { write: line => void process.stderr.write(humanLine(line)) })
}

function humanLine(line: string): string {
  const { level, time, msg, err, ...rest } = JSON.parse(line) as Record<string, unknown>
  const label = pino.levels.labels[Number(level)] ?? String(level)
  const shown = label === 'info' ? '' : `${label}: `
  const details = Object.entries(rest).map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
  const reason = typeof err === 'object' && err !== null && 'message' in err ? [`(${String(err.message)})`] : []
  return `${String(time).slice(11, 19)} ${[`${shown}${String(msg ?? '')}`, ...reason, ...details].join('  ')}\n`
}
