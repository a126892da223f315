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
    return pino({ ...settings, formatters: { level: (label) => ({ level: label }) } }, pino.destination({ fd: 2, sync: true }))
  }
  return pino(settings, { write: (line) => void process.stderr.write(humanLine(line)) })
}

type Line = { level: number; time: string; msg?: string; err?: { message?: string }; [detail: string]: unknown }

function humanLine(line: string): string {
  const { level, time, msg = '', err, ...rest } = JSON.parse(line) as Line
  const label = pino.levels.labels[level] ?? level
  const shown = label === 'info' ? '' : `${label}: `
  const details = Object.entries(rest).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  )
  const reason = err?.message === undefined ? [] : [`(${err.message})`]
  return `${time.slice(11, 19)} ${[`${shown}${msg}`, ...reason, ...details].join('  ')}\n`
}
