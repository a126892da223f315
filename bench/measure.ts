import { mkdir, writeFile } from 'node:fs/promises'
import { arch, cpus, loadavg, platform } from 'node:os'

/** A benchmark: its name on the command line, and what it measures. */
export type Benchmark = { name: string; run(): Promise<Report> }

/** What a benchmark found: a table for people and the same figures for programs. */
export type Report = {
  title: string
  columns: string[]
  rows: string[][]
  /** What the reader must know to read the table: what shares the cores, which settings. */
  notes: string[]
  figures: Record<string, unknown>
}

/** The middle value; the mean of the two middle ones of an even number. NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const [low = Number.NaN, high = Number.NaN] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]]
  return (low + high) / 2
}

/** A number without decimals and with separators. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString('en')
}

/** The report as text: title, aligned table, notes. Every column but the first is right-aligned. */
export function asText(report: Report): string {
  const widths = report.columns.map((column, at) => Math.max(column.length, ...report.rows.map((row) => (row[at] ?? '').length)))
  const line = (cells: readonly string[]) =>
    cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join('  ')
  const rule = widths.map((width) => '-'.repeat(width)).join('  ')
  return [`\n${report.title}\n`, line(report.columns), rule, ...report.rows.map(line), '', ...report.notes].join('\n')
}

/** The machine that a figure belongs to, with the load that others put on it. */
export function machine(): Record<string, unknown> {
  const cores = cpus()
  return { platform: platform(), arch: arch(), cores: cores.length, cpu: cores[0]?.model, load: loadavg(), node: process.version }
}

/** Writes the figures to `bench/results/<name>-<instant>.json` and returns the path. */
export async function writeReport(name: string, report: Report): Promise<string> {
  const folder = new URL('results/', import.meta.url)
  await mkdir(folder, { recursive: true })
  const at = new Date().toISOString()
  const file = new URL(`${name}-${at.replaceAll(/[:.]/gu, '-')}.json`, folder)
  await writeFile(file, `${JSON.stringify({ name, at, machine: machine(), ...report.figures, notes: report.notes }, null, 2)}\n`)
  return file.pathname
}
